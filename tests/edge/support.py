"""A prefecture's IT that makes everything for one annexe by the commands that people type, its guide in the seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protocol.office.events import CataloguePublished, to_value
from protocol.office.seed import parse_centre_seed
from protocol.records.chain import segment_opened
from protocol.records.clock import Timestamp
from protocol.records.encoding import encode
from protocol.records.envelope import write_record
from protocol.records.keys import SigningKey
from provisioning.commands import main as provision
from tests.edge.web.support import PROCEDURES

DAY = 24 * 3600 * 1000
ADDRESSES = ("--centre-url", "http://127.0.0.1:1", "--verify-url", "http://127.0.0.1:1/verify")
DESCRIBED = (
    "--id", "berkane-05", "--prefix", "B05", "--name-fr", "Annexe 5", "--name-ar", "الملحقة الخامسة",
    "--town-fr", "Berkane", "--town-ar", "بركان", "--province-fr", "Berkane", "--province-ar", "بركان",
)  # fmt: skip


def made_seed(folder: Path, documents: Sequence[dict[str, Any]] = PROCEDURES, name: str = "berkane-05") -> Path:
    """Make the authority, the centre and an annexe in `folder`; returns the annexe's seed, the guide in it."""
    authority, centre, keys = folder / "authority", folder / "centre.seed", folder / f"{name}.keys"
    seed, snapshot = folder / f"{name}.seed", folder / "all.snapshot"
    typed(["authority", "init", "--demo", "--out", authority])
    typed(["centre", "--authority", authority, "--out", centre])
    typed(["annexe", "--authority", authority, *DESCRIBED, "--out", keys])
    signing = SigningKey(parse_centre_seed(centre.read_bytes()).signing_seed)
    snapshot.write_bytes(encode(list(feed(documents, signing))))
    typed([
        "seed", "--authority", authority, "--annexe", keys, "--centre", centre.with_suffix(".credential"),
        *ADDRESSES, "--snapshot", snapshot, "--out", seed,
    ])  # fmt: skip
    return seed


def typed(words: Sequence[object]) -> None:
    assert provision([str(word) for word in words]) == 0


def feed(documents: Sequence[dict[str, Any]], signing: SigningKey) -> list[bytes]:
    """The prefecture's records of `all`: a catalogue, published; nothing at all for no documents."""
    events = [to_value(CataloguePublished(id=each["id"], version=1, document=each)) for each in documents]
    opening = segment_opened(parent=None, software="test", fingerprint="test", clock="trusted")
    records, previous = [], b"\0" * 32
    for seq, event in enumerate([opening, *events] if events else []):
        record = write_record(
            stream="all",
            segment=b"segment1",
            seq=seq,
            prev=previous,
            time=Timestamp(1_000, seq),
            event=event,
            key=None,
            signing=signing,
        )
        records.append(record.encoded())
        previous = record.hash
    return records
