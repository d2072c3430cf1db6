"""Every figure can be measured, in a short form: that it is produced and whole, never how fast this machine is."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.commands import FIGURES, table
from bench.figure import Aim, Effort, Round, figure
from bench.machine import cpu_of, described, resident_mb
from bench.place import Place, place
from launcher import options

SHORT = Effort(rounds=1, seconds=0.1, records=40, many=1_000)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(lambda _line: None, tmp_path_factory.mktemp("bench"), citizens=8) as made:
        yield made


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_measured_beside_its_floor(name: str, here: Place) -> None:
    found = json.loads(FIGURES[name](here, SHORT).line())
    assert list(found) == ["figure", "value", "unit", "floor", "ratio", "aim", "holds"]
    assert found["figure"] == name
    assert found["unit"]
    assert found["value"] > 0
    assert found["floor"] > 0
    assert found["ratio"] == pytest.approx(found["value"] / found["floor"], rel=0.02)
    assert (found["aim"] is None) == (found["holds"] is None)


def test_the_command_line_knows_every_figure() -> None:
    assert tuple(FIGURES) == options.FIGURES


def test_the_round_of_the_median_ratio_speaks_for_all() -> None:
    rounds = [Round(10, 10), Round(30, 10), Round(90, 45)]
    found = figure("some.figure", "things/s", rounds, Aim(">=", 2.0))
    assert (found.median, found.spread, found.holds) == (Round(90, 45), (1.0, 3.0), True)


@pytest.mark.parametrize(
    ("aim", "holds", "text"),
    [
        (Aim(">=", 2.0), True, ">= 2"),
        (Aim(">=", 2.1), False, ">= 2.1"),
        (Aim("<=", 2.0), True, "<= 2"),
        (Aim("<=", 1.9), False, "<= 1.9"),
        (Aim("<=", 100.0, of="value"), True, "<= 100 MB"),
        (Aim("<=", 99.0, of="value"), False, "<= 99 MB"),
    ],
)
def test_an_aim_has_a_direction_and_holds_at_its_bound(aim: Aim, holds: bool, text: str) -> None:
    found = figure("some.figure", "MB", [Round(100.0, 50.0)], aim)
    assert found.holds is holds
    assert json.loads(found.line())["aim"] == text


def test_the_table_says_what_was_missed_and_what_is_only_watched() -> None:
    rows = [
        figure("good", "x", [Round(2, 1)], Aim(">=", 1)),
        figure("bad", "x", [Round(1, 2)], Aim(">=", 1)),
        figure("seen", "x", [Round(1, 2)], None),
    ]
    _head, good, bad, seen = table(rows).splitlines()
    assert good.endswith("holds")
    assert bad.endswith("MISSED")
    assert seen.endswith("watched")


def test_every_processor_is_named(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor : 0\nmodel name : Some CPU\nprocessor : 1\nmodel name : Another\n")
    assert described(info).startswith("CPU 0: Some CPU; CPU 1: Another; Python 3.")


def test_a_process_is_weighed() -> None:
    assert resident_mb(os.getpid()) > 1
    assert cpu_of(os.getpid()) > 0
