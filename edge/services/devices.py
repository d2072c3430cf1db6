"""The devices of an annexe, and the round that asks each how it is.

None of them is needed for the office to work: one that is not set up is None or missing from its list, one that fails
says so in its health, and what it would have done is done by hand.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devices.a4_printer import A4Printer
from devices.call_button import CallButton
from devices.health import Device, Health
from devices.lamp import Lamp
from devices.printing import PrintReport
from devices.receipt_printer import ReceiptPrinter
from edge.services import calls

if TYPE_CHECKING:
    from edge.services.office import Office

BETWEEN_MS = 30_000
"""Between two rounds: an empty tray is on the page before the second person asks, and a sleeping printer may sleep."""


@dataclass(slots=True)
class Devices:
    """What hangs on this appliance, besides its modem."""

    receipt_printer: ReceiptPrinter | None = None
    a4_printer: A4Printer | None = None
    lamps: Sequence[Lamp] = ()
    button: CallButton | None = None
    papers: OrderedDict[bytes, asyncio.Task[PrintReport]] = field(default_factory=OrderedDict)
    """What was sent to a printer lately, by its command id (`edge.services.printing`)."""
    looked_ms: int | None = None
    """When the last round was."""

    def all(self) -> list[Device]:
        """Every device that is set up."""
        found = (self.receipt_printer, self.a4_printer, *self.lamps, self.button)
        return [each for each in found if each is not None]

    def health(self) -> list[Health]:
        """How each was when it was last used or checked."""
        return [each.health() for each in self.all()]


async def go_round(office: Office) -> int:
    """Bring the lamps up to date and, when it is time, ask every device how it is; returns how many were asked."""
    calls.show_lamps(office)
    devices, now = office.devices, office.now()
    if devices.looked_ms is not None and abs(now - devices.looked_ms) < BETWEEN_MS:  # a clock may be set back
        return 0
    devices.looked_ms = now
    before = devices.health()
    await asyncio.gather(*(each.check() for each in devices.all()))
    if devices.health() != before:
        office.announcer.publish(["devices"])
    return len(before)
