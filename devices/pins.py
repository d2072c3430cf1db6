"""GPIO pins by gpiozero, through a pin factory that is named and never guessed.

gpiozero by itself tries one library after another and ends with pins that do nothing, or that a test left behind. Here
each device is handed the factory that the settings name; where that cannot be had, the device says so and stays dark.
The factory of simulated pins (`mock`) is one of the names, chosen by nobody else.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from gpiozero import Factory, GPIOZeroError  # type: ignore[import-untyped]  # the package ships no types

FACTORIES = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory"),
    "pigpio": ("gpiozero.pins.pigpio", "PiGPIOFactory"),
    "native": ("gpiozero.pins.native", "NativeFactory"),
    "mock": ("gpiozero.pins.mock", "MockFactory"),
}
"""The names that settings may use. All but `native` and `mock` need a library of that name on the machine."""

PIN_FAULTS = (GPIOZeroError, OSError)
"""What a pin raises when it cannot be had or used."""


class NoPins(OSError):
    """The named factory cannot be had on this machine; the message says why."""


class Pins:
    """One pin factory by its name, made when the first device asks for it and again after a failure."""

    def __init__(self, name: str, make: Callable[[], Factory] | None = None) -> None:
        """Take a name of `FACTORIES` (KeyError for another); `make` is for who has a factory of his own."""
        self.name = name
        self._place = FACTORIES[name]
        self._make = make or self._load
        self._factory: Factory | None = None

    @property
    def simulated(self) -> bool:
        """Whether these pins lead nowhere."""
        return self.name == "mock"

    def factory(self) -> Factory:
        """Return the factory; NoPins when it cannot be had."""
        if self._factory is None:
            try:
                self._factory = self._make()
            except NoPins:
                raise
            except Exception as error:
                # Each of the libraries has errors of its own, lgpio's not even a class that can be named here.
                raise NoPins(f"no pins by {self.name}: {type(error).__name__}") from error
        return self._factory

    def close(self) -> None:
        """Give the pins back."""
        if self._factory is not None:
            self._factory.close()
            self._factory = None

    def _load(self) -> Factory:
        module, name = self._place
        try:
            return getattr(import_module(module), name)()
        except ImportError as error:
            raise NoPins(f"the library {self.name} is not installed") from error
