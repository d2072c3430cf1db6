"""`./mulhaqa demo`: a prefecture and an annexe on this machine, to click through.

The data stays in `.mulhaqa/demo`: the next start finds everything as it was left. `--fresh` begins anew.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher import options
from launcher.progress import Refusal, Speaker
from launcher.stage import ANNEXE, Ports, Stage, taken
from launcher.stopping import stop_once

DAY = 24 * 60
"""Minutes for which the printed addresses pair a browser: the longest that the command gives."""

PAIRS = (
    "  Each of the annexe's addresses pairs one browser as that screen, once within a day, and opens it ever after;",
    "  one browser may be all five. Another browser: make another on the Admin page, under Screens, or start anew.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo until it is stopped; returns the exit status."""
    chosen = options.demo().parse_args(arguments)
    speaker = Speaker()
    stop_once()
    try:
        _run(_stage(chosen, speaker), speaker, fresh=chosen.fresh)
    except Refusal as refusal:
        print(f"mulhaqa: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        speaker.say()
        speaker.step("stopped before it ran; the next start begins again")
    return 0


def _stage(chosen: argparse.Namespace, speaker: Speaker) -> Stage:
    settings = ["--no-uplink"] if chosen.no_link else []
    return Stage(chosen.data, Ports(chosen.port, chosen.port + 1), say=speaker.step, settings=settings)


def _run(stage: Stage, speaker: Speaker, *, fresh: bool) -> None:
    _check_ports(stage)
    with stage.ground.held():
        _show(stage, speaker, fresh=fresh)


def _show(stage: Stage, speaker: Speaker, *, fresh: bool) -> None:
    if fresh or not stage.ground.is_made():
        speaker.step(f"making a prefecture and the annexe {ANNEXE} in {stage.folder}")
        stage.make()
    else:
        speaker.step(f"finding the data of earlier starts in {stage.folder} (--fresh begins anew)")
    try:
        speaker.step("starting both")
        stage.start(pair=False)
        speaker.say(announcement(stage, stage.invite(DAY)))
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


def announcement(stage: Stage, invited: Mapping[str, str]) -> str:
    """Where to click and how to sign in; `invited`: the address that pairs a screen, by its kind."""
    places = [f"  {kind.capitalize():12}{address}" for kind, address in invited.items()]
    places += [f"  {'Prefecture':12}{stage.centre_url}/", *PAIRS]
    agents = [f"  {person.role:12}{person.login:10}{person.password:22}({person.at})" for person in stage.agents]
    blocks = (["Mulhaqa runs. Open:", *places], ["Sign in (demo only):", *agents], _by_stick(stage))
    return "\n".join([*(line for block in blocks for line in ("", *block)), "", "Ctrl-C stops both.", ""])


def _by_stick(stage: Stage) -> list[str]:
    """What is done with the folder that plays a stick: at the annexe by buttons, at the prefecture by commands."""
    central = str(Path(sys.executable).with_name("mulhaqa-central"))
    data = ["--data", str(stage.centre_data)]
    given = [[central, "import", *data, str(stage.stick)], [central, "export", *data, ANNEXE, str(stage.stick)]]
    return [
        f"A folder plays a USB stick: {stage.stick}",
        "  write it on the annexe's Admin page, then carry it to the prefecture and take its answer:",
        *(f"    {shlex.join(words)}" for words in given),
        "  then read it on the Admin page. With --no-link it is the only way between the two.",
    ]


def _check_ports(stage: Stage) -> None:
    for port in (stage.ports.edge, stage.ports.centre):
        if taken(port):
            raise Refusal(
                f"Port {port} is taken by another program or another demo. "
                "Stop it, or choose others: ./mulhaqa demo --port 9000"
            )


if __name__ == "__main__":
    sys.exit(main())
