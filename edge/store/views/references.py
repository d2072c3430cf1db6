"""Whose a reference is when two requests have it: two halves of a log that has parted may have drawn alike.

It is the request's that stands first in the one order of records: its receipt finds it. The other keeps the reference
that its own receipt says, and stands as a second: a clerk who looks for it finds both, and sees that there are two.
"""

from __future__ import annotations

from edge.store.columns import blob
from edge.store.views.fold import readable_event
from edge.store.views.view import Folding
from protocol.office.events import RequestSubmitted
from protocol.records.envelope import Record

STANDS = "UPDATE cases SET second = ? WHERE subject = ?"


async def settle(folding: Folding, stream: str, reference: bytes) -> None:
    """Say anew whose a reference is, given as its blind index; `stream`: where the requests stand."""
    query = "SELECT subject, account FROM cases WHERE reference = ? ORDER BY second"
    rows = [(blob(case), blob(account)) for case, account in await folding.rows(query, (reference,))]
    if len(rows) < 2:
        return
    filed = [record for case, _ in rows if (record := await _filed(folding, case)) is not None]
    ordered = [record.subject for record in await folding.in_order(filed, stream)]
    if ordered == [case for case, _ in rows]:
        return
    for step in (-len(ordered), 0):  # out of each other's way first: no two may have one place
        for place, case in enumerate(ordered):
            folding.write(STANDS, (place + step, case))
    folding.concerned.update(account for _, account in rows)


async def _filed(folding: Folding, case: bytes) -> Record | None:
    """The record that opens a request."""
    key = await folding.key(case)
    records = await folding.records_of(case)
    return next((one for one in records if isinstance(readable_event(one, key), RequestSubmitted)), None)
