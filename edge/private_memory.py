"""What this process holds in memory stays there: no core dump, no look by another process, a warning about swap.

- RLIMIT_CORE (setrlimit(2)) 0, for this process and all that it starts: a crash writes no memory to a disk.
- PR_SET_DUMPABLE (prctl(2)) 0: no other process of the same user attaches to it, and its /proc files are root's.
- Pages are not locked (mlock): Python copies what it holds wherever it likes, and locking all of it would end a small
  machine. The image has no swap; where there is some, the journal says so.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

import structlog

PR_SET_DUMPABLE = 4
SWAPS = Path("/proc/swaps")

log = structlog.get_logger("mulhaqa.appliance")


def keep_memory_private(swaps: Path = SWAPS) -> None:
    """Do so for this process, from its beginning."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    on_disk = swap_on_disk(swaps)
    if on_disk:
        log.warning("swap.on", count=len(on_disk), todo="swapoff -a, and take swap out of /etc/fstab")


def swap_on_disk(swaps: Path) -> list[str]:
    """The swap areas of this machine that outlive its power: compressed memory (zram) does not."""
    try:
        lines = swaps.read_text("utf-8").splitlines()[1:]
    except OSError:  # a container may hide it
        return []
    return [line.split()[0] for line in lines if line.strip() and "zram" not in line.split()[0]]
