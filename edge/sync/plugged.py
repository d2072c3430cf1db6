"""Which sticks are plugged in, as the screens show them (`disk.mounts`)."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from disk.mounts import mounted_sticks
from protocol.records.hashing import digest

MOST = 16
"""Sticks shown: more than an appliance has sockets."""


@dataclass(frozen=True, slots=True)
class Stick:
    """A place to write to: `id` names it in a form, `label` on the screen; `free` in bytes.

    `played`: nothing is mounted there, so a folder of this machine's own disk plays the stick.
    """

    id: str
    label: str
    folder: Path
    free: int
    played: bool = False


class Plugged:
    """`folder`: where sticks appear; each folder inside counts as one, mounted or not. None: as Debian mounts them."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def look(self) -> list[Stick]:
        """What is plugged in now, by label. What cannot be read is not there."""
        found = [_stick(one) for one in mounted_sticks(self._folder)]
        return sorted((one for one in found if one is not None), key=lambda one: (one.label, one.id))[:MOST]

    def find(self, id_: str) -> Stick | None:
        """The stick of this id, if it is plugged in still."""
        return next((one for one in self.look() if one.id == id_), None)


def _stick(folder: Path) -> Stick | None:
    try:
        free = shutil.disk_usage(folder).free
        played = not folder.is_mount()
    except OSError:
        return None
    return Stick(digest("stick", os.fsencode(folder), size=8).hex(), folder.name, folder, free, played)
