"""`./mulhaqa pictures`: the browser journeys once more, with a camera.

The pictures are those of a walk that succeeded, all of one state of the screens: they take the place of the old ones
together, or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from launcher import options
from launcher.environment import ROOT
from launcher.progress import Speaker

CAMERA = "MULHAQA_PICTURES"  # names the folder to the journeys, which take pictures only when it is set
WALK = ("-m", "pytest", "-q", "tests/journeys")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures; returns the exit status (0 taken, 1 the walk failed and the old pictures stay)."""
    chosen, speaker = options.pictures().parse_args(arguments), Speaker()
    with tempfile.TemporaryDirectory(prefix="mulhaqa-pictures-") as folder:
        speaker.step("walking through every screen; this takes some minutes")
        walk = subprocess.run([sys.executable, *WALK], cwd=ROOT, env={**os.environ, CAMERA: folder}, check=False)
        if walk.returncode != 0:
            speaker.step("the walk failed: the pictures stay as they were")
            return 1
        taken = sorted(Path(folder).glob("*.png"))
        keep(taken, chosen.out)
    speaker.step(f"{len(taken)} pictures are in {chosen.out}")
    return 0


def keep(taken: Sequence[Path], folder: Path) -> None:
    """Put the pictures into `folder`, in the place of those that it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    for picture in taken:
        shutil.move(picture, folder / picture.name)


if __name__ == "__main__":
    sys.exit(main())
