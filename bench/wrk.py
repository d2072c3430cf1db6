"""The load: wrk, one thread with some connections, driven by a script of ours, its own processor time counted too.

A client in Python would hide what is measured: it is slower than the server.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from bench.figure import Aim, Effort, Figure, Round, figure, rounded
from bench.machine import cpu_of, cpu_of_children
from bench.place import Place, url
from launcher.processes import Process
from launcher.progress import Refusal

SCRIPTS = Path(__file__).parent / "lua"
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run: `rate` per second; how much of a processor the server and wrk took (1.0 is one)."""

    rate: float
    server_cpu: float
    load_cpu: float


def run(server: Process, script: str, lines: Sequence[str], folder: Path, seconds: float, path: str = "/") -> Load:
    """Load a server for `seconds` (wrk takes whole ones) with `script` and its lines.

    Raises Refusal when anything was refused or broke off: then the rate would be that of an error page.
    """
    data = folder / f"{script}.tsv"
    data.write_text("".join(f"{line}\n" for line in lines))
    whole = str(math.ceil(seconds))
    command = [
        _program(), "--threads", "1", "--connections", str(CONNECTIONS), "--duration", whole, "--timeout", "20",
        "--script", str(SCRIPTS / f"{script}.lua"), url(server.port, path), "--", str(data),
    ]  # fmt: skip
    pid = server.group or 0
    began, server_cpu, load_cpu = time.perf_counter(), cpu_of(pid), cpu_of_children()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took = time.perf_counter() - began
    found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
    if not found.get("count") or found["refused"] or found["broken"]:
        raise Refusal(f"{server.name} did not stand its load: {found or done.stderr}\n{server.last_words()}")
    return Load(
        found["count"] / found["seconds"], (cpu_of(pid) - server_cpu) / took, (cpu_of_children() - load_cpu) / took
    )


def against_hello(name: str, unit: str, place: Place, effort: Effort, pages: Sequence[str], aim: Aim) -> Figure:
    """Measure pages of the annexe (lines of `pages.lua`) against the bare hello-world, in turns."""
    annexe, hello, folder = place.annexe(), place.hello(), place.folder
    rounds, loads, floors = [], [], []
    run(annexe, "pages", pages, folder, 1)  # the first requests parse templates
    for _ in range(effort.rounds):
        floors.append(run(hello, "pages", ["/\t"], folder, effort.seconds))
        loads.append(run(annexe, "pages", pages, folder, effort.seconds))
        rounds.append(Round(loads[-1].rate, floors[-1].rate))
    return figure(name, unit, rounds, aim, [shares(loads, floors)])


def shares(loads: Sequence[Load], floors: Sequence[Load]) -> str:
    """Say how busy both sides were: a load that takes a whole processor measures itself, a server that was given a part
    of one measures its neighbours. So the ratio per second of the server's processor is told besides."""
    server, load = (mean(getattr(one, side) for one in loads) for side in ("server_cpu", "load_cpu"))
    ratio = median(one.rate / one.server_cpu for one in loads) / median(one.rate / one.server_cpu for one in floors)
    return (
        f"the server took {server:.2f} of a CPU, the load {load:.2f} of the other; per second of the server's own CPU "
        f"the ratio is {rounded(ratio):g}"
    )


def _program() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise Refusal("wrk is missing: apt-get install wrk")
    return found
