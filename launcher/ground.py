"""The folder that a stage stands on: whose it is, who has it now, and whether what stands there was finished.

Rules:

- Only what a stage made is ever deleted. `stage.begun` says so, and is the first file there and the last to go: any
  folder without it and without `stage.json` is somebody else's, whatever it looks like.
- `stage.json` is written last. A folder without it is made again.
- One start at a time has the folder. The lock is on the folder itself: it is over when its process is, and stays while
  the folder is cleared.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from launcher.progress import Refusal

BEGUN, MADE = "stage.begun", "stage.json"


class Ground:
    """A folder for one stage; it may not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def is_made(self) -> bool:
        """Whether a stage was made here to the end."""
        return (self.folder / MADE).exists()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have the folder to ourselves meanwhile, made if need be; Refusal where another start has it."""
        try:
            self._make_folder()
            lock = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Refusal(f"{self.folder} cannot be used: {error.strerror}. Name another folder.") from error
        try:
            self._lock(lock)
            yield
        finally:
            os.close(lock)

    def begin(self) -> None:
        """Clear what an earlier stage left and mark the folder as ours; Refusal if it holds something else."""
        self._refuse_a_strangers_folder()
        self._make_folder()
        (self.folder / BEGUN).touch(mode=0o600)
        (self.folder / MADE).unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != BEGUN:
                path.unlink()

    def finish(self, facts: Mapping[str, str | int]) -> None:
        """Note, as the last act, that a stage was made, and what it is."""
        (self.folder / MADE).write_text(json.dumps(facts) + "\n")

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(
                f"{self.folder} is in use by another start: stop that one with Ctrl-C, or name another folder."
            ) from error

    def _refuse_a_strangers_folder(self) -> None:
        ours = self.is_made() or (self.folder / BEGUN).exists()
        if not ours and self.folder.exists() and any(self.folder.iterdir()):
            raise Refusal(f"{self.folder} holds something else: name an empty folder, or one that is not there yet.")
