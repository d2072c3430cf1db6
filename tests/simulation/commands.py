"""`./mulhaqa simulate [--runs N] [--seed S] [--resume FILE] [--json]`: play many seeds, and tell what did not hold.

`--story NAME` plays one of `tests.simulation.stories` instead, with the one seed, and tells its steps.

Exit status 0 if every run held, 1 if one did not, 2 if the command was typed wrongly. In a full run
(`aims.FULL_RUN`) each pair of a fault and the state that it struck in must have been played often enough too, and none
that cannot be.

Each run is played in a process of its own (`loop.UNENDED` says why), copied from one that has loaded the code, as many
at once as there are processors. Text is hashed alike in all of them: the order of a set is a part of what a seed
decides.

Runs that were kept count only for the code that they were played with (`state_of_code`).
"""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launcher import options
from tests.simulation.aims import FULL_RUN, PAIRS, seldom, unforeseen
from tests.simulation.state_of_code import state_of_code

if TYPE_CHECKING:
    from tests.simulation.world import Report

BATCH = 40
"""Runs that one process is copied for: to load the code costs about two runs."""

WARMING = 0
"""The seed of the run that is thrown away, in which much happens."""

Result = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Play; returns the exit status."""
    chosen = options.simulate().parse_args(arguments)
    if chosen.batch:
        _play_batch(chosen.seed, chosen.runs)
    if chosen.story:
        _play_story(chosen.story, chosen.seed, as_json=chosen.json)
    code = _code() if chosen.resume else ""
    held = _held(chosen.resume, code)
    wanted = [seed for seed in range(chosen.seed, chosen.seed + chosen.runs) if seed not in held]
    for done, results in enumerate(_batches(wanted, chosen.jobs), 1):
        held |= {result["seed"]: result for result in results}
        _keep(chosen.resume, [result | {"code": code} for result in results])
        _say(f"{min(done * BATCH, len(wanted))} of {len(wanted)} runs, {len(_failed(held))} did not hold")
    summary = _summary(list(held.values()))
    print(json.dumps(summary) if chosen.json else _text(summary))
    return 1 if summary["failed"] or (summary["runs"] >= FULL_RUN and _gaps(summary)) else 0


def _batches(seeds: Sequence[int], jobs: int) -> Iterator[list[Result]]:
    chunks = [seeds[start : start + BATCH] for start in range(0, len(seeds), BATCH)]
    with ThreadPoolExecutor(max_workers=jobs) as threads:
        yield from threads.map(_in_a_process, chunks)


def _in_a_process(seeds: Sequence[int]) -> list[Result]:
    """Seeds of one batch follow each other, but for those that were played before."""
    results = []
    for first, count in _stretches(seeds):
        done = _batch(first, count)
        played = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        results += played
        if len(played) < count:
            words = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            results.append(_broken(first + len(played), f"the process ended with {done.returncode}: {words[0]}"))
    return results


def _code() -> str:
    """The state of the code that a batch plays: none at all says it."""
    return _batch(0, 0).stdout.strip()


def _batch(first: int, count: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", "--batch", "--seed", str(first), "--runs", str(count)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
    )


def _stretches(seeds: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = previous = None
    for seed in [*seeds, None]:
        if first is not None and previous is not None and seed != previous + 1:
            yield first, previous - first + 1
            first = seed
        first = seed if first is None else first
        previous = seed


def _play_batch(first: int, count: int) -> None:
    """Play here, a line of JSON a run; each in a copy of this process, which ends without unwinding what lost its
    power. Nothing is collected: a run is over before its garbage is in the way. One run is played and thrown away
    before the copies are made: what Python and SQLAlchemy work out but once is then there for all of them."""
    from tests.simulation.world import play  # noqa: PLC0415 - the command that starts the processes needs none of it

    logging.disable(logging.CRITICAL)  # what the machines log of their troubles is thousands of lines a run
    gc.disable()
    play(WARMING)
    gc.freeze()
    if not count:
        print(state_of_code(), flush=True)
    for seed in range(first, first + count):
        copy = os.fork()
        if copy == 0:
            _tell(play(seed))
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
        if ended:  # the traceback is on stderr
            print(json.dumps(_broken(seed, f"its process ended with {ended}")), flush=True)
    os._exit(0)


def _tell(report: Report) -> None:
    faults = {f"{fault}/{state}": times for (fault, state), times in report.faults.items()}
    line = {"seed": report.seed, "broken": report.broken, "faults": faults, "confirmed": report.confirmed}
    print(json.dumps(line), flush=True)


def _play_story(name: str, seed: int, *, as_json: bool) -> None:
    """Play here and print; the process ends as that of a batch does."""
    from tests.simulation.stories import tell  # noqa: PLC0415 - as above

    logging.disable(logging.CRITICAL)
    told = tell(name, seed)
    if as_json:
        print(json.dumps({"story": name, "seed": seed, "steps": told.steps, "broken": told.broken}))
    else:
        print("\n".join([f"{name} (seed {seed})", *(f"  {step}" for step in told.steps)]))
        print("\n".join(f"does not hold: {sentence}" for sentence in told.broken) or "everything held")
    sys.stdout.flush()
    os._exit(1 if told.broken else 0)


def _broken(seed: int, why: str) -> Result:
    return {"seed": seed, "broken": [why], "faults": {}, "confirmed": 0}


def _held(resume: Path | None, code: str) -> dict[int, Result]:
    if resume is None or not resume.exists():
        return {}
    played = [json.loads(line) for line in resume.read_text().splitlines()]
    return {one["seed"]: one for one in played if not one["broken"] and one.get("code") == code}


def _keep(resume: Path | None, results: Sequence[Result]) -> None:
    if resume is not None:
        with resume.open("a") as file:
            file.writelines(json.dumps(result) + "\n" for result in results)


def _failed(played: dict[int, Result]) -> list[Result]:
    return [result for result in played.values() if result["broken"]]


def _summary(results: Sequence[Result]) -> dict[str, Any]:
    faults: dict[str, Counter[str]] = {}
    for result in results:
        for name, times in result["faults"].items():
            fault, state = name.split("/")
            faults.setdefault(fault, Counter())[state] += times
    return {
        "runs": len(results),
        "failed": [{"seed": one["seed"], "broken": one["broken"]} for one in results if one["broken"]],
        "confirmed": sum(one["confirmed"] for one in results),
        "faults": {fault: dict(sorted(states.items())) for fault, states in sorted(faults.items())},
        "pairs": {"of": len(PAIRS), "seldom": seldom(faults, len(results)), "unforeseen": unforeseen(faults)},
    }


def _gaps(summary: dict[str, Any]) -> list[str]:
    """What is wrong with the pairs, in sentences."""
    pairs = summary["pairs"]
    seldom_played = [f"{pair} was played {times} times" for pair, times in pairs["seldom"].items()]
    return seldom_played + [f"{pair} was played, and should not be possible" for pair in pairs["unforeseen"]]


def _text(summary: dict[str, Any]) -> str:
    lines = [f"{summary['runs']} runs, {summary['confirmed']} things confirmed to people"]
    lines += [
        f"  {fault:36} {'  '.join(f'{s} {n}' for s, n in states.items())}"
        for fault, states in summary["faults"].items()
    ]
    for failed in summary["failed"]:
        lines += [f"seed {failed['seed']}:", *(f"  {sentence}" for sentence in failed["broken"][:10])]
    gaps, pairs = _gaps(summary), summary["pairs"]
    if summary["runs"] >= FULL_RUN:
        lines += gaps
    enough = pairs["of"] - len(pairs["seldom"])
    lines.append(f"{enough} of {pairs['of']} pairs of a fault and a state were played as often as they must be")
    lines.append("every run held" if not summary["failed"] else f"{len(summary['failed'])} runs did not hold")
    return "\n".join(lines)


def _say(line: str) -> None:
    print(f"simulate: {line}", file=sys.stderr, flush=True)
