"""An annexe and a prefecture, the release of each, and the stick that goes between them.

The next release is a copy of this one with what a release brings (`releases`); each end runs in processes of its own
release, and they meet by stick: the same batches and checkpoints as on a line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.code_copy import variables_of


@dataclass
class Pair:
    """An annexe and its prefecture, the release of each, and the stick that goes between them."""

    folder: Path
    annexe: Path
    prefecture: Path

    def edge(self, *words: object) -> str:
        return _run(self.annexe, "edge", *words, "--data", self.folder / "annexe")

    def central(self, *words: object) -> str:
        return _run(self.prefecture, "central", *words, "--data", self.folder / "prefecture")

    def work(self, number: str, *remark: str) -> None:
        _run(self.annexe, "tests.skew.desk", "work", self.folder / "annexe", number, *remark)

    def look(self) -> None:
        _run(self.prefecture, "tests.skew.desk", "look", self.folder / "prefecture")

    def at_annexe(self) -> Any:
        return json.loads(_run(self.annexe, "tests.skew.desk", "annexe", self.folder / "annexe"))

    def at_prefecture(self) -> Any:
        return json.loads(_run(self.prefecture, "tests.skew.desk", "prefecture", self.folder / "prefecture"))

    def meet(self) -> str:
        """A stick goes to the prefecture and comes back; returns what the annexe said of it."""
        stick = self.folder / "stick"
        stick.mkdir(exist_ok=True)
        self.edge("export", stick)
        self.central("import", stick)
        self.central("export", "berkane-05", stick)
        return self.edge("import", stick)


def _run(release: Path, module: str, *words: object) -> str:
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(command, cwd=release, env=variables_of(release), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
