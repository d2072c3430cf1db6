"""The appliance as a whole: it serves, works by itself, says what stands in its way, and stops in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from central.commands import main as central
from devices.call_button import SimulatedButton
from devices.health import Condition
from edge.appliance import ApplianceSettings, run, serving
from edge.equipment import ALL_SIMULATED
from edge.installation import Installation, install, open_installation
from edge.networks import EVERYWHERE
from edge.services import staff
from edge.services.calls import BUTTON
from edge.starting import Starting, service_manager
from protocol.errors import OperatorError
from tests.edge.support import made_seed
from tests.lan import lan

SALMA = staff.StaffForm(
    login="salma",
    name_fr="Salma Bennani",
    name_ar="سلمى بناني",
    role="clerk",
    password="une phrase courte",
    language="fr",
)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(tmp_path / "annexe", made_seed(tmp_path).read_bytes(), os.urandom)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def port() -> int:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        number: int = other.getsockname()[1]
    return number


def now() -> int:
    return time.time_ns() // 1_000_000


def unheard() -> Starting:
    """A start that nobody waits for."""
    return Starting(time.monotonic, service_manager(None))


async def health(port: int) -> dict[str, object]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/health") as answer:
        state: dict[str, object] = await answer.json()
    return state


async def test_it_serves_and_a_second_start_finds_everything_again(installation: Installation, port: int) -> None:
    settings = ApplianceSettings(plain=True, port=port, uplink=False)
    for _ in range(2):
        async with serving(installation, settings, now, os.urandom) as office:
            assert office.annexe.origin == f"http://localhost:{port}"
            assert (await health(port))["log"] is True
            assert office.uplink() is None
        with pytest.raises(aiohttp.ClientConnectionError):
            await health(port)


async def test_papers_name_the_address_that_it_was_started_with(installation: Installation, port: int) -> None:
    settings = ApplianceSettings(plain=True, port=port, uplink=False, verify_url="http://localhost:9001/verify")
    async with serving(installation, settings, now, os.urandom) as office:
        assert office.annexe.verify_url == "http://localhost:9001/verify"


async def test_without_the_prefecture_it_works_and_says_so(installation: Installation, port: int) -> None:
    async with serving(installation, ApplianceSettings(plain=True, port=port), now, os.urandom) as office:
        assert (await health(port))["annexe"] == "berkane-05"
        state = office.uplink()
        assert state is not None
        assert not state.connected


async def test_a_port_that_is_taken_is_said_so_and_nothing_stays_behind(
    installation: Installation, taken: int, port: int
) -> None:
    with pytest.raises(OperatorError, match=f"Port {taken}"):
        await run(installation, ApplianceSettings(plain=True, port=taken, uplink=False), now, os.urandom, unheard())
    async with serving(installation, ApplianceSettings(plain=True, port=port, uplink=False), now, os.urandom):
        assert await health(port)


async def test_a_folder_is_served_by_one_appliance(installation: Installation, port: int) -> None:
    settings = ApplianceSettings(plain=True, port=port, uplink=False)
    async with serving(installation, settings, now, os.urandom):
        again = open_installation(installation.folder)
        with pytest.raises(OperatorError):
            async with serving(again, settings, now, os.urandom):
                pass
        assert await health(port)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_in_order_when_told(installation: Installation, port: int, how: signal.Signals) -> None:
    running = asyncio.create_task(
        run(installation, ApplianceSettings(plain=True, port=port, uplink=False), now, os.urandom, unheard())
    )
    await answered(port)
    os.kill(os.getpid(), how)
    await asyncio.wait_for(running, 10)
    async with serving(installation, ApplianceSettings(plain=True, port=port, uplink=False), now, os.urandom):
        assert await health(port)


async def answered(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await health(port)
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_on_its_network_the_annexe_is_found_and_its_page_opens_from_there(installation: Installation) -> None:
    async with lan("annexe", "visitor") as (annexe, visitor):
        visitor.start_avahi()
        with annexe.inside():
            settings = ApplianceSettings(host=EVERYWHERE, port=8443, install_port=80, uplink=False)
            async with serving(installation, settings, now, os.urandom) as office:
                with office.announcer.subscribe(["devices"]) as heard:
                    while (health := office.announced()) is None or health.condition is not Condition.WORKING:
                        await heard.next()
                found = await asyncio.to_thread(visitor.run, "avahi-browse", "-rpt", "_mulhaqa._tcp")
                assert f";berkane-05.local;{annexe.address};8443;" in found.stdout
                certificate = office.certificate()
                assert certificate is not None
                assert f'"sha256={certificate.fingerprint}"' in found.stdout
                page = await asyncio.to_thread(visitor.run, sys.executable, "-c", FETCH, annexe.address)
                assert page.stdout.strip() == "200", page.stderr


FETCH = """if True:
    import ssl, sys, urllib.request as u
    root = u.urlopen(f'http://{sys.argv[1]}/install/mulhaqa.crt').read().decode()
    context = ssl.create_default_context(cadata=root)
    print(u.urlopen(f'https://{sys.argv[1]}:8443/health', context=context).status)
"""
"""A visitor who installs the root from the page, and then opens the screens by the bare address."""


@pytest.mark.parametrize(
    ("settings", "announced"),
    [
        (ApplianceSettings(), False),
        (ApplianceSettings(host="localhost"), False),
        (ApplianceSettings(host=EVERYWHERE), True),
        (ApplianceSettings(host="192.168.1.5"), True),
        (ApplianceSettings(host=EVERYWHERE, announce=False), False),
        (ApplianceSettings(announce_on=("lo",)), True),
    ],
)
def test_only_what_others_can_reach_is_announced(settings: ApplianceSettings, announced: bool) -> None:
    assert settings.announced is announced


async def test_a_press_of_the_call_button_rings_at_the_counter(installation: Installation, port: int) -> None:
    settings = ApplianceSettings(plain=True, port=port, uplink=False, devices=ALL_SIMULATED)
    async with serving(installation, settings, now, os.urandom) as office:
        assert isinstance(office.devices.button, SimulatedButton)
        office.devices.button.press()
        assert [call.page for call in office.calls.waiting(office.now())] == [BUTTON]
        assert [lamp.lit for lamp in office.devices.lamps] == [True]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        (ApplianceSettings(plain=True), "http://localhost:8080"),
        (ApplianceSettings(port=443), "https://berkane-05.annexe.internal"),
        (ApplianceSettings(port=8443), "https://berkane-05.annexe.internal:8443"),
        (ApplianceSettings(origin="https://berkane-05.local/"), "https://berkane-05.local"),
    ],
)
def test_the_screens_have_one_address(settings: ApplianceSettings, shown: str) -> None:
    assert settings.place.origin_for("berkane-05") == shown


async def test_the_running_appliance_carries_by_stick_and_shows_what_was_confirmed(
    installation: Installation, port: int, tmp_path: Path
) -> None:
    stick, prefecture = tmp_path / "media" / "STICK", str(tmp_path / "prefecture")
    stick.mkdir(parents=True)

    async def typed(*words: object) -> None:
        assert await asyncio.to_thread(central, [*map(str, words), "--data", prefecture]) == 0

    await typed("install", tmp_path / "centre.seed")
    await typed("annexe", "admit", tmp_path / "berkane-05.credential")
    settings = ApplianceSettings(plain=True, port=port, sticks=tmp_path / "media")
    async with serving(installation, settings, now, os.urandom) as office:
        desk = office.sticks
        assert desk is not None
        await staff.add(office, office.command(), SALMA)
        place = (await desk.state()).sticks[0]
        assert (place.label, (await desk.state()).left) == ("STICK", 2)
        await desk.export(place.id)
        await desk.done()
        await typed("import", stick)
        await typed("export", "berkane-05", stick)
        with office.announcer.subscribe(["sync"]) as heard:
            await desk.take(place.id)
            async with asyncio.timeout(20):
                while (state := office.uplink()) is None or state.behind or state.confirmed_ms is None:
                    await heard.next()
        await desk.done()
        assert not state.connected
        assert desk.whole_ms.keys() == {"export", "import"}
