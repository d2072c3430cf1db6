"""Each story of `tests.simulation.stories`, played to its end in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from launcher.options import STORIES as OFFERED
from tests.simulation.stories import STORIES


def told(name: str, seed: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--json", "--story", name, "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd(), "PYTHONHASHSEED": "0"},
    )
    assert done.stdout, done.stderr
    story: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if story["broken"] else 0)
    return story


@pytest.mark.parametrize("name", STORIES)
def test_a_story_ends_with_nothing_lost_nothing_double_and_every_branch_reported(name: str) -> None:
    story = told(name, 1)
    assert story["broken"] == []
    assert sum("holds:" in step for step in story["steps"]) >= 2


def test_a_story_is_told_the_same_again() -> None:
    assert told("cloned-card", 7) == told("cloned-card", 7)


def test_the_command_offers_every_story() -> None:
    assert set(OFFERED) == set(STORIES)
