"""The stick on the appliance's page: written and read by the running service, against a real prefecture."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from central.centre import Centre
from central.sticks import Sticks as CentreSticks
from disk.sticks import StickFolder
from edge.services.office import Office
from edge.services.sticks import StickDesk
from edge.store.tail import Owner
from edge.sync.plugged import Plugged
from edge.sync.source import Source
from edge.sync.sticks import Sticks
from protocol.records.keys import OpeningKey
from protocol.sync.carrying import Progress
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.web import staff
from tests.edge.web.staff import Desk
from tests.protocol.sync.support import seed

WRITER = "a" * 32
"""The seed of the key that signs the log of `open_office`."""


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Centre]:
    async with centre_in(tmp_path / "centre") as centre:
        yield centre


@pytest.fixture
async def desk(office: Office, tmp_path: Path) -> AsyncIterator[StickDesk]:
    """The office's way by stick; sticks appear in a folder."""
    (tmp_path / "media" / "PREFECTURE").mkdir(parents=True)
    trust = PREFECTURE.trust()
    for credential in reversed(PREFECTURE.identity("centre", "prefecture").chain):
        trust.add(credential)
    opening = OpeningKey(WRITER.encode())
    identity = PREFECTURE.identity("annexe", ANNEXE, WRITER)
    sticks = Sticks(
        Source(office.store, Owner(ANNEXE, identity.signing.public, 1), trust, opening, office.entropy),
        identity=identity,
        trust=trust,
        opening=opening,
        now=office.now,
        entropy=office.entropy,
    )
    office.sticks = StickDesk(sticks, Plugged(tmp_path / "media"), office.announcer, office.now)
    yield office.sticks
    await office.sticks.stop()


@pytest.fixture
async def admin(office: Office, desk: StickDesk) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "karim") as browser:
        yield browser


def path_to(page: str, what: str) -> str:
    found = re.search(rf'action="(/admin/sticks/[0-9a-f]{{16}}/{what})"', page)
    assert found, page
    return found[1]


def unseen(_progress: Progress) -> None:
    """Nobody watches."""


async def test_a_stick_is_written_carried_and_read_and_everything_is_confirmed(
    admin: Desk, desk: StickDesk, centre: Centre, tmp_path: Path
) -> None:
    stick = tmp_path / "media" / "PREFECTURE"
    page = await admin.read("/admin")
    assert "PREFECTURE" in page
    assert "un dossier qui joue le rôle de clé" in page
    await admin.send("/admin", path_to(page, "export"))
    await desk.done()
    page = await admin.read("/admin")
    assert "La clé est écrite." in page
    assert len(list(stick.iterdir())) == 1

    prefecture = CentreSticks(centre, OpeningKey(seed("prefecture/x")))
    await centre.publish_credentials(
        [PREFECTURE.root, PREFECTURE.issuer, PREFECTURE.credential("annexe", ANNEXE, WRITER)]
    )
    await prefecture.take(StickFolder(stick), unseen)
    await prefecture.export(ANNEXE, StickFolder(stick), unseen)

    await admin.send("/admin", path_to(page, "import"))
    await desk.done()
    page = await admin.read("/admin")
    assert "La clé est lue." in page
    assert re.search(r"Pas encore confirmé</dt><dd>0 enregistrement<", page)


async def test_no_path_of_a_stick_stands_on_the_page(admin: Desk, tmp_path: Path) -> None:
    assert str(tmp_path) not in await admin.read("/admin")


async def test_a_stick_that_was_pulled_is_said_so(admin: Desk, tmp_path: Path) -> None:
    page = await admin.read("/admin")
    to = path_to(page, "export")
    token = re.search(rf'action="{to}".*?</form>', page, re.DOTALL)
    assert token
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', token[0]))
    (tmp_path / "media" / "PREFECTURE").rmdir()
    answer = await admin.client.post(to, data=fields, allow_redirects=False)
    assert answer.status == 409
    assert "n’est plus branchée" in await answer.text()
    assert "Aucune clé n’est branchée." in await admin.read("/admin")


async def test_a_file_that_is_refused_is_named_with_its_reason(admin: Desk, desk: StickDesk, tmp_path: Path) -> None:
    (tmp_path / "media" / "PREFECTURE" / "holiday.mulhaqa").write_bytes(b"a photograph")
    page = await admin.read("/admin")
    await admin.send("/admin", path_to(page, "import"))
    await desk.done()
    page = await admin.read("/admin")
    assert "holiday.mulhaqa" in page
    assert "Ce fichier ne vient pas d’un export." in page


async def test_only_who_runs_the_appliance_uses_its_sticks(office: Office, desk: StickDesk) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "karim") as browser:
        to = path_to(await browser.read("/admin"), "export")
    async with staff.at_work(office) as stranger:
        answer = await stranger.client.post(to, allow_redirects=False)
        assert answer.status in (401, 403)
