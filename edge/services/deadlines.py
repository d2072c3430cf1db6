"""What time brings by itself: marks of the legal delay, silence, and the end of the wait for missing pieces.

Rules:

- One query on an index finds the requests that a day moves; only these are opened, inside the writer, and judged there
  by the day of its own instant. What is noted moves the case on in the same transaction, so neither a crash nor another
  look notes anything twice.
- Marks that were missed (a power cut, a clock put right) are noted in their order, in one go.
- A clock of which nothing is known notes nothing: it would call silence what is only a wrong year.
- At 100 percent nothing is granted. The citizen is called, and the mark goes up to the prefecture with the log.
- What fails for one request rests; the others go on.
"""

from __future__ import annotations

from datetime import date

import structlog

from edge.services.cases import append_lawful, opened_case
from edge.services.messages import queue_message
from edge.services.office import SYSTEM, Office
from edge.services.sms import LAPSED, SILENT
from edge.store.store import Transaction
from edge.store.timetable import turning
from protocol.errors import MulhaqaError
from protocol.office.calendar import local_date
from protocol.office.case import SILENCE
from protocol.office.casework import Case, State
from protocol.office.catalogue import Procedure
from protocol.office.deadlines import Mark
from protocol.office.events import DeadlineReached, RequestLapsed
from protocol.office.turning import next_mark, turning_day
from protocol.records.encoding import Value

BATCH = 50
"""Requests moved in one turn: after a long power cut the writer still serves people in between."""

log = structlog.get_logger("mulhaqa.deadlines")


async def keep_time(office: Office) -> int:
    """Note what time has brought until now; returns how many requests were moved.

    Raises OperatorError only when the store has failed; every other failure is logged, and tried again after a rest.
    """
    if office.clock() == "unknown":
        return 0
    async with office.store.reading() as reader:
        due = await turning(reader, local_date(office.now()))
    moved = 0
    for subject in [one for one in due if not office.setbacks.resting(("time", one), office.now())][:BATCH]:
        try:
            await _move(office, subject)
            moved += 1
        except MulhaqaError as error:
            _put_off(office, subject, error)
    return moved


def _put_off(office: Office, subject: bytes, error: MulhaqaError) -> None:
    if office.store.failure is not None:
        raise error
    office.setbacks.failed(("time", subject), office.now())
    log.warning("deadlines.put_off", error=type(error).__name__, why=str(error))


async def _move(office: Office, subject: bytes) -> None:
    async def decide(tx: Transaction) -> Value:
        today = local_date(tx.now_ms)
        case, procedure = await opened_case(tx, subject)
        if case.state is State.AWAITING_PIECES:
            await _lapse(office, tx, subject, case, procedure, today)
        else:
            await _mark(office, tx, subject, case, procedure, today)
        return None

    await office.store.execute(office.command(), decide)


def _is_due(case: Case, today: date) -> bool:
    day = turning_day(case)
    return day is not None and day <= today


async def _lapse(
    office: Office, tx: Transaction, subject: bytes, case: Case, procedure: Procedure, today: date
) -> None:
    if not _is_due(case, today):
        return
    await append_lawful(tx, subject, case, procedure, RequestLapsed(follows=list(case.heads), by=SYSTEM))
    after, _ = await opened_case(tx, subject)
    await queue_message(office, tx, subject, after, procedure, LAPSED)


async def _mark(office: Office, tx: Transaction, subject: bytes, case: Case, procedure: Procedure, today: date) -> None:
    while _is_due(case, today):
        mark = next_mark(case)
        if mark is None:
            return
        await append_lawful(tx, subject, case, procedure, _reached(case, mark))
        case, _ = await opened_case(tx, subject)
        if mark == SILENCE:
            await queue_message(office, tx, subject, case, procedure, SILENT)
            return


def _reached(case: Case, mark: Mark) -> DeadlineReached:
    due = "" if case.due is None else case.due.isoformat()
    return DeadlineReached(follows=list(case.heads), mark=mark, due=due, by=SYSTEM)
