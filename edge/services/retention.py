"""Scans that have been kept for as long as they may be: deleted here, and through the log at the prefecture.

How long that is no text that was read says, neither law 55-19 nor law 09-08, which wants no longer than is needed. So
an operator sets it (`mulhaqa-edge run --keep-scans-days`); until then scans are kept.

- Counted from the last step of a request that is over: handed over, withdrawn, lapsed, or refused without an appeal
  that waits.
- What is deleted does not come back. So the day is counted by what the prefecture has signed last, never by this
  appliance's clock alone, which may have jumped by years.
"""

from __future__ import annotations

from typing import Final

import structlog

from edge.services.cases import append_lawful, opened_case
from edge.services.office import SYSTEM, Office
from edge.store.store import Transaction
from edge.store.timetable import signed_by_prefecture, with_scans_before
from protocol.errors import MulhaqaError
from protocol.office.events import ScanRemoved
from protocol.records.encoding import Value

DAY_MS: Final = 24 * 3600 * 1000
LOOK_MS: Final = 3600 * 1000
"""Between two looks: a term of months does not end by the second."""

SHORTEST_DAYS: Final = 60
"""An appeal is taken for 30 days, and late ones too: whoever answers it must still see what was decided on."""

log = structlog.get_logger("mulhaqa.retention")


class Retention:
    """Looks once an hour."""

    def __init__(self) -> None:
        self._looked_ms: int | None = None

    async def delete_due(self, office: Office) -> int:
        """Delete what is due; returns how many scans. What fails for one request rests until the next look."""
        days, now = office.settings.scans_kept_days, office.now()
        if days is None or (self._looked_ms is not None and abs(now - self._looked_ms) < LOOK_MS):
            return 0
        self._looked_ms = now
        async with office.store.reading() as reader:
            signed = await signed_by_prefecture(reader)
            due = [] if signed is None else await with_scans_before(reader, min(now, signed) - days * DAY_MS)
        deleted = 0
        for case, address in due:
            try:
                deleted += await _delete(office, case, address)
            except MulhaqaError as error:
                if office.store.failure is not None:
                    raise
                log.warning("retention.put_off", error=type(error).__name__, why=str(error))
        return deleted


async def _delete(office: Office, subject: bytes, address: bytes) -> int:
    async def decide(tx: Transaction) -> Value:
        case, procedure = await opened_case(tx, subject)
        removed = 0
        for scan in (one for one in case.scans_held if one.blob == address):
            event = ScanRemoved(follows=list(case.heads), piece=scan.piece, blob=address, cause="retention", by=SYSTEM)
            await append_lawful(tx, subject, case, procedure, event)
            case, _ = await opened_case(tx, subject)
            removed += 1
        return removed

    async with office.store.scans.naming(address):
        removed = await office.store.execute(office.command(), decide)
    return removed if isinstance(removed, int) else 0
