"""What every journey stands on: one prefecture and one annexe, started once in each process that runs journeys, and one
Chromium in front of them.

The journeys begin last: Playwright keeps an event loop running once it was started, and tests of ours that want a loop
of their own must be over by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from launcher.progress import Speaker
from launcher.stage import AGENTS, Person, Stage, free_ports
from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screens

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--font-render-hinting=none",  # pictures look the same on every machine
)
UNDO_SECONDS = "4"  # long enough to see and touch the button on a busy machine, short enough to wait for its end
LINK = Path(__file__).with_name("link.toml")
MORE_AGENTS = (
    Person("annexe", "malika", "supervisor", "Malika Bennani", "مليكة بناني", "surveillance-berkane-5"),
    Person("annexe", "driss", "authority", "Driss Alaoui", "إدريس العلوي", "suppleance-berkane-5"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the journeys at the end, and among them the annexe's first morning before its other days."""
    items.sort(key=lambda item: ("journeys" in item.path.parts, item.path.name != "test_a_new_annexe.py"))


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A prefecture and an annexe, as `./mulhaqa demo` makes them."""
    made = Stage(
        tmp_path_factory.mktemp("journeys") / "stage",
        free_ports(),
        say=Speaker().step,
        settings=("--undo-seconds", UNDO_SECONDS, "--link", str(LINK)),
        agents=(*AGENTS, *MORE_AGENTS),
    )
    made.make()
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, once for all journeys."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def screens(stage: Stage, chromium: Browser) -> Iterator[Screens]:
    """Opens screens of the annexe and of the prefecture, each a browser of its own; closes what a test left open."""
    opened = Screens.with_pictures(chromium, stage)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="session")
def backstage(stage: Stage) -> Backstage:
    """What happened before a journey begins: people, requests and decisions, made over HTTP."""
    return Backstage(stage)
