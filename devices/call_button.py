"""A button that calls somebody, at a GPIO pin, and its simulated twin.

Rules:

- gpiozero calls from a thread of its own; `pressed` is called in the event loop that `watch` was called in, never from
  that thread, and never again once the button is closed.
- A contact bounces: what comes within `BOUNCE_S` of the last change belongs to the same press. A button that is held
  down, or jammed, is one press.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from gpiozero import Button  # type: ignore[import-untyped]  # the package ships no types

from devices.health import Condition, Device, Health
from devices.pins import PIN_FAULTS, Pins
from devices.simulated_wire import SimulatedWire

DEVICE = "call-button"

BOUNCE_S = 0.05
"""Contacts of push buttons settle in 5 to 20 ms; nobody presses twice in 50."""

Pressed = Callable[[], None]


class CallButton(Device, Protocol):
    """Tells when somebody presses it; see the rules at the head of this module."""

    def watch(self, pressed: Pressed) -> None:
        """Call `pressed` at each press from now on, in this event loop."""
        ...


class Debounce:
    """Tells presses from a contact's bouncing; instants in seconds of one monotonic clock."""

    def __init__(self, settle_s: float = BOUNCE_S) -> None:
        self._settle_s = settle_s
        self._last = float("-inf")

    def change(self, at: float, *, down: bool) -> bool:
        """Note that the contact closed or opened; True when that is a new press."""
        settled = at - self._last >= self._settle_s
        self._last = at
        return down and settled


class GpioButton:
    """A button between a pin (its BCM number) and ground; `clock` is monotonic, in seconds."""

    def __init__(self, pin: int, pins: Pins, clock: Callable[[], float]) -> None:
        self._pin = pin
        self._pins = pins
        self._clock = clock
        self._debounce = Debounce()
        self._button: Button | None = None
        self._watching: tuple[asyncio.AbstractEventLoop, Pressed] | None = None
        self._why = ""
        self._open()

    def watch(self, pressed: Pressed) -> None:
        """Call `pressed` at each press from now on, in this event loop."""
        self._watching = (asyncio.get_running_loop(), pressed)

    def health(self) -> Health:
        """Say whether the pin could be had."""
        condition = Condition.ABSENT if self._why else Condition.WORKING
        return Health(DEVICE, condition, self._pins.simulated, self._why, unit=f"GPIO {self._pin}")

    async def check(self) -> Health:
        """Open the pin again where it had failed."""
        self._open()
        return self.health()

    async def close(self) -> None:
        """Give the pin back; nobody is told of a press any more."""
        self._watching = None
        button, self._button = self._button, None
        if button is not None:
            button.close()

    def _open(self) -> None:
        if self._button is not None:
            return
        try:
            button = Button(self._pin, pull_up=True, pin_factory=self._pins.factory())
            button.when_pressed = lambda: self._hand_over(down=True)
            button.when_released = lambda: self._hand_over(down=False)
        except PIN_FAULTS as error:
            self._why = str(error)
            return
        self._button, self._why = button, ""

    def _hand_over(self, *, down: bool) -> None:
        """In gpiozero's thread: take the time, and leave the rest to the loop."""
        watching, at = self._watching, self._clock()
        if watching is None:
            return
        with suppress(RuntimeError):  # the loop was closed between the two lines: the appliance stops
            watching[0].call_soon_threadsafe(self._changed, at, down)

    def _changed(self, at: float, down: bool) -> None:
        if self._debounce.change(at, down=down) and self._watching is not None:
            self._watching[1]()


class SimulatedButton(SimulatedWire):
    """A button on the administration page."""

    def __init__(self) -> None:
        super().__init__(DEVICE)
        self._pressed: Pressed | None = None

    def press(self) -> None:
        """Press it."""
        if self._pressed is not None and not self.broken:
            self._pressed()

    def watch(self, pressed: Pressed) -> None:
        """Call `pressed` at each press from now on."""
        self._pressed = pressed

    async def close(self) -> None:
        """Let nobody be told any more."""
        self._pressed = None
