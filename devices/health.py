"""What a device says of itself, for the admin page and the health gate, and the shape that all devices share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Condition(Enum):
    """How a device is, in words that an administrator acts on."""

    WORKING = "working"
    DEGRADED = "degraded"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Health:
    """One device's state: its stable `device` name, whether it is a simulated twin, and why when it does not work.

    `why` is a short technical phrase without any personal data, "" when the device works. `unit` tells several of a
    kind apart ("GPIO 17"), "" where there is one.
    """

    device: str
    condition: Condition
    simulated: bool
    why: str = ""
    unit: str = ""


class Device(Protocol):
    """What the appliance does with every device, whatever it is for. None of these ever raises for a device's fault."""

    def health(self) -> Health:
        """Say how the device was when it was last used or checked, without touching it."""
        ...

    async def check(self) -> Health:
        """Look at the device now, opening it again where it had failed."""
        ...

    async def close(self) -> None:
        """Let go of the device."""
        ...
