"""Lists of requests for screens: how many there are in a state, and the few that are opened to be shown.

Only what is shown is opened: a list of hundreds costs one query and as many unsealings as it has rows on the page.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from edge.services.office import Office
from edge.services.requests import Dossier, dossier
from edge.store import timetable
from edge.store.rows import CaseRow
from protocol.office.casework import State

COUNTED = 1_000
"""Requests counted in one state, the store's longest list: years of a pilot annexe's uncollected certificates."""

LATE_FROM = 80
"""Percent of the delay from which a request stands on the list of what is late, while it can still be answered."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The first requests of a list, opened, and how many it has in all."""

    dossiers: Sequence[Dossier]
    total: int


async def by_deadline(office: Office, states: Collection[State], shown: int) -> Listed:
    """Return the requests in any of `states`, the nearest deadline first."""
    async with office.store.reading() as reader:
        rows = [row for state in states for row in await reader.cases(state=state, limit=COUNTED)]
    rows.sort(key=lambda row: (row.due or date.max, row.submitted_ms, row.subject))
    return await _opened(office, rows, shown)


async def newest(office: Office, state: State, shown: int) -> Listed:
    """Return the requests in `state`, the one that something happened to last first."""
    async with office.store.reading() as reader:
        rows = await reader.cases(state=state, limit=COUNTED)
    rows.sort(key=lambda row: (-row.updated_ms, row.subject))
    return await _opened(office, rows, shown)


async def late(office: Office, shown: int) -> Listed:
    """Return the requests that nobody has answered and whose delay is nearly or wholly over, the latest first."""
    async with office.store.reading() as reader:
        found = await timetable.late(reader, LATE_FROM)
    return await _listed(office, found, shown)


async def appealed(office: Office, shown: int) -> Listed:
    """Return the requests whose appeal waits for its answer, the one that waits longest first."""
    async with office.store.reading() as reader:
        found = await timetable.appealed(reader)
    return await _listed(office, found, shown)


async def _opened(office: Office, rows: Sequence[CaseRow], shown: int) -> Listed:
    return await _listed(office, [row.subject for row in rows], shown)


async def _listed(office: Office, found: Sequence[bytes], shown: int) -> Listed:
    return Listed([await dossier(office, subject) for subject in found[:shown]], len(found))
