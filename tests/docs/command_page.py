"""Draw docs/commands.md from the command lines themselves: `python -m tests.docs.command_page`.

`tests/docs/test_reference.py` compares, so that no command and no option goes undocumented.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from central.commands import parser as central
from edge.commands import parser as edge
from launcher import options
from launcher.commands import parser as launcher
from provisioning.commands import parser as provisioning

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

HEAD = """# Commands

Drawn from the command lines by `python -m tests.docs.command_page`; a test compares. Each command says the same itself
with `--help`. `./mulhaqa` is typed in the clone; the other three are in the environment that it makes (`.venv/bin/`).

Exit codes: 0 done and sound, 1 something must be mended and a sentence says what, 2 the command was typed wrongly.

| variable | what it does |
| --- | --- |
| `MULHAQA_ENVIRONMENT` | names another folder for the Python environment than `.venv` in the clone |
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(line for whole in _command_lines() for line in _section(whole, level=2))


def _command_lines() -> Iterator[argparse.ArgumentParser]:
    whole = launcher()
    for name, command in _commands(whole).items():
        inside = options.OF.get(name)
        yield command if inside is None else inside()
    yield from (edge(), central(), provisioning())


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _section(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    yield f"\n{'#' * level} `{parser.prog}`\n\n{_sentence(parser.description)}\n"
    rows = [_row(action) for action in parser._actions if not _is_left_out(action)]
    if rows:
        yield "\n| option | |\n| --- | --- |\n" + "".join(rows)
    for command in _commands(parser).values():
        yield from _section(command, level + 1)


_SAID_ELSEWHERE = (argparse._HelpAction, argparse._VersionAction, argparse._SubParsersAction)


def _is_left_out(action: argparse.Action) -> bool:
    """Whether it is said elsewhere, or `--help` does not show it either."""
    return isinstance(action, _SAID_ELSEWHERE) or action.help == argparse.SUPPRESS


def _row(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {action.metavar or '|'.join(_choices(action)) or action.dest.upper()}"
    name = action.option_strings[-1] + value if action.option_strings else str(action.metavar or action.dest)
    needed = "; needed" if action.required and action.option_strings else ""
    return f"| `{name.replace('|', chr(92) + '|')}` | {_sentence(action.help)}{needed} |\n"


def _choices(action: argparse.Action) -> list[str]:
    return [str(choice) for choice in action.choices or ()]


def _sentence(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace("%(default)s", "")).strip()


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
