"""The clock on an office's wall: Africa/Casablanca, by the tables of the tzdata package that the lock file pins.

A machine's own tables are never asked: those of one that was not updated know nothing of the law's last change (+00 all
year since 20 September 2026), and a deadline must not depend on which machine counts it.
"""

from __future__ import annotations

from importlib.resources import files
from zoneinfo import ZoneInfo


def _pinned(region: str, city: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", region, city).open("rb") as table:
        return ZoneInfo.from_file(table, key=f"{region}/{city}")


CASABLANCA = _pinned("Africa", "Casablanca")
