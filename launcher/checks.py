"""`./mulhaqa test`: every check of the repository, one after another, with a summary at the end.

A failed check does not stop the others: one run tells everything that is wrong.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.environment import ROOT
from launcher.progress import Speaker

NO_TEST_RAN = 5  # pytest's own exit status; a suite that ran nothing has proved nothing


@dataclass(frozen=True, slots=True)
class Check:
    """One tool: its name in the summary, what it looks at, and its command after the environment's interpreter."""

    name: str
    about: str
    command: tuple[str, ...]
    slow: bool = False


def _folders(root: Path = ROOT) -> list[str]:
    """Every folder at the root that holds Python of ours, the tests included."""
    return sorted(
        folder.name
        for folder in root.iterdir()
        if folder.is_dir() and not folder.name.startswith(".") and any(folder.rglob("*.py"))
    )


TWO_AT_ONCE = ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Two processes, each with whole files, in their order: the machine that is to run this has two cores."""

CHECKS = (
    Check("ruff", "style and likely faults", ("-m", "ruff", "check", ".", "mulhaqa")),
    Check("mypy", "types, strictly", ("-m", "mypy", "--strict", "--explicit-package-bases", *_folders())),
    Check(
        "import-linter",
        "who may import whom",
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo"),
    ),
    Check("pytest", "the tests", (*TWO_AT_ONCE, "--ignore=tests/journeys")),
    Check("journeys", "the screens in a browser", (*TWO_AT_ONCE, "tests/journeys"), slow=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check ended."""

    check: Check
    status: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether the tool exited with 0."""
        return self.status == 0

    def line(self) -> str:
        """The check's line in the summary."""
        word = "passed" if self.passed else "FAILED"
        why = " (no test ran)" if self.status == NO_TEST_RAN and "pytest" in self.check.command else ""
        return f"  {word}  {self.check.name:14} {self.seconds:6.1f} s  {self.check.about}{why}"


def chosen(*, fast: bool, checks: Sequence[Check] = CHECKS) -> list[Check]:
    """The checks of a run: without the slow ones if it is to be fast."""
    return [check for check in checks if not (fast and check.slow)]


def run(
    python: Path, checks: Sequence[Check], speaker: Speaker, clock: Callable[[], float] = time.monotonic
) -> list[Outcome]:
    """Run the checks in the repository's root; their output goes straight to the terminal."""
    outcomes = []
    for check in checks:
        speaker.say(f"\n== {check.name}: {check.about}")
        began = clock()
        status = subprocess.run([str(python), *check.command], cwd=ROOT, check=False).returncode
        outcomes.append(Outcome(check, status, clock() - began))
    return outcomes


def summary(outcomes: Sequence[Outcome], speaker: Speaker) -> int:
    """Print how each check ended; the exit status of the whole: 0 if all passed, 1 otherwise."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    speaker.say("\n== summary")
    for outcome in outcomes:
        speaker.say(outcome.line())
    speaker.say(f"checks: {len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
