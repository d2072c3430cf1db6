"""The office's wall clock, for pages that keep time by themselves.

A browser carries its own table of Morocco's time, which changes with Ramadan and by decree; a television's may be years
old. So pages are told by how much the office is ahead of UTC, and never ask their own tables.
"""

from __future__ import annotations

from datetime import timedelta

from protocol.office.calendar import local


def offset_ms(now_ms: int) -> int:
    """Return by how many milliseconds the office's clock is ahead of UTC at this instant."""
    return (local(now_ms).utcoffset() or timedelta()) // timedelta(milliseconds=1)
