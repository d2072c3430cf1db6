"""Nothing that the service holds in memory reaches a disk by a crash, and who looks for swap on the disk finds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.private_memory import swap_on_disk

LOOK = """
import ctypes, resource
from pathlib import Path
from edge.private_memory import keep_memory_private
keep_memory_private(Path("/nowhere"))
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_process_and_all_that_it_starts_leave_no_core() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(0, 0) 0"


def test_compressed_memory_is_no_swap_on_a_disk(tmp_path: Path) -> None:
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename Type Size Used Priority\n/dev/zram0 partition 1 0 100\n/dev/sda2 partition 9 0 -2\n")
    assert swap_on_disk(swaps) == ["/dev/sda2"]
    assert swap_on_disk(tmp_path / "none") == []
