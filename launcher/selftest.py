"""`./mulhaqa selftest`: the whole journey against an annexe and a prefecture of its own, a line a step.

Exit status 0 if every step held, 1 if one did not, 2 if the command was typed wrongly, 130 if it was stopped.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from launcher import options
from launcher.client import Browser, PageMissing
from launcher.crash import Crash
from launcher.ground import Ground
from launcher.journey import Broken, Journey, Step
from launcher.people import made_up, read_people, with_pins
from launcher.progress import Refusal, Speaker
from launcher.stage import Stage, free_ports
from launcher.stopping import STOPPED, stop_once
from launcher.traces import traces
from protocol.records.keys import SigningKey

SETTINGS = ("--undo-seconds", "1")  # a decision can be taken back for a second, so that nobody waits a minute
PEOPLE = 3  # alone and granted, helped and refused, alone and granted


@dataclass(slots=True)
class Report:
    """What came of the steps, told as they go."""

    speaker: Speaker
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step held."""
        return bool(self.steps) and all(step["ok"] for step in self.steps)

    def run(self, name: str, work: Callable[[], str]) -> bool:
        """Do one step and tell of it; whether it held. `work` returns a word to add, or raises."""
        began = time.monotonic()
        try:
            note, ok = work(), True
        except (Broken, PageMissing, Refusal) as error:
            note, ok = str(error), False
        seconds = round(time.monotonic() - began, 2)
        self.steps.append({"step": name, "ok": ok, "seconds": seconds, "note": note})
        self.speaker.say(f"{'ok    ' if ok else 'FAILED'} {seconds:6.2f} s  {name}{f' ({note})' if note else ''}")
        return ok

    def line(self, journey: Journey | None) -> str:
        """The line of `--json`."""
        return json.dumps(
            {
                "ok": self.ok,
                "steps": self.steps,
                "references": journey.references() if journey else [],
                "certificates": journey.certificates() if journey else [],
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True)
class Play:
    """How a journey is played; `browser` and `patience` (seconds) are ports for those who test the test."""

    link_down: bool = False
    crash: int | None = None
    browser: Callable[[str, Callable[[str], None]], Browser] = lambda origin, watch: Browser(origin, watch=watch)
    patience: float = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the journey; returns the exit status."""
    chosen = options.selftest().parse_args(arguments)
    speaker = Speaker()
    stop_once()
    try:
        people = read_people(chosen.people) if chosen.people else made_up(PEOPLE, random.SystemRandom())
        with _folder(chosen.keep) as folder:
            stage = Stage(folder, free_ports(), say=speaker.step, settings=SETTINGS)
            report, journey = play(stage, people, Play(chosen.link_down, chosen.crash), Report(speaker))
    except Refusal as refusal:
        print(f"mulhaqa: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmulhaqa: stopped before the journey was over.", file=sys.stderr)
        return STOPPED
    held = sum(step["ok"] for step in report.steps)
    speaker.say(f"selftest: {held} passed, {len(report.steps) - held} failed")
    if chosen.json:
        speaker.say(report.line(journey))
    return 0 if report.ok else 1


def play(stage: Stage, people: list[dict[str, str]], how: Play, report: Report) -> tuple[Report, Journey]:
    """Make the stage if it is not made, start it, play, stop it; the report tells whether every step held."""

    def revive() -> None:
        stage.edge.start()
        journey.forget_sessions()

    crash = None if how.crash is None else Crash(how.crash, stage.edge.kill, revive)
    watch = crash.watch if crash else _nobody
    journey = Journey(
        stage,
        with_pins(people, random.SystemRandom()),
        SigningKey(os.urandom(32)),
        stage.folder / "papers",
        patience=how.patience,
        browser=lambda origin: how.browser(origin, watch),
    )
    try:
        if not stage.ground.is_made():
            stage.make()
        stage.start(centre=not how.link_down)
        _play(stage, journey, report, crash, link_down=how.link_down)
    finally:
        stage.stop()
    if report.ok:
        report.run("disk: what is left shows nothing that was typed", lambda: _no_traces(stage, people))
    return report, journey


def _play(stage: Stage, journey: Journey, report: Report, crash: Crash | None, *, link_down: bool) -> None:
    steps = list(journey.at_annexe())
    struck = crash.choose(steps) if crash else None
    for step in steps:
        work = _with_crash(crash) if crash and step is struck else _plainly
        if not report.run(step.name, partial(work, step)):
            return
    if link_down and not report.run("prefecture: the link is back", partial(_start_centre, stage)):
        return
    for step in journey.at_prefecture():
        if not report.run(step.name, partial(_plainly, step)):
            return


def _plainly(step: Step) -> str:
    step.act()
    return _confirmed(step)


def _with_crash(crash: Crash) -> Callable[[Step], str]:
    def work(step: Step) -> str:
        note = crash.hit(step)
        _confirmed(step)
        return note

    return work


def _confirmed(step: Step) -> str:
    if not step.done():
        raise Broken("it was done, and the screens do not show it")
    return ""


def _no_traces(stage: Stage, people: list[dict[str, str]]) -> str:
    typed = {value for person in people for value in person.values()}
    found = traces(stage.folder, typed, except_in=stage.folder / "papers")
    if found:
        raise Broken(f"typed text can be read in {', '.join(found)}")
    return ""


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        with Ground(keep).held():
            if any(keep.iterdir()):
                raise Refusal(f"{keep} is not empty: name a folder that is not there yet.")
            yield keep
        return
    with tempfile.TemporaryDirectory(prefix="mulhaqa-selftest-") as folder:
        yield Path(folder) / "stage"


def _nobody(_path: str) -> None:
    """Nobody listens for submissions."""


def _start_centre(stage: Stage) -> str:
    stage.centre.start()
    return ""


if __name__ == "__main__":
    sys.exit(main())
