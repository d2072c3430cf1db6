"""The options of the commands that run inside the environment.

They stand apart so that `./mulhaqa demo --help` and a mistyped option are answered at once, by any python3, before
anything is set up.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from launcher.environment import ROOT
from launcher.people import TYPED

PICTURES = ROOT / "docs" / "pictures"
FOLDER = ROOT / ".mulhaqa" / "demo"
STORIES = (
    "cloned-card", "cloned-card-at-once", "restored-annexe", "lost-question", "lost-question-of-prefecture",
    "restored-annexe-offline", "restored-prefecture", "restored-prefecture-unmarked", "both-restored",
    "copied-while-running", "replaced-appliance",
    "promoted-standby", "promoted-standby-apart", "lost-appliance",
)  # fmt: skip
HIGHEST = 65534  # the prefecture takes the port above the annexe's
FIGURES = (
    "log.append.32", "log.append.1", "log.append.32.slow", "http.guide", "http.status", "http.submission",
    "certificate.seal", "edge.memory", "sync.records", "sync.folded", "sync.bytes", "sync.noop", "sync.noop.turns",
    "sync.one", "sync.memory", "store.start", "store.page",
)  # fmt: skip
GROUPS = tuple(dict.fromkeys(name.partition(".")[0] for name in FIGURES))
MANY = 100_000  # records of an old office, where nobody asks for more
LOWEST = 1024  # below are ports that only root may open


def demo() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa demo`."""
    command = argparse.ArgumentParser(
        prog="mulhaqa demo",
        description="Starts one prefecture and one annexe on this machine, with simulated devices, and prints where "
        "to click. Ctrl-C stops both. The data is kept for the next start.",
    )
    command.add_argument("--fresh", action="store_true", help="forget the data of earlier starts and begin anew")
    command.add_argument(
        "--port", type=_port, default=8080, metavar="N", help="the annexe serves on N, the prefecture on N+1 (8080)"
    )
    command.add_argument("--data", type=Path, default=FOLDER, metavar="DIR", help="where the data is kept")
    command.add_argument(
        "--no-link", action="store_true", help="no line between the two: a folder that plays a USB stick is the one way"
    )
    return command


def selftest() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa selftest`."""
    command = argparse.ArgumentParser(
        prog="mulhaqa selftest",
        description="Starts an annexe and a prefecture of its own on free ports and plays a whole procedure over HTTP: "
        "accounts, requests, enquiry, decisions, certificates, SMS, arrival at the prefecture. Exits 0 only if each "
        "step held.",
    )
    command.add_argument("--people", type=Path, metavar="FILE", help=f"who comes: JSON, a list of {', '.join(TYPED)}")
    command.add_argument("--keep", type=Path, metavar="DIR", help="leave data, logs and papers in this new folder")
    command.add_argument("--json", action="store_true", help="end with one line of JSON")
    command.add_argument("--link-down", action="store_true", help="keep the prefecture away until the end")
    command.add_argument("--crash", type=int, metavar="SEED", help="kill the annexe at a seeded instant, and go on")
    return command


def pictures() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa pictures`."""
    command = argparse.ArgumentParser(
        prog="mulhaqa pictures",
        description="Walks the browser journeys with made-up people and keeps a picture of every screen on the way, in "
        "Arabic and French. The folder's old pictures go once the walk has succeeded.",
    )
    command.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="where they are kept")
    return command


def bench() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa bench`."""
    command = argparse.ArgumentParser(
        prog="mulhaqa bench",
        description="Measures what the project claims, each figure beside a floor measured in the same run: "
        f"{', '.join(FIGURES)}. Alone it measures all, in a quarter of an hour, and prints a table. Exits 0 only if "
        "each aim holds.",
    )
    command.add_argument(
        "figure", nargs="?", choices=(*FIGURES, *GROUPS), metavar="NAME",
        help=f"one figure instead of all, or a group of them: {', '.join(GROUPS)} (sync leaves sync.memory out)",
    )  # fmt: skip
    command.add_argument(
        "--requests", type=Path, metavar="FILE",
        help="what sync.* submits: one JSON document a line, each one request (default: made-up ones)",
    )  # fmt: skip
    command.add_argument(
        "--records", type=_records, default=MANY, metavar="N",
        help=f"records of an old office, for sync.memory and store.* (default: {MANY}; 1000000 takes half an hour)",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print a line of JSON a figure instead of the table")
    return command


def simulate() -> argparse.ArgumentParser:
    """The command line of `./mulhaqa simulate`."""
    command = argparse.ArgumentParser(
        prog="mulhaqa simulate",
        description="Plays annexes and their prefecture in one process a seed, the real code on simulated disks, "
        "lines and time: power cuts at any step, lines that drop, double, reorder and break, disks that fill and fail, "
        "clocks that jump, cards that are cloned or restored, other releases. At the end everything that was confirmed "
        "to a person must be everywhere, once. The same seed plays the same run. Exits 0 only if every run held, and "
        "in a full run of 20,000 each fault struck often enough in each state.",
    )
    command.add_argument("--runs", type=int, default=200, metavar="N", help="how many seeds to play (default: 200)")
    command.add_argument("--seed", type=int, default=1, metavar="S", help="the first of them (default: 1)")
    command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="processes at once")
    command.add_argument(
        "--resume", type=Path, metavar="FILE", help="keep what was played there, and play only what is missing"
    )
    command.add_argument("--json", action="store_true", help="print one line of JSON instead of the summary")
    command.add_argument(
        "--story", choices=STORIES, metavar="NAME", help=f"play one story and print its steps: {', '.join(STORIES)}"
    )
    command.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    return command


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not LOWEST <= port <= HIGHEST:
        raise argparse.ArgumentTypeError(f"{text} is no port: choose one from {LOWEST} to {HIGHEST}")
    return port


def _records(text: str) -> int:
    """A number of records: fewer than these are no office of any age."""
    if not text.isdecimal() or int(text) < 1000:
        raise argparse.ArgumentTypeError(f"{text} is no number of records from 1000 on")
    return int(text)


OF = {"bench": bench, "demo": demo, "pictures": pictures, "selftest": selftest, "simulate": simulate}
