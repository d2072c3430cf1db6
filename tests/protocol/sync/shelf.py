"""Blobs of one end, in memory: what a driver's store does with them."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.errors import PeerError
from protocol.records.blobs import SEALED_CHUNK, parse_list
from protocol.sync.blob_flow import ChunkArrived, Want
from tests.vectors.blob_vectors import make_blob, pattern
from tests.vectors.values import DATA_KEY


@dataclass
class Shelf:
    """`pieces` by address: the list, then the chunks; a blob is whole once all of them are there."""

    pieces: dict[bytes, list[bytes]] = field(default_factory=dict)
    wanted: list[bytes] = field(default_factory=list)
    lacking: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    def put(self, size: int, key: bytes = DATA_KEY) -> bytes:
        """Keep the blob of a made-up file; returns its address."""
        made, data = make_blob(key, pattern(size))
        body = data[: -len(made.encoded())]
        chunks = [body[start : start + SEALED_CHUNK] for start in range(0, len(body), SEALED_CHUNK)]
        self.pieces[made.address] = [made.encoded(), *chunks]
        return made.address

    def read(self, want: Want) -> tuple[bytes | None, bool]:
        """The piece, and whether it is the last."""
        held = self.pieces.get(want.address, [])
        return (held[want.place], want.place == len(held) - 1) if want.place < len(held) else (None, True)

    def is_whole(self, address: bytes) -> bool:
        held = self.pieces.get(address, [])
        return bool(held) and len(held) == 1 + len(held[0]) // 32

    def wants(self) -> list[Want]:
        """What is wanted and not whole, from where on."""
        missing = [one for one in self.wanted if not self.is_whole(one) and one not in self.lacking]
        return [Want(address, len(self.pieces.get(address, []))) for address in missing]

    def take(self, came: ChunkArrived) -> bool:
        """One commit; returns whether the blob is over."""
        if came.data is None:
            self.lacking.append(came.address)
            return True
        try:
            if came.place == 0:
                parse_list(came.address, came.data)
            else:
                parse_list(came.address, self.pieces[came.address][0]).check(came.place - 1, came.data)
        except PeerError:
            self.refused.append(came.address)
            return False
        self.pieces.setdefault(came.address, []).append(came.data)
        return self.is_whole(came.address)
