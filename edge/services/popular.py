"""What people ask for most: the kiosk offers it on its first page."""

from __future__ import annotations

from collections import Counter

from edge.services import guide
from edge.services.office import Office
from protocol.office.catalogue import Procedure

WEEK_MS = 7 * 24 * 3600 * 1000

COUNTED = 500
"""Requests looked at: a busy annexe's week. Only the order of a short list follows from it."""


async def most_asked(office: Office, limit: int = 3) -> list[Procedure]:
    """Return up to `limit` procedures, this week's most asked first, then the guide's own order."""
    listed = await guide.procedures(office)
    since = office.now() - WEEK_MS
    async with office.store.reading() as reader:
        rows = await reader.cases(limit=COUNTED)
    asked = Counter(row.procedure for row in rows if row.submitted_ms >= since)
    return sorted(listed, key=lambda procedure: -asked[procedure.id])[:limit]
