"""The machine that was measured on: its processors, and what a process took of them."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def described(info: Path = Path("/proc/cpuinfo")) -> str:
    """Every processor by its model, and the Python: figures of two machines are not to be compared."""
    models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    models = models or [platform.machine()] * (os.cpu_count() or 1)  # an ARM kernel names no model
    named = "; ".join(f"CPU {number}: {model}" for number, model in enumerate(models))
    return f"{named}; Python {platform.python_version()}"


def cpu_of(pid: int) -> float:
    """Seconds of processor that a running process has taken so far, in user and kernel mode (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_children() -> float:
    """Seconds of processor that the children waited for so far have taken."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds now, what it shares with others included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(f"process {pid} holds no memory")


def peak_mb(pid: int) -> float:
    """Megabytes of memory that a process has held at the most (proc(5), VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(f"process {pid} holds no memory")
