"""The crash: drawn by its seed, set off by the submission, survived only if nothing confirmed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from launcher.client import PageMissing
from launcher.crash import EARLIEST, LATEST, Crash
from launcher.journey import Broken, Step


class Annexe:
    """An annexe that takes one submission, and may forget it or never see it."""

    def __init__(self, *, answers: bool, keeps: bool) -> None:
        self.answers, self.keeps = answers, keeps
        self.kept = False
        self.submitted = 0
        self.told = list[str]()
        self.watch: Callable[[str], None] = lambda _path: None

    def submit(self) -> None:
        self.submitted += 1
        self.watch("/kiosk/request/x/check")
        self.kept = self.keeps or self.submitted > 1
        if self.submitted == 1 and not self.answers:
            raise PageMissing("no answer")

    def step(self, commit: str = "/check") -> Step:
        return Step("request", self.submit, lambda: self.kept, commit)

    def crash(self, seed: int = 1) -> Crash:
        crash = Crash(seed, lambda: self.told.append("killed"), lambda: self.told.append("started"))
        self.watch = crash.watch
        return crash


def test_what_was_confirmed_and_kept_is_not_sent_again() -> None:
    annexe = Annexe(answers=True, keeps=True)
    assert "confirmed before" in annexe.crash().hit(annexe.step())
    assert annexe.submitted == 1
    assert annexe.told == ["killed", "started"]


def test_what_was_confirmed_and_is_gone_breaks_the_journey() -> None:
    annexe = Annexe(answers=True, keeps=False)
    with pytest.raises(Broken, match="it is lost"):
        annexe.crash().hit(annexe.step())


def test_what_was_kept_without_an_answer_is_not_sent_again() -> None:
    annexe = Annexe(answers=False, keeps=True)
    assert "kept unanswered" in annexe.crash().hit(annexe.step())
    assert annexe.submitted == 1


def test_what_never_arrived_is_done_again() -> None:
    annexe = Annexe(answers=False, keeps=False)
    assert "not begun" in annexe.crash().hit(annexe.step())
    assert annexe.submitted == 2
    assert annexe.kept


def test_a_page_that_is_missing_before_the_submission_is_no_crash() -> None:
    annexe = Annexe(answers=False, keeps=False)
    with pytest.raises(PageMissing):
        annexe.crash().hit(annexe.step(commit="/another"))
    assert annexe.told == []


def test_a_step_that_submits_nothing_is_told() -> None:
    annexe = Annexe(answers=True, keeps=True)
    with pytest.raises(Broken, match="nothing to crash into"):
        annexe.crash().hit(annexe.step(commit="/another"))


def test_seeds_spread_over_steps_and_instants() -> None:
    steps = [Step(str(number), lambda: None, commit="/x" if number % 2 else "") for number in range(10)]
    crashes = [Crash(seed, lambda: None, lambda: None) for seed in range(200)]
    assert {crash.choose(steps).name for crash in crashes} == {"1", "3", "5", "7", "9"}
    assert all(EARLIEST <= crash.delay <= LATEST for crash in crashes)
    assert min(crash.delay for crash in crashes) < 0.002
    assert max(crash.delay for crash in crashes) > 0.05


def test_a_seed_is_the_same_crash_again() -> None:
    one, other = (Crash(7, lambda: None, lambda: None) for _ in range(2))
    assert one.delay == other.delay
