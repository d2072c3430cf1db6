"""The code copied into a folder and changed there: mistakes to be found, and releases that do not exist yet."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from launcher.environment import ROOT

ROOMS = ("bench", "central", "devices", "disk", "edge", "launcher", "protocol", "provisioning", "screens", "tests")


@dataclass(frozen=True, slots=True)
class Change:
    """`old` stands in `file` exactly once, and becomes `new`."""

    file: str
    old: str
    new: str


def copy_code(folder: Path, *changes: Change) -> Path:
    """Copy the code into `folder` with the changes in it; returns the folder."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for change in changes:
        file = folder / change.file
        text = file.read_text()
        if text.count(change.old) != 1:
            raise AssertionError(f"what is to be changed does not stand in {change.file} once: {change.old!r}")
        file.write_text(text.replace(change.old, change.new))
    return folder


def variables_of(folder: Path) -> dict[str, str]:
    """The environment of a process that runs the code in `folder`."""
    return {**os.environ, "PYTHONPATH": str(folder)}
