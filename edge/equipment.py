"""Which devices an annexe has: read from its settings, opened, and closed again.

    [receipt-printer]                 [a4-printer]                        [counter]
    kind = "network"                  kind = "ipp"                        kind = "gpio"
    host = "192.168.1.50"             uri = "ipp://192.168.1.51/ipp/print"  pins = "lgpio"
                                                                          lamps = [17, 27]
                                                                          button = 22

`docs/devices.md` has every setting. A part that is missing is a device that the annexe does not have. A device that is
named and cannot be opened says so on the administration page; only settings that nobody can read stop the start.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec

from devices.a4_printer import A4Printer, IppPrinter, SimulatedA4Printer
from devices.call_button import CallButton, GpioButton, SimulatedButton
from devices.lamp import GpioLamp, Lamp, SimulatedLamp
from devices.pins import Pins
from devices.printer_ports import RAW_PORT, file_port, network_port
from devices.receipt_printer import EscposPrinter, ReceiptPrinter
from edge.services.devices import Devices
from protocol.errors import OperatorError

SETTINGS = "devices.toml"
"""The settings' file in the annexe's data folder."""

SIMULATED = "simulated"
"""What to ask for instead of a file to have every device simulated."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", rename="kebab"):
    """A part of the settings; `kind` tells which."""


class NetworkReceiptPrinter(Part, frozen=True, tag="network"):
    """An ESC/POS printer on the LAN; `answers` false for one that tells nothing of its paper."""

    host: str
    port: int = RAW_PORT
    answers: bool = True


class FileReceiptPrinter(Part, frozen=True, tag="file"):
    """An ESC/POS printer at a device file, as /dev/usb/lp0."""

    path: str
    answers: bool = True


class SimulatedReceiptPrinterPart(Part, frozen=True, tag="simulated"):
    """A receipt printer without paper."""


class IppA4Printer(Part, frozen=True, tag="ipp"):
    """A printer on the LAN that speaks IPP."""

    uri: str


class SimulatedA4PrinterPart(Part, frozen=True, tag="simulated"):
    """An A4 printer without paper."""


class GpioCounter(Part, frozen=True, tag="gpio"):
    """Lamps and the call button at pins (BCM numbers); `active_high` false where 0 volts light a lamp.

    `pins` names the library that reaches them; `mock` are pins that lead nowhere, for tests.
    """

    pins: Literal["lgpio", "rpigpio", "pigpio", "native", "mock"]
    lamps: list[int] = []
    button: int | None = None
    active_high: bool = True


class SimulatedCounter(Part, frozen=True, tag="simulated"):
    """A lamp and a call button on the administration page."""


class DeviceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """The whole file."""

    receipt_printer: NetworkReceiptPrinter | FileReceiptPrinter | SimulatedReceiptPrinterPart | None = None
    a4_printer: IppA4Printer | SimulatedA4PrinterPart | None = None
    counter: GpioCounter | SimulatedCounter | None = None


ALL_SIMULATED = DeviceSettings(
    receipt_printer=SimulatedReceiptPrinterPart(), a4_printer=SimulatedA4PrinterPart(), counter=SimulatedCounter()
)


def read_settings(asked: str, folder: Path) -> DeviceSettings:
    """Return the settings that were asked for: "simulated", a file, or by "" the one in the data folder, if any.

    OperatorError when the file cannot be read, with what is wrong in it.
    """
    if asked == SIMULATED:
        return ALL_SIMULATED
    path = Path(asked) if asked else folder / SETTINGS
    if not asked and not path.exists():
        return DeviceSettings()
    try:
        return msgspec.toml.decode(path.read_bytes(), type=DeviceSettings)
    except OSError as error:
        raise OperatorError(f"The devices' settings {path} cannot be read: {error.strerror}.") from error
    except msgspec.DecodeError as error:
        raise OperatorError(
            f"The devices' settings {path} are wrong: {error}. docs/devices.md has all of them."
        ) from error


@asynccontextmanager
async def equipped(settings: DeviceSettings, now: Callable[[], int]) -> AsyncIterator[Devices]:
    """Open the devices for as long as the context lasts; `now` in milliseconds since the epoch."""
    async with AsyncExitStack() as stack:
        lamps, button = _counter(settings.counter, stack)
        devices = Devices(
            receipt_printer=_receipt_printer(settings.receipt_printer, now),
            a4_printer=_a4_printer(settings.a4_printer, now),
            lamps=lamps,
            button=button,
        )
        for each in devices.all():
            stack.push_async_callback(each.close)
        yield devices


def _receipt_printer(
    part: NetworkReceiptPrinter | FileReceiptPrinter | SimulatedReceiptPrinterPart | None, now: Callable[[], int]
) -> ReceiptPrinter | None:
    match part:
        case NetworkReceiptPrinter():
            return EscposPrinter(network_port(part.host, part.port), _encoded, answers=part.answers)
        case FileReceiptPrinter():
            return EscposPrinter(file_port(Path(part.path)), _encoded, answers=part.answers)
        case SimulatedReceiptPrinterPart():
            # Here, not above: Pillow's 10 MB are for who has this printer.
            from devices.simulated_receipt_printer import SimulatedReceiptPrinter  # noqa: PLC0415 - memory

            return SimulatedReceiptPrinter(now, _encoded)
    return None


def _encoded(picture: bytes) -> bytes:
    """Import the encoder when the first ticket is printed, in that ticket's thread: its module says why."""
    from devices.escpos_encoding import escpos_of  # noqa: PLC0415 - memory

    return escpos_of(picture)


def _a4_printer(part: IppA4Printer | SimulatedA4PrinterPart | None, now: Callable[[], int]) -> A4Printer | None:
    match part:
        case IppA4Printer():
            return IppPrinter(part.uri)
        case SimulatedA4PrinterPart():
            return SimulatedA4Printer(now)
    return None


def _counter(
    part: GpioCounter | SimulatedCounter | None, stack: AsyncExitStack
) -> tuple[list[Lamp], CallButton | None]:
    match part:
        case GpioCounter():
            pins = Pins(part.pins)
            stack.callback(pins.close)
            lamps: list[Lamp] = [GpioLamp(pin, pins, active_high=part.active_high) for pin in part.lamps]
            button = None if part.button is None else GpioButton(part.button, pins, time.monotonic)
            return lamps, button
        case SimulatedCounter():
            return [SimulatedLamp()], SimulatedButton()
    return [], None
