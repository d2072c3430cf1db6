"""A browser that was given the prefecture's root, as the page for it says, and an appliance that serves by HTTPS."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Error, expect

from launcher.processes import Process
from launcher.stage import ANNEXE, Stage, free_ports
from protocol.office.lan import hosts_of
from tests.edge.support import made_seed
from tests.journeys.conftest import CHROMIUM, FLAGS
from tests.journeys.screen import Screen, Screens

LANGUAGES = ("ar", "fr")
PAGES = {"ar": "/install", "fr": "/install/fr"}
HOST = hosts_of(ANNEXE)[0]


class OfThePage(Process):
    """An appliance that is awaited at the page for tablets: its screens answer nobody who lacks the root."""

    def healthy(self) -> bool:
        try:
            with urlopen(self._health, timeout=5) as answer:  # noqa: S310 - our own server's address
                return bool(answer.status == 200)
        except OSError:
            return False


class BehindTls(Stage):
    """An appliance alone, by HTTPS; the second port has the page for tablets."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, free_ports(), say=lambda _words: None)
        self.install_url = f"http://127.0.0.1:{self.ports.centre}"
        self.edge = OfThePage(
            ANNEXE, ["-m", "edge", "run", "--data", self._in(ANNEXE), "--port", str(self.ports.edge),
             "--install-port", str(self.ports.centre), "--no-uplink", "--devices", "simulated"],
            f"{self.install_url}/install", self.folder / "edge.log",
        )  # fmt: skip

    @property
    def edge_url(self) -> str:
        return f"https://{HOST}:{self.ports.edge}"

    def make(self) -> None:
        """Provision and install it; the root's certificate is left as a browser's person would have it."""
        seed = made_seed(self.folder)
        self.command("edge", "install", "--data", self._in(ANNEXE), str(seed))
        self._add(self.person("admin"))


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehindTls]:
    stage = BehindTls(tmp_path_factory.mktemp("https"))
    stage.make()
    try:
        stage.edge.start()
        yield stage
    finally:
        stage.edge.stop()


@pytest.fixture(scope="module")
def trusting(chromium: Browser, secure: BehindTls) -> Iterator[Browser]:
    """A Chromium whose owner installed the root, on a network whose name server knows the annexe."""
    home = secure.folder / "home"
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    root = secure.folder / "authority" / "lan-root.der"
    for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "Mulhaqa", "-i", str(root)]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *words], check=True, capture_output=True)
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM,
        args=[*FLAGS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"],
        env={**os.environ, "HOME": str(home)},
    )
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture
def screens(trusting: Browser, secure: BehindTls) -> Iterator[Screens]:
    opened = Screens.with_pictures(trusting, secure)
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_device_is_prepared_and_opens_the_screens_without_a_warning(
    screens: Screens, secure: BehindTls, language: str
) -> None:
    desk = screens.desk(language)
    desk.page.goto(secure.install_url + PAGES[language])
    desk.look("install")
    assert desk.context.cookies(secure.install_url) == []
    desk.press("Open the annexe's screens")
    desk.arrive("/pair")
    desk.page.goto(secure.invite()["kiosk"])
    desk.arrive("/kiosk")
    answer = desk.open("/kiosk")
    details = answer.security_details()
    assert details is not None
    assert (details["protocol"], details["subjectName"]) == ("TLS 1.3", HOST)
    assert desk.page.evaluate("() => isSecureContext && 'serviceWorker' in navigator")
    held = [cookie for cookie in desk.context.cookies() if cookie["name"] in {"mulhaqa", "screen-kiosk"}]
    assert {cookie["name"] for cookie in held} == {"mulhaqa", "screen-kiosk"}
    assert all(cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Strict" for cookie in held)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_administrator_sees_the_certificate(screens: Screens, secure: BehindTls, language: str) -> None:
    desk: Screen = screens.desk(language)
    desk.page.goto(secure.invite()["admin"])
    desk.page.wait_for_url("**/admin/sign-in?next=/admin")
    desk.sign_in(screens.agent("admin"), "admin")
    card = desk.page.locator("#certificate")
    expect(card).to_contain_text(HOST)
    card.scroll_into_view_if_needed()
    desk.look("admin-certificate")


def test_a_browser_that_was_not_given_the_root_opens_nothing(chromium: Browser, secure: BehindTls) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        answer = page.request.get(f"{secure.install_url}/install/mulhaqa.crt")
        assert answer.text().startswith("-----BEGIN CERTIFICATE-----")
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"https://127.0.0.1:{secure.ports.edge}/kiosk")
