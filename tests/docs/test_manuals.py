"""What the operators' manuals say to type can be typed, and what they say to press or read stands on a screen."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.commands import parser as central
from edge.commands import parser as edge
from provisioning.commands import parser as provisioning
from tests.screens.test_translations import translated

DOCS = Path(__file__).parents[2] / "docs"
MANUALS = ("autorite.md", "cles-usb.md", "coffre.md", "ecrans.md", "secours.md", "tablettes.md")
PROGRAMS = {"mulhaqa-edge": edge, "mulhaqa-central": central, "mulhaqa-provision": provisioning}
LEFT_OUT = "…"
"""A word that stands for the rest of a command, which is whole elsewhere."""


def text_of(manual: str) -> str:
    return (DOCS / manual).read_text("utf-8")


def commands_in(text: str) -> Iterator[list[str]]:
    """The words of every command, in blocks and in running text."""
    block_pattern = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
    blocks = "\n".join(block_pattern.findall(text)).replace("\\\n", " ")
    for line in [*blocks.splitlines(), *re.findall(r"`([^`\n]+)`", block_pattern.sub("", text))]:
        words = shlex.split(line)
        if words and words[0] in PROGRAMS and len(words) > 1:
            yield words


def subcommand(program: str, name: str) -> argparse.ArgumentParser:
    for action in PROGRAMS[program]()._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = action.choices[name]
            assert isinstance(found, argparse.ArgumentParser)
            return found
    raise AssertionError(program)


@pytest.mark.parametrize("manual", MANUALS)
def test_every_command_of_a_manual_can_be_typed(manual: str) -> None:
    commands = list(commands_in(text_of(manual)))
    assert len(commands) >= 5
    for program, *words in commands:
        if LEFT_OUT in words:
            known = subcommand(program, words[0])._option_string_actions
            assert [word for word in words if word.startswith("--") and word not in known] == []
        else:
            PROGRAMS[program]().parse_args(words)


def plain(text: str) -> str:
    """Text with one space for each run of them, whichever kind: French has several, and lines end anywhere."""
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("manual", MANUALS)
def test_every_quoted_word_of_a_manual_stands_on_a_screen(manual: str) -> None:
    on_screens = {plain(text) for texts in translated("fr").values() for text in texts}
    quoted = [plain(one) for one in re.findall(r"«([^»]*)»", text_of(manual))]
    assert quoted
    assert [one for one in quoted if one not in on_screens] == []


def test_a_newcomer_finds_every_manual() -> None:
    readme = (DOCS.parent / "README.md").read_text("utf-8")
    assert [one for one in MANUALS if f"(docs/{one})" not in readme] == []
