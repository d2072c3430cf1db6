"""What can be typed, set or scraped is documented, and what is documented can be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from central.web.metrics import METRICS as OF_CENTRAL
from edge.web.metrics import METRICS as OF_EDGE
from screens.metrics import Metric
from tests.docs import command_page, session_page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    assert command_page.PAGE.read_text("utf-8") == command_page.page(), "run: python -m tests.docs.command_page"


def test_every_command_and_option_says_what_it_does() -> None:
    page = command_page.page()
    sections = re.split(r"^#{2,4} ", page, flags=re.MULTILINE)[1:]
    assert len(sections) > 20
    assert [one.splitlines()[0] for one in sections if not one.split("\n\n")[1].strip()] == []
    assert re.findall(r"^\| `([^`]+)` \| (?:; needed)? *\|$", page, re.MULTILINE) == []


@pytest.mark.parametrize(("side", "metrics"), [("annexe", OF_EDGE), ("prefecture", OF_CENTRAL)])
def test_every_figure_is_on_the_page_of_figures(side: str, metrics: tuple[Metric, ...]) -> None:
    section = (DOCS / "metrics.md").read_text("utf-8").split(f"## The {side}\n")[1].split("\n## ")[0]
    written = re.findall(r"^\| `(\w+)` \| ([^|]*?) \| ([^|]*?) \|$", section, re.MULTILINE)
    assert written == [(one.name, ", ".join(one.labels) or "–", one.about) for one in metrics]


def test_the_drawing_of_a_conversation_is_that_of_its_table() -> None:
    assert session_page.PAGE.read_text("utf-8") == session_page.page(), "run: python -m tests.docs.session_page"
