"""Where sticks are mounted now: under /media, or every folder of a folder that the settings name.

Under /media only real mounts count: what is written into the empty folder of a stick that was pulled would fill this
machine's own disk, and be carried nowhere.
"""

from __future__ import annotations

from pathlib import Path

MEDIA = Path("/media")
"""Where Debian's desktop and udev rules mount sticks: /media/LABEL, or /media/USER/LABEL."""


def mounted_sticks(folder: Path | None = None) -> list[Path]:
    """The folders of the sticks. `folder`: where they appear, each folder inside counts, mounted or not."""
    if folder is not None:
        return folders_in(folder)
    first = folders_in(MEDIA)
    return [one for one in [*first, *(inner for each in first for inner in folders_in(each))] if one.is_mount()]


def folders_in(folder: Path) -> list[Path]:
    """The folders in one, none where it cannot be read; a link is no folder."""
    try:
        return [one for one in folder.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError:
        return []
