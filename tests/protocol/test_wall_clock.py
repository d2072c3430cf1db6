"""The office's clock asks the pinned tables, whatever the machine believes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from protocol.wall_clock import CASABLANCA

ASK = """
from datetime import UTC, datetime
from protocol.wall_clock import CASABLANCA
print(datetime(2026, 11, 24, 12, tzinfo=UTC).astimezone(CASABLANCA).isoformat())
"""


def test_the_zone_has_its_own_name() -> None:
    assert isinstance(CASABLANCA, ZoneInfo)
    assert CASABLANCA.key == "Africa/Casablanca"


def test_a_machine_whose_tables_are_wrong_counts_alike(tmp_path: Path) -> None:
    """The machine's table for Casablanca is Tokyo's here; the office's clock is not nine hours ahead."""
    (tmp_path / "Africa").mkdir()
    (tmp_path / "Africa" / "Casablanca").write_bytes(_tokyo())
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, "PYTHONTZPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "2026-11-24T12:00:00+00:00"


def _tokyo() -> bytes:
    return files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
