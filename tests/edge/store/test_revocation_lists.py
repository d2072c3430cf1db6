"""Lists of void certificates of one number, from a prefecture that was put back to an earlier state and wrote again."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from edge.store.connection import Row
from edge.store.feeds import accept
from edge.store.revocations import RevocationList, Voided, newest_list, voided
from edge.store.views.revocations import REVOCATIONS
from protocol.office.events import RevocationsPublished, VoidSince, to_value
from protocol.records.credentials import Trust
from tests.edge.store.support import ANNEXE, store_in
from tests.edge.store.test_feeds import ROOT, Feed, snapshot


def branch(name: bytes, *lists: RevocationsPublished) -> list[bytes]:
    feed = Feed(segment=name)
    for one in lists:
        feed.put(to_value(one))
    return feed.encoded()


def part(
    issued: int, annulled: dict[str, int], replaced: dict[str, int], one: int = 0, of: int = 1
) -> RevocationsPublished:
    return RevocationsPublished(
        number=7,
        issued_ms=issued,
        next_update_ms=issued + 10,
        annulled=[VoidSince(serial, since_ms) for serial, since_ms in annulled.items()],
        replaced=[VoidSince(serial, since_ms) for serial, since_ms in replaced.items()],
        part=one,
        parts=of,
    )


BRANCHES = (
    branch(b"branch.1", part(100, {"both": 5}, {"first": 1}, 0, 2), part(100, {}, {"cause": 3}, 1, 2)),
    branch(b"branch.2", part(200, {"cause": 9, "second": 2}, {"both": 4})),
    branch(b"branch.3", part(300, {"third": 6}, {}, 0, 3)),  # of which the rest never came
)


async def test_what_any_of_them_names_is_void_however_they_came(tmp_path: Path) -> None:
    shown: list[list[list[Row]]] = []
    trust = Trust([ROOT])
    for number, order in enumerate(permutations(BRANCHES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with store_in(folder) as store:
            for records in (snapshot().encoded(), *order):
                await accept(store, ANNEXE, records, trust)
            async with store.reading() as reader:
                assert await newest_list(reader) == RevocationList(7, 200, 210)
                assert await voided(reader, "both") == Voided("annulled", 4)
                assert await voided(reader, "cause") == Voided("annulled", 3)
                assert None not in [await voided(reader, serial) for serial in ("first", "second", "third")]
                shown.append([await reader.rows(f"SELECT * FROM {table}") for table in REVOCATIONS.tables])  # noqa: S608 - our own names
    assert all(one == shown[0] for one in shown)
