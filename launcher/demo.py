"""`./mulhaqa demo`: a prefecture and an annexe on this machine, to click through.

The data stays in `.mulhaqa/demo`: the next start finds everything as it was left. `--fresh` begins anew.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from launcher.environment import ROOT
from launcher.progress import Refusal, Speaker
from launcher.stage import ANNEXE, Ports, Stage, taken

FOLDER = ROOT / ".mulhaqa" / "demo"
HIGHEST = 65534  # the prefecture takes the port above the annexe's
LOWEST = 1024  # below are ports that only root may open

SCREENS = (
    ("Kiosk", "edge", "/kiosk"),
    ("Counter", "edge", "/counter"),
    ("Authority", "edge", "/authority"),
    ("Display", "edge", "/display"),
    ("Admin", "edge", "/admin"),
    ("Prefecture", "centre", "/"),
)


def parser() -> argparse.ArgumentParser:
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
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is stopped; returns the exit status."""
    chosen = parser().parse_args(arguments)
    speaker = Speaker()
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _stop)
    try:
        _run(Stage(chosen.data, Ports(chosen.port, chosen.port + 1), say=speaker.step), speaker, fresh=chosen.fresh)
    except Refusal as refusal:
        print(f"mulhaqa: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _run(stage: Stage, speaker: Speaker, *, fresh: bool) -> None:
    _check_ports(stage)
    if fresh or not stage.is_made():
        speaker.step(f"making a prefecture and the annexe {ANNEXE} in {stage.folder}")
        stage.make()
    else:
        speaker.step(f"finding the data of earlier starts in {stage.folder} (--fresh begins anew)")
    try:
        speaker.step("starting both")
        stage.start()
        speaker.say(announcement(stage))
        _watch(stage)
    except KeyboardInterrupt:
        speaker.say()
        speaker.step("stopping both")
    finally:
        stage.stop()
    speaker.step("stopped; your data is kept")


def _watch(stage: Stage) -> None:
    """Wait for Ctrl-C, or for one of them to end by itself."""
    while True:
        time.sleep(1)
        for process in (stage.edge, stage.centre):
            if not process.alive:
                raise Refusal(f"{process.name} ended by itself; the last that it said:\n{process.last_words()}")


def announcement(stage: Stage) -> str:
    """Where to click and how to sign in."""
    origins = {"edge": stage.edge_url, "centre": stage.centre_url}
    places = [f"  {name:12}{origins[side]}{path}" for name, side, path in SCREENS]
    agents = [f"  {person.role:12}{person.login:10}{person.password:22}({person.at})" for person in stage.agents]
    return "\n".join(
        ["", "Mulhaqa runs. Open:", *places, "", "Sign in (demo only):", *agents, "", "Ctrl-C stops both.", ""]
    )


def _check_ports(stage: Stage) -> None:
    for port in (stage.ports.edge, stage.ports.centre):
        if taken(port):
            raise Refusal(
                f"Port {port} is taken by another program. Stop it, or choose others: ./mulhaqa demo --port 9000"
            )


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not LOWEST <= port <= HIGHEST:
        raise argparse.ArgumentTypeError(f"{text} is no port: choose one from {LOWEST} to {HIGHEST}")
    return port


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
