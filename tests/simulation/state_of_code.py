"""Which code was played: of runs that were kept, only those of the same code count together."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def state_of_code() -> str:
    """Return 16 hexadecimal digits that stand for all of our own code that this process has loaded."""
    found = {Path(str(getattr(module, "__file__", None) or "/")) for module in list(sys.modules.values())}
    summed = hashlib.sha256()
    for file in sorted(file for file in found if file.is_relative_to(ROOT) and ".venv" not in file.parts):
        summed.update(f"{file.relative_to(ROOT)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return summed.hexdigest()[:16]
