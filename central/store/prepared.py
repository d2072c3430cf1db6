"""What taking in needs of the processor and not of the database: done when a batch arrives, while those before it are
committed.

Nothing is decided here. What is not found among this, ingest looks at itself, and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from central.store.vault import CentreVault
from protocol.errors import PeerError
from protocol.office.encoded_events import is_one_encoding
from protocol.records.envelope import plain_of
from protocol.sync.batches import Arrived, ArrivedKey, OpenedKey


@dataclass(frozen=True, slots=True)
class Prepared:
    """`signed`: hashes of records whose signature was found good. `events`: the bytes of events, each its one encoding,
    by their record's hash. `keys`: data keys as the database keeps them, by their subject."""

    signed: frozenset[bytes] = frozenset()
    events: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    keys: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)


NOTHING = Prepared()


def together(parts: Iterable[Prepared]) -> Prepared:
    """What was prepared of several batches, which are taken in as one."""
    each = list(parts)
    return Prepared(
        signed=frozenset().union(*(one.signed for one in each)),
        events={hash_: plain for one in each for hash_, plain in one.events.items()},
        keys={subject: sealed for one in each for subject, sealed in one.keys.items()},
    )


def events_of(records: Iterable[Arrived]) -> dict[bytes, bytes]:
    """The events of records that came opened: those were sealed here, under the key that their subject names."""
    found = {}
    for one in records:
        if one.record is None or one.opened is None:
            continue
        try:
            plain = plain_of(one.opened)
        except PeerError:
            continue
        if is_one_encoding(plain):
            found[one.record.hash] = plain
    return found


def wrapped(vault: CentreVault, annexe: str, keys: Iterable[ArrivedKey]) -> dict[bytes, bytes]:
    """The keys that came opened, for their subject follows from them, as the database keeps them."""
    opened = [one for one in keys if isinstance(one, OpenedKey)]
    return {one.subject: vault.wrap(annexe, one.subject, one.key) for one in opened}
