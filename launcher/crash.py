"""A crash with a submission in flight: SIGKILL for the annexe, at an instant that a seed draws.

The seed draws which of the journey's submissions is hit, and how long after it left the annexe ends. The instants are
spread over orders of magnitude, from before the first byte is read to well after the answer: a crash that is always
late or always early shows nothing.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Sequence

from launcher.client import PageMissing
from launcher.journey import Broken, Step

EARLIEST, LATEST = 0.0005, 0.1  # seconds after the submission left; most are answered in 0.02, an account in 0.3


class Crash:
    """One crash, armed for one step of a journey. `kill` ends the annexe, `revive` starts it again."""

    def __init__(self, seed: int, kill: Callable[[], None], revive: Callable[[], None]) -> None:
        chance = random.Random(seed)  # noqa: S311 - a seed's instant is to be found again, not to be secret
        self._share = chance.random()
        self.delay = math.exp(chance.uniform(math.log(EARLIEST), math.log(LATEST)))
        self._kill = kill
        self._revive = revive
        self._commit = ""
        self._killer: threading.Thread | None = None

    def choose(self, steps: Sequence[Step]) -> Step:
        """The step that is hit: one of those that submit something."""
        able = [step for step in steps if step.commit]
        return able[int(self._share * len(able))]

    def watch(self, path: str) -> None:
        """Hear of a POST that is about to leave; the one that is armed sets off the crash."""
        if self._commit and path.endswith(self._commit):
            self._commit = ""
            self._killer = threading.Thread(target=self._strike)
            self._killer.start()

    def hit(self, step: Step) -> str:
        """Do the step with the crash in it, start again, and see that nothing confirmed was lost; returns a word on it.

        Raises Broken if what was confirmed is gone, and whatever the step raises if it never submitted anything.
        """
        self._commit = step.commit
        answered = self._acts(step)
        if self._killer is None:
            raise Broken("the submission never left: there was nothing to crash into")
        self._killer.join()
        self._revive()
        kept = step.done()
        if answered and not kept:
            raise Broken("it was confirmed, the annexe crashed, and it is lost")
        if not kept:
            step.act()
        how = "confirmed before" if answered else ("kept unanswered" if kept else "not begun")
        return f"crashed {self.delay * 1000:.1f} ms after it left: {how}"

    def _acts(self, step: Step) -> bool:
        """Whether the step was answered."""
        try:
            step.act()
        except PageMissing:
            if self._killer is None:
                raise
            return False
        return True

    def _strike(self) -> None:
        time.sleep(self.delay)
        self._kill()
