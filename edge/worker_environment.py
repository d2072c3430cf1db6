"""What a process of our own is started with: the press, and what makes scans anew."""

from __future__ import annotations

import os
from pathlib import Path

import edge


def worker_environment(**more: str) -> dict[str, str]:
    """What Python needs to start, `more`, and none of the service's own settings, which may hold secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(edge.__file__).parent.parent), **more}
