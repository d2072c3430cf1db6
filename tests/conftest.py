"""What every test runs under."""

from pathlib import Path

import pytest
from hypothesis import settings

# Two cores shared by a browser, QEMU or another suite make single examples slow at random; slowness is for bench/.
settings.register_profile("mulhaqa", deadline=None)
settings.load_profile("mulhaqa")

HERE = Path(__file__).parent
LONG = (
    "simulation/",
    "launcher/test_selftest.py",
    "edge/test_second_appliance.py",
    "bench/",
    "edge/test_recover.py",
    "skew/",
    "edge/sync/test_slow_line.py",
)
"""Files and folders whose tests take a minute and more, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first: whichever came last would keep one worker busy while the other has nothing left."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(HERE).as_posix()
    return next((turn for turn, long in enumerate(LONG) if path.startswith(long)), len(LONG))
