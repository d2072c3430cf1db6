"""Devices on the appliance's page: how each is, in words; and the hands of the simulated ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from devices.a4_printer import IppPrinter
from devices.health import Condition, Health
from devices.lamp import GpioLamp
from devices.pins import Pins
from devices.printing import PrintOutcome
from edge.equipment import ALL_SIMULATED, equipped
from edge.services import calls
from edge.services.announced import TAKEN
from edge.services.devices import BETWEEN_MS, Devices, go_round
from edge.services.office import Office
from tests.devices.bench import picture
from tests.edge.web import staff
from tests.edge.web.staff import Desk
from tests.edge.web.support import Clock


@pytest.fixture
async def devices(office: Office, clock: Clock) -> AsyncIterator[Devices]:
    async with equipped(ALL_SIMULATED, clock) as made:
        office.devices = made
        assert made.button is not None
        made.button.watch(lambda: calls.pressed(office))
        yield made


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


async def do(admin: Desk, device: str, hand: str) -> str:
    await admin.send("/admin", f"/admin/devices/{device}/{hand}")
    return await admin.read("/admin")


async def test_every_simulated_device_is_shown_and_works(admin: Desk, office: Office, devices: Devices) -> None:
    await go_round(office)
    page = await admin.read("/admin")
    for name in ("Modem SMS", "Imprimante de récépissés", "Imprimante A4", "Lampe du guichet", "Bouton d’appel"):
        assert page.count(name) == 2, name  # how it is, and what can be done to it
    assert "pas encore vérifié" not in page
    assert page.count("simulé") >= 5


@pytest.mark.parametrize("printer", ["receipt-printer", "a4-printer"])
async def test_paper_and_plug_of_a_simulated_printer(admin: Desk, devices: Devices, printer: str) -> None:
    assert "plus de papier" in await do(admin, printer, "empty")
    assert "plus de papier" not in await do(admin, printer, "fill")
    assert "ne répond pas" in await do(admin, printer, "unplug")
    assert "ne répond pas" not in await do(admin, printer, "plug")


async def test_a_call_lights_the_lamp_until_somebody_goes(admin: Desk, office: Office, devices: Devices) -> None:
    assert "éteinte" in await admin.read("/admin")
    assert "allumée" in await do(admin, "call-button", "press")
    (call,) = office.calls.waiting(office.now())
    assert call.page == calls.BUTTON
    async with staff.at_work(office, "salma") as counter:
        assert "bouton d’appel" in await counter.read("/counter")
        await counter.send("/counter", f"/counter/calls/{call.number}")
    assert "éteinte" in await admin.read("/admin")


async def test_pressing_again_and_again_is_one_call(office: Office, devices: Devices) -> None:
    for _ in range(5):
        calls.pressed(office)
    (call,) = office.calls.waiting(office.now())
    calls.answer(office, call.number)
    calls.pressed(office)
    assert len(office.calls.waiting(office.now())) == 1


async def test_a_call_that_is_forgotten_darkens_the_lamp_at_the_next_round(
    office: Office, devices: Devices, clock: Clock
) -> None:
    calls.ring(office, "The guide", "ar")
    assert [lamp.lit for lamp in devices.lamps] == [True]
    clock.ms += calls.FORGOTTEN_MS
    await go_round(office)
    assert [lamp.lit for lamp in devices.lamps] == [False]


async def test_a_printed_ticket_can_be_looked_at(admin: Desk, devices: Devices) -> None:
    assert devices.receipt_printer is not None
    assert (await devices.receipt_printer.print(picture())).outcome is PrintOutcome.PRINTED
    assert "1 papier imprimé" in await admin.read("/admin")
    answer = await admin.client.get("/admin/devices/receipt-printer/tickets/0.png")
    with Image.open(BytesIO(await answer.read())) as shown:
        assert shown.width == 576
    for number in ("1", "-1", "x", "9999999999"):
        assert (await admin.client.get(f"/admin/devices/receipt-printer/tickets/{number}.png")).status == 404


async def test_a_real_device_is_shown_with_its_fault_and_has_no_hands_here(
    admin: Desk, office: Office, clock: Clock, unused_tcp_port: int
) -> None:
    office.devices = Devices(
        a4_printer=IppPrinter(f"ipp://127.0.0.1:{unused_tcp_port}/ipp/print"),
        lamps=[GpioLamp(17, Pins("pigpio"))],
    )
    await go_round(office)
    page = await admin.read("/admin")
    assert "ne répond pas" in page
    assert "GPIO 17" in page
    assert "pigpio" in page
    assert "/admin/devices/a4-printer" not in page
    token = await admin.send("/admin", "/admin/devices/modem/unplug")
    assert token.status == 303
    hidden = {"csrf": await csrf_of(admin)}
    assert (await admin.client.post("/admin/devices/a4-printer/unplug", data=hidden)).status == 404


async def csrf_of(desk: Desk) -> str:
    return (await desk.read("/admin")).split('name="csrf" value="')[1].split('"')[0]


async def test_the_round_asks_now_and_then_and_says_what_changed(
    office: Office, devices: Devices, clock: Clock
) -> None:
    with office.announcer.subscribe(["devices"]) as heard:
        assert await go_round(office) == 4
        assert await heard.next() == "devices"
    assert await go_round(office) == 0
    clock.ms -= BETWEEN_MS  # a clock that was set back asks no later for it
    assert await go_round(office) == 4


async def test_a_name_that_another_machine_has_is_shown(admin: Desk, office: Office) -> None:
    office.announced = lambda: Health("discovery", Condition.DEGRADED, simulated=False, why=TAKEN)
    page = await admin.read("/admin")
    assert "Visibilité sur le réseau" in page
    assert "une carte copiée" in page


async def test_a_clerk_has_no_hands_here(office: Office, devices: Devices) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        for path in ("/admin/devices/receipt-printer/tickets/0.png",):
            assert (await desk.client.get(path, allow_redirects=False)).status == 303
