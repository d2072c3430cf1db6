"""A lamp: on or off, by a GPIO pin, and its simulated twin.

Rules: `light` never raises, and what it was last told holds: a lamp that comes back after a failure shows it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from gpiozero import LED  # type: ignore[import-untyped]  # the package ships no types

from devices.health import Condition, Device, Health
from devices.pins import PIN_FAULTS, Pins
from devices.simulated_wire import SimulatedWire

DEVICE = "lamp"


class Lamp(Device, Protocol):
    """Shows one thing to whoever looks up; see the rules at the head of this module."""

    @property
    def lit(self) -> bool:
        """Whether it was last told to be on."""
        ...

    def light(self, on: bool) -> None:
        """Switch it on or off."""
        ...


class GpioLamp:
    """A lamp (or the relay before it) at a pin, by its BCM number; `active_high` False where 0 volts light it."""

    def __init__(self, pin: int, pins: Pins, *, active_high: bool = True) -> None:
        self._pin = pin
        self._pins = pins
        self._active_high = active_high
        self._led: LED | None = None
        self._lit = False
        self._why = ""
        self._show()

    @property
    def lit(self) -> bool:
        """Whether it was last told to be on."""
        return self._lit

    def light(self, on: bool) -> None:
        """Switch it on or off, or note it for when the pin works again."""
        self._lit = on
        self._show()

    def health(self) -> Health:
        """Say whether the pin could be set."""
        condition = Condition.ABSENT if self._why else Condition.WORKING
        return Health(DEVICE, condition, self._pins.simulated, self._why, unit=f"GPIO {self._pin}")

    async def check(self) -> Health:
        """Set the pin again: a lamp cannot be asked whether it shines."""
        self._show()
        return self.health()

    async def close(self) -> None:
        """Switch it off and give the pin back."""
        led, self._led = self._led, None
        if led is not None:
            with suppress(*PIN_FAULTS):  # the pin is lost already: there is nothing to switch off
                led.off()
            led.close()

    def _show(self) -> None:
        try:
            if self._led is None:
                factory = self._pins.factory()
                self._led = LED(self._pin, active_high=self._active_high, pin_factory=factory)
            self._led.value = self._lit
            self._why = ""
        except PIN_FAULTS as error:
            self._led = None
            self._why = str(error)


class SimulatedLamp(SimulatedWire):
    """A lamp on the administration page."""

    def __init__(self) -> None:
        super().__init__(DEVICE)
        self._lit = False

    @property
    def lit(self) -> bool:
        """Whether it was last told to be on."""
        return self._lit

    def light(self, on: bool) -> None:
        """Switch it on or off."""
        self._lit = on

    async def close(self) -> None:
        """Switch it off."""
        self._lit = False
