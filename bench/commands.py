"""`./mulhaqa bench [NAME] [--json]`: measure one figure, a group or all of them, and tell whether the aims hold.

Exit status 0 if every aim holds, 1 if one does not, 2 if the command was typed wrongly.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NoReturn

from bench import (
    certificate_seal,
    edge_memory,
    http_guide,
    http_status,
    http_submission,
    log_append,
    machine,
    many,
    sync_figures,
)
from bench.figure import Effort, Figure, rounded
from bench.place import Place, place, warn
from launcher import options
from launcher.progress import Refusal

Measure = Callable[[Place, Effort], Figure]

FIGURES: Mapping[str, Measure] = {
    "log.append.32": log_append.append_32,
    "log.append.1": log_append.append_1,
    "log.append.32.slow": log_append.append_32_slow,
    "http.guide": http_guide.measure,
    "http.status": http_status.measure,
    "http.submission": http_submission.measure,
    "certificate.seal": certificate_seal.measure,
    "edge.memory": edge_memory.measure,
    "sync.records": sync_figures.records,
    "sync.folded": sync_figures.folded,
    "sync.bytes": sync_figures.wire,
    "sync.noop": sync_figures.noop,
    "sync.noop.turns": sync_figures.noop_turns,
    "sync.one": sync_figures.one_record,
    "sync.memory": many.memory,
    "store.start": many.start,
    "store.page": many.page,
}

ALONE = frozenset({"sync.memory"})
"""Figures that a group leaves out: years of records are written for them first."""

WHOLE = Effort(rounds=7, seconds=2.0)
"""An odd number, so that the median is a round that was; two seconds hold dozens of a checkpoint's pauses."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status."""
    chosen = options.bench().parse_args(arguments)
    names = _chosen(chosen.figure)
    effort = replace(WHOLE, many=chosen.records)
    if chosen.json:
        warn(machine.described())
    signal.signal(signal.SIGTERM, _leave)
    try:
        with place(warn, requests=chosen.requests) as here:
            found = [_measured(name, here, effort, as_json=chosen.json) for name in names]
    except Refusal as refusal:
        print(f"mulhaqa: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # what a shell expects of a command that was stopped
    if not chosen.json:
        print(f"{machine.described()}\n\n{table(found)}")
    return 0 if all(one.holds is not False for one in found) else 1


def _leave(_signal: int, _frame: object) -> NoReturn:
    """End as by Ctrl-C: the place stops its servers and takes its folder away."""
    raise KeyboardInterrupt


def _chosen(name: str | None) -> list[str]:
    """The figures that a word on the command line means: all, one, or a group without what takes its own time."""
    if name is None or name in FIGURES:
        return list(FIGURES) if name is None else [name]
    return [one for one in FIGURES if one.startswith(f"{name}.") and one not in ALONE]


def _measured(name: str, here: Place, effort: Effort, *, as_json: bool) -> Figure:
    warn(f"measuring {name}")
    found = FIGURES[name](here, effort)
    for note in found.notes:
        warn(f"{name}: {note}")
    if as_json:
        print(found.line(), flush=True)
    return found


def table(figures: Sequence[Figure]) -> str:
    """The figures as people read them."""
    head = ("figure", "value", "unit", "floor", "ratio", "least to most", "aim", "")
    rows = [head, *(_row(one) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(cells).rstrip() for cells in padded)


def _row(one: Figure) -> tuple[str, ...]:
    numbers = [f"{rounded(number):g}" for number in (one.median.value, one.median.floor, one.median.ratio)]
    least, most = (f"{rounded(ratio):g}" for ratio in one.spread)
    aim = "" if one.aim is None else one.aim.text(one.unit)
    word = {True: "holds", False: "MISSED", None: "watched"}[one.holds]
    return (one.name, numbers[0], one.unit, numbers[1], numbers[2], f"{least} to {most}", aim, word)
