"""What a device says of itself, for the admin page and the health gate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Condition(Enum):
    """How a device is, in words that an administrator acts on."""

    WORKING = "working"
    DEGRADED = "degraded"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Health:
    """One device's state: its stable `device` name, whether it is a simulated twin, and why when it does not work.

    `why` is a short technical phrase without any personal data, "" when the device works.
    """

    device: str
    condition: Condition
    simulated: bool
    why: str = ""
