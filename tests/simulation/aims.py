"""Which fault strikes in which state, and what a run sets out to show of that.

A run draws `AIMS` pairs at its beginning, what is rare by itself the more often, and sees to it that they are reached:
the state is brought about where it would not come by itself, and at some step in it the fault strikes. All else that
strikes is chance, as ever. What cannot be is in `IMPOSSIBLE` with the reason; every other pair must be reached
`ENOUGH` times in a full run.

States are those of the machine whose fault it is (`AnnexeMachine.doing`); what strikes the prefecture, a stick or a
line is counted with the annexe beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

FULL_RUN: Final = 20_000
ENOUGH: Final = 100
"""Times that each pair must have been played in a full run: what goes wrong once in fifty such times is then seen with
a probability of 0.87."""

AIMS: Final = 4
"""Pairs that one run sets out for: more of them would be in each other's way."""

DARK: Final = "dark"
TALKING: Final = ("dialling", "sending", "behind", "idle")
LINKED: Final = (*TALKING, "waiting")
STANDBY: Final = ("following", "away")
STATES: Final = (DARK, *LINKED, *STANDBY)

DISK: Final = ("disk full", "write fails", "fsync fails")
FRAME: Final = ("drop", "duplicate", "reorder", "cut in a frame")
OWN_LINE: Final = ("line cut", "line down", "line capped")
LAN: Final = ("LAN cut", "LAN down")
STICK: Final = ("stick lost", "stick full", "stick early", "stick read by the annexe", "stick read by the prefecture")
RELEASE: Final = ("earlier release", "later release")
AT_PREFECTURE: Final = tuple(f"{one} at the prefecture" for one in ("power cut", *DISK, *RELEASE))
FAULTS: Final = (
    "power cut", "clock jump", *DISK, "card restored", "card cloned", *RELEASE, *AT_PREFECTURE, "prefecture restored",
    "standby promoted", *FRAME, *OWN_LINE, *LAN, *STICK,
)  # fmt: skip

NO_FRAME = "no frame is on its way to or from a machine that is off, or between two calls"
NO_LINE = "a standby does not use its own line"
NOT_ON_LAN = "the LAN between the two is counted by whether the standby follows"
NO_PEOPLE = "a standby serves nobody: what strikes elsewhere is counted with the machine that people work at"
NO_POWER = "a machine without power reads no stick"
TWO_STANDBYS = "a standby writes nothing, so that the clone of its card is the same log twice"
ONE_STANDBY = "the release is that of the machine that has the line"


def _impossible() -> Iterator[tuple[tuple[str, str], str]]:
    for fault in FRAME:
        yield from (((fault, state), NO_FRAME) for state in (DARK, "waiting"))
    for fault in OWN_LINE:
        yield from (((fault, state), NO_LINE) for state in STANDBY)
    for fault in LAN:
        yield from (((fault, state), NOT_ON_LAN) for state in LINKED)
    for fault in (*AT_PREFECTURE, "prefecture restored", "standby promoted", *STICK):
        yield from (((fault, state), NO_PEOPLE) for state in STANDBY)
    for state in STANDBY:
        yield ("card cloned", state), TWO_STANDBYS
        yield from (((fault, state), ONE_STANDBY) for fault in RELEASE)
    yield ("stick read by the annexe", DARK), NO_POWER


IMPOSSIBLE: Final[Mapping[tuple[str, str], str]] = dict(_impossible())
PAIRS: Final = tuple((fault, state) for fault in FAULTS for state in STATES if (fault, state) not in IMPOSSIBLE)

BY_AIM_ALONE: Final = ("card cloned", *RELEASE, *AT_PREFECTURE[-2:], "line capped")

RARE: Final = {
    "stick early": 6.0, "stick lost": 2.0, "stick full": 2.0, "stick read by the annexe": 2.0, "card restored": 8.0,
    "prefecture restored": 2.0, "standby promoted": 3.0, **dict.fromkeys(BY_AIM_ALONE, 2.0),
}  # fmt: skip
"""How much more often than others a pair is drawn that chance seldom plays, or that often cannot be brought about;
found by counting."""

RARE_PAIRS: Final = {("card restored", "behind"): 3.0, ("later release", "sending"): 2.0}
"""And pairs that are drawn still more often: their state is seldom there when the fault can strike."""

BY_CHANCE: Final = {"idle": 0.1, "waiting": 0.3, "behind": 0.6}
"""How much less often a pair is drawn that chance plays by itself, by its state."""


@dataclass
class Aim:
    """A fault that is to strike in a state. `steps`: of the machine in that state until it does; `tries` are left."""

    fault: str
    state: str
    steps: int
    tries: int = 40


def drawn(chance: Random, *, has_second: bool) -> list[Aim]:
    """What a run sets out for."""
    pairs = [pair for pair in PAIRS if has_second or not _needs_second(*pair)]
    weights = [_weight(fault, state) for fault, state in pairs]
    chosen = dict.fromkeys(chance.choices(pairs, weights, k=AIMS))
    return [Aim(fault, state, chance.randrange(1, 30)) for fault, state in chosen]


def _needs_second(fault: str, state: str) -> bool:
    return state in STANDBY or fault in LAN or fault == "standby promoted"


def _weight(fault: str, state: str) -> float:
    scarce = 4.0 if _needs_second(fault, state) else 1.0  # most runs have no second appliance
    seldom_met = RARE_PAIRS.get((fault, state), 1.0)
    return scarce * seldom_met * RARE.get(fault, BY_CHANCE.get(state, 1.0))


def seldom(counted: Mapping[str, Mapping[str, int]], runs: int) -> dict[str, int]:
    """The pairs ("fault/state") that a full run would not play often enough at this rate, and how often they were."""
    least = min(ENOUGH, ENOUGH * runs / FULL_RUN)
    found = {(fault, state): counted.get(fault, {}).get(state, 0) for fault, state in PAIRS}
    return {f"{fault}/{state}": times for (fault, state), times in found.items() if times < least}


def unforeseen(counted: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The pairs that were played though the table says that they cannot be, or does not know them."""
    found = {(fault, state): times for fault, states in counted.items() for state, times in states.items()}
    return {f"{fault}/{state}": times for (fault, state), times in found.items() if (fault, state) not in PAIRS}
