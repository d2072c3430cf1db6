"""A figure: what was measured, the floor beside it, and whether that is as good as it was meant to be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

Side = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: `rounds`, each with `seconds` for the value and as much for the floor.

    `records`: submissions that are carried from annexe to prefecture; `many`: records of an annexe of some age.
    """

    rounds: int
    seconds: float
    records: int = 10_000
    many: int = 100_000


@dataclass(frozen=True, slots=True)
class Round:
    """One turn: the value, and the floor measured around it."""

    value: float
    floor: float

    @property
    def ratio(self) -> float:
        """How many floors the value is."""
        return self.value / self.floor


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound in its direction, of the ratio unless `of` says that it is the value's own."""

    direction: Literal[">=", "<="]
    bound: float
    of: Literal["ratio", "value"] = "ratio"

    def holds(self, median: Round) -> bool:
        """Say whether a round is as good as was meant."""
        found = median.ratio if self.of == "ratio" else median.value
        return found >= self.bound if self.direction == ">=" else found <= self.bound

    def text(self, unit: str) -> str:
        """The aim as it is printed: `>= 0.4`, or `<= 100 MB` where it is the value's."""
        return f"{self.direction} {self.bound:g}" + (f" {unit}" if self.of == "value" else "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `aim` is None where a figure is only watched; `notes` say what else was seen."""

    name: str
    unit: str
    median: Round
    aim: Aim | None
    spread: tuple[float, float]
    notes: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool | None:
        """Whether the aim is met; None without an aim."""
        return None if self.aim is None else self.aim.holds(self.median)

    def line(self) -> str:
        """The figure as one line of JSON."""
        return json.dumps(
            {
                "figure": self.name,
                "value": rounded(self.median.value),
                "unit": self.unit,
                "floor": rounded(self.median.floor),
                "ratio": rounded(self.median.ratio),
                "aim": None if self.aim is None else self.aim.text(self.unit),
                "holds": self.holds,
            }
        )


def figure(name: str, unit: str, rounds: Iterable[Round], aim: Aim | None, notes: Iterable[str] = ()) -> Figure:
    """Sum up rounds: the one of the median ratio (of an even number the lower middle), and the ratios' spread."""
    ordered = sorted(rounds, key=lambda one: one.ratio)
    spread = (ordered[0].ratio, ordered[-1].ratio)
    return Figure(name, unit, ordered[(len(ordered) - 1) // 2], aim, spread, tuple(notes))


def rounded(number: float) -> float:
    """Three digits that mean something."""
    return float(f"{number:.3g}") if abs(number) < 100 else round(number)
