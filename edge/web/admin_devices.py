"""The simulated devices on the appliance's page: what they printed, and the hands that a demonstration lacks.

Only a simulated twin can be pressed, unplugged or emptied here; a real device has hands around it, and its address here
answers 404. A simulated ticket shows what the paper would: it is behind the page's sign-in, and kept in memory alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from devices.a4_printer import SimulatedA4Printer
from devices.call_button import SimulatedButton
from devices.lamp import SimulatedLamp
from devices.modem import SimulatedModem
from edge.services.office import Office
from edge.web import signed_in
from edge.web.duties import RUNS_IT
from protocol.errors import N_, PersonError
from screens.forms import read_form

if TYPE_CHECKING:
    from devices.simulated_receipt_printer import PrintedTicket, SimulatedReceiptPrinter

NO_SUCH = N_("There is no such simulated device here.")

HAND_LABELS: Mapping[str, str] = {
    "unplug": N_("Unplug it"),
    "plug": N_("Plug it in"),
    "empty": N_("Take its paper away"),
    "fill": N_("Give it paper"),
    "press": N_("Press it"),
}

Hands = Mapping[str, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """A simulated device with what can be done to it now; `lit` None for all but lamps, `printed` None for all but
    printers: how many papers it keeps."""

    device: str
    hands: Sequence[str]
    lit: bool | None = None
    printed: int | None = None


@dataclass(frozen=True, slots=True)
class TicketPicture:
    """A ticket of the simulated receipt printer, by its number among those that are kept."""

    number: int
    at_ms: int


def routes(_office: Office) -> list[web.RouteDef]:
    """A simulated device's hands, and the picture of a ticket."""
    return [
        web.post("/admin/devices/{device}/{hand}", use),
        web.get("/admin/devices/receipt-printer/tickets/{number}.png", ticket),
    ]


def simulated(office: Office) -> list[SimulatedDevice]:
    """Return the simulated devices of this appliance."""
    found = []
    for device, hands in _hands(office).items():
        found.append(SimulatedDevice(device, list(hands), _lit(office, device), _printed(office, device)))
    return found


def tickets(office: Office) -> list[TicketPicture]:
    """Return the tickets that the simulated receipt printer keeps, the newest first."""
    return [TicketPicture(number, one.at) for number, one in enumerate(_tickets(office))][::-1]


@RUNS_IT
async def use(request: web.Request) -> web.StreamResponse:
    """Do to a simulated device what a hand would."""
    await read_form(request)
    office = signed_in.office_of(request)
    act = _hands(office).get(request.match_info["device"], {}).get(request.match_info["hand"])
    if act is None:
        raise PersonError(NO_SUCH, status=404)
    act()
    for each in office.devices.all():
        await each.check()
    office.announcer.publish(["devices"])
    raise web.HTTPSeeOther("/admin")


@RUNS_IT
async def ticket(request: web.Request) -> web.StreamResponse:
    """The picture of one ticket."""
    number, kept = request.match_info["number"], _tickets(signed_in.office_of(request))
    if not (number.isascii() and number.isdigit() and len(number) < 4 and int(number) < len(kept)):
        raise PersonError(NO_SUCH, status=404)
    return web.Response(body=kept[int(number)].ticket.png(), content_type="image/png")


def _hands(office: Office) -> dict[str, Hands]:
    """What can be done to each simulated device at this moment."""
    found: dict[str, Hands] = {}
    modem, a4_printer, button = office.modem, office.devices.a4_printer, office.devices.button
    if isinstance(modem, SimulatedModem):
        found["modem"] = _cable(modem)
    receipts = _receipt_printer(office)
    if receipts is not None:
        found["receipt-printer"] = {**_cable(receipts), **_paper(receipts.roll)}
    if isinstance(a4_printer, SimulatedA4Printer):
        found["a4-printer"] = {**_cable(a4_printer), **_paper(a4_printer)}
    if any(isinstance(lamp, SimulatedLamp) for lamp in office.devices.lamps):
        found["lamp"] = {}
    if isinstance(button, SimulatedButton):
        found["call-button"] = {"press": button.press}
    return found


class Plugged(Protocol):
    """A twin with a cable."""

    unplugged: bool


class Fed(Protocol):
    """A twin with paper."""

    out_of_paper: bool


def _cable(device: Plugged) -> Hands:
    def turn() -> None:
        device.unplugged = not device.unplugged

    return {"plug" if device.unplugged else "unplug": turn}


def _paper(device: Fed) -> Hands:
    def turn() -> None:
        device.out_of_paper = not device.out_of_paper

    return {"fill" if device.out_of_paper else "empty": turn}


def _receipt_printer(office: Office) -> SimulatedReceiptPrinter | None:
    printer = office.devices.receipt_printer
    if printer is None or not printer.health().simulated:
        return None
    # Here, not above: Pillow's 10 MB are for who has this printer, who has imported it by now.
    from devices.simulated_receipt_printer import SimulatedReceiptPrinter  # noqa: PLC0415 - memory

    return printer if isinstance(printer, SimulatedReceiptPrinter) else None


def _tickets(office: Office) -> Sequence[PrintedTicket]:
    printer = _receipt_printer(office)
    return printer.tickets if printer else ()


def _lit(office: Office, device: str) -> bool | None:
    return any(lamp.lit for lamp in office.devices.lamps) if device == "lamp" else None


def _printed(office: Office, device: str) -> int | None:
    a4_printer = office.devices.a4_printer
    if device == "receipt-printer":
        return len(_tickets(office))
    if device == "a4-printer" and isinstance(a4_printer, SimulatedA4Printer):
        return len(a4_printer.documents)
    return None
