"""A second appliance on the administrator's page and in the figures, and the screens of one that does not write."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.services import staff as services
from edge.services.office import Office
from edge.services.staff import StaffForm
from edge.store.post import NotTheWriter, Post
from edge.store.transaction import Transaction
from edge.sync.link import HEADER
from edge.sync.mirror import Mirror
from protocol.records.encoding import Value
from tests.edge.sync.machines import STANDBY, Keys, Way, detached, follower_of, following, in_step, mirror_of, store_of
from tests.edge.web import staff
from tests.edge.web.staff import Desk
from tests.edge.web.test_metrics import figures

WRITER = Keys("a" * 32, 1)
"""Whose log `open_office` keeps."""


@pytest.fixture
async def mirror(office: Office) -> AsyncIterator[Mirror]:
    office.mirror = mirror_of(office.store, WRITER)
    yield office.mirror
    await office.mirror.close()


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


async def add_agent(office: Office) -> None:
    form = StaffForm("latifa", "Latifa Alaoui", "لطيفة العلوي", "clerk", staff.PASSWORD, "fr")
    await services.add(office, office.command(), form)


async def have_post(office: Office, post: Post) -> None:
    async def work(transaction: Transaction) -> Value:
        transaction.take_post(post)
        return None

    await office.store.perform(work)


async def test_an_annexe_with_one_appliance_is_told_nothing_of_a_second(admin: Desk, mirror: Mirror) -> None:
    assert 'id="mirror"' not in await admin.read("/admin")
    shown = await figures(admin)
    assert shown['mulhaqa_edge_post{post="annexe"}'] == 1
    assert "mulhaqa_edge_mirror_lag_records" not in shown


async def test_who_follows_and_what_a_failure_would_lose_are_shown(
    admin: Desk, office: Office, mirror: Mirror, tmp_path: Path
) -> None:
    async with store_of(tmp_path / "standby", STANDBY, post=Post.STANDBY) as standby:
        async with following(follower_of(standby, Way(mirror))):
            await in_step(mirror)
            page = await admin.read("/admin")
            assert "un appareil de secours suit" in page
            assert "il détient tout" in page
            assert (await figures(admin))["mulhaqa_edge_mirror_in_step"] == 1
        await detached(mirror)
    await add_agent(office)
    page = await admin.read("/admin")
    assert "aucun appareil de secours n’est connecté" in page
    assert "1 enregistrement (" in page
    shown = await figures(admin)
    assert shown["mulhaqa_edge_mirror_attached"] == 0
    assert shown["mulhaqa_edge_mirror_lag_records"] == 1
    assert shown["mulhaqa_edge_mirror_lag_bytes"] > 100
    assert shown["mulhaqa_edge_mirror_lag_timestamp_seconds"] > 1_000_000_000


@pytest.mark.parametrize(
    ("post", "kiosk", "page"),
    [
        (Post.STANDBY, "réserve de l’annexe", "mulhaqa-edge promote"),
        (Post.REPLACED, "Un autre appareil sert désormais", "a été promu et écrit à sa place"),
    ],
)
async def test_an_appliance_that_does_not_write_serves_its_administrator_alone(
    admin: Desk, office: Office, mirror: Mirror, post: Post, kiosk: str, page: str
) -> None:
    await have_post(office, post)
    for path in ("/kiosk", "/counter", "/authority", "/display"):
        assert kiosk in await admin.read(path, 503)
    assert page in await admin.read("/admin")
    health = await admin.client.get("/health")
    assert (await health.json())["post"] == post.value
    with pytest.raises(NotTheWriter):
        await add_agent(office)


@pytest.mark.parametrize("hello", ["", "no base64 at all", base64.urlsafe_b64encode(b"no hello").decode()])
async def test_without_a_standbys_hello_nobody_hears_anything(admin: Desk, mirror: Mirror, hello: str) -> None:
    answer = await admin.client.get("/mirror", headers={HEADER: hello} if hello else {})
    assert answer.status == 401
    assert "signed hello" in await answer.text() or "canonical" in await answer.text()


async def test_nobody_follows_a_standby(admin: Desk, office: Office, mirror: Mirror) -> None:
    await have_post(office, Post.STANDBY)
    answer = await admin.client.get("/mirror")
    assert answer.status == 401
    assert "standby itself" in await answer.text()
