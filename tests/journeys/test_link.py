"""The way to the prefecture on a bad day, as who looks after the appliance sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from edge.sync.sentences import PORTAL
from launcher.stage import Stage
from tests.journeys.screen import Screens

LANGUAGES = ("ar", "fr")


class SignInFirst(BaseHTTPRequestHandler):
    """Sends everybody to the network's sign-in page."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/sign-in")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing on the tests' output."""


@contextmanager
def a_portal_in_its_place(stage: Stage) -> Iterator[None]:
    """The prefecture is away, and the network answers for it; at the end it is back."""
    stage.centre.stop()
    server = ThreadingHTTPServer(("127.0.0.1", stage.ports.centre), SignInFirst)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        stage.centre.start()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_in_page_of_the_network_is_told_and_passed(screens: Screens, stage: Stage, language: str) -> None:
    desk = screens.desk(language)
    desk.sign_in(screens.agent("admin"), "admin")
    link = desk.page.locator("#link")
    expect(link.locator("tbody tr").first).to_be_visible()
    expect(link).to_contain_text("512 KiB/s")
    desk.look("admin-link")
    with a_portal_in_its_place(stage):
        expect(desk.page.locator("#sync")).to_contain_text(desk.tongue.gettext("not connected"))  # drawn anew by now
        desk.press("Dial now")
        expect(desk.page.locator("#sync")).to_contain_text(desk.tongue.gettext(PORTAL))
        desk.look("admin-portal")
    desk.press("Dial now")
    desk.shows("connected")
