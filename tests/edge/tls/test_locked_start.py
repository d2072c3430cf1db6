"""A start that finds the vault locked: the passphrase is typed over TLS with the last leaf, or at the appliance."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path

import pytest

from edge.appliance import ApplianceSettings, serving
from edge.custody.here import keeper_here
from edge.custody.keeper import Keeper
from edge.installation import Installation, install, open_installation
from edge.listening import Place
from edge.networks import EVERYWHERE
from edge.starting import Starting
from edge.tls.last_leaf import FILE
from edge.unlocking import unlocked_installation
from launcher.client import read_page
from protocol.records.strongbox import DEMO, Lock
from tests.edge.support import made_seed
from tests.edge.tls.support import HOST
from tests.edge.tls.test_https import free_port, now, trusted, visitor

PHRASE = "quatre pommes vertes sur le toit"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(tmp_path / "annexe", made_seed(tmp_path).read_bytes(), os.urandom)


def with_passphrase(installation: Installation) -> Keeper:
    """The passphrase beside the file, which goes when `lock` says."""
    keeper = keeper_here(installation.folder)
    keeper.add("passphrase", keeper.key(), Lock(PHRASE, DEMO))
    return keeper


def lock(keeper: Keeper) -> None:
    keeper.remove(next(slot for slot in keeper.slots() or () if slot.kind == "file"))


async def served_once(installation: Installation) -> None:
    settings = ApplianceSettings(port=free_port(), install_port=None, uplink=False)
    async with serving(installation, settings, now, os.urandom):
        pass


class Told(Starting):
    """Sets `is_locked` once the locked pages are served."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0, lambda _: None)
        self.is_locked = asyncio.Event()

    def locked(self) -> None:
        super().locked()
        self.is_locked.set()


async def test_the_passphrase_is_typed_over_tls_with_the_last_leaf(installation: Installation) -> None:
    keeper, port, told = with_passphrase(installation), free_port(), Told()
    await served_once(installation)
    lock(keeper)
    assert (installation.folder / FILE).stat().st_mode & 0o777 == 0o600
    place, context = Place(EVERYWHERE, port, False, None, ""), trusted(installation)
    start = asyncio.create_task(
        unlocked_installation(installation.folder, keeper, place=place, now=now, entropy=os.urandom, starting=told)
    )
    await told.is_locked.wait()
    async with visitor(context) as browser, browser.get(f"https://{HOST}:{port}/kiosk") as answer:
        assert answer.status == 503
    await type_it(context, port)
    async with asyncio.timeout(30):
        opened = await start
    assert opened is not None
    assert opened.seed == installation.seed


async def type_it(context: ssl.SSLContext, port: int) -> None:
    async with visitor(context) as browser:
        page = f"https://{HOST}:{port}/admin"
        async with browser.get(page) as answer:
            held = answer.headers["Set-Cookie"].split(";")[0]
            form = read_page("/admin", answer.status, "text/html", await answer.read()).form(has="passphrase")
        fields = {**form.fields, "passphrase": PHRASE}
        async with browser.post(
            page, data=fields, headers={"Cookie": held, "Origin": f"https://{HOST}:{port}"}
        ) as answer:
            assert answer.status == 200


async def test_without_a_leaf_the_passphrase_is_typed_at_the_appliance_itself(installation: Installation) -> None:
    keeper, port, told = with_passphrase(installation), free_port(), Told()
    lock(keeper)
    place = Place(EVERYWHERE, port, False, None, "")
    start = asyncio.create_task(
        unlocked_installation(installation.folder, keeper, place=place, now=now, entropy=os.urandom, starting=told)
    )
    await told.is_locked.wait()
    async with visitor(True) as browser, browser.get(f"http://localhost:{port}/health") as answer:
        assert await answer.json() == {"locked": True}
    start.cancel()
    await asyncio.gather(start, return_exceptions=True)


async def test_no_leaf_lies_on_a_card_that_no_passphrase_opens(installation: Installation) -> None:
    keeper = with_passphrase(installation)
    await served_once(installation)
    keeper.remove(next(slot for slot in keeper.slots() or () if slot.kind == "passphrase"))
    assert (installation.folder / FILE).exists()
    await served_once(open_installation(installation.folder))
    assert not (installation.folder / FILE).exists()
