"""Lamp and call button: one suite for pins and twins, on gpiozero's simulated pins where a pin is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from gpiozero import Device  # type: ignore[import-untyped]  # the package ships no types
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]  # likewise
from hypothesis import given
from hypothesis import strategies as st

from devices.call_button import BOUNCE_S, CallButton, Debounce, GpioButton, SimulatedButton
from devices.health import Condition
from devices.lamp import GpioLamp, Lamp, SimulatedLamp
from devices.pins import FACTORIES, NoPins, Pins


class Clock:
    """A monotonic clock moved by hand, in seconds."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@dataclass
class LampBench:
    lamp: Lamp
    shines: Callable[[], bool]


@pytest.fixture(params=["simulated", "gpio"])
async def lamp(request: pytest.FixtureRequest) -> AsyncIterator[LampBench]:
    if request.param == "simulated":
        twin = SimulatedLamp()
        yield LampBench(twin, lambda: twin.lit)
        return
    pins = Pins("mock")
    real = GpioLamp(17, pins)
    yield LampBench(real, lambda: bool(pins.factory().pin(17).state))
    await real.close()
    pins.close()


async def test_a_lamp_shows_what_it_was_last_told(lamp: LampBench) -> None:
    assert not lamp.shines()
    for on in (True, True, False, True):
        lamp.lamp.light(on)
        assert lamp.shines() is lamp.lamp.lit is on
    health = await lamp.lamp.check()
    assert (health.device, health.condition, health.simulated) == ("lamp", Condition.WORKING, True)


async def test_a_closed_lamp_is_dark(lamp: LampBench) -> None:
    lamp.lamp.light(True)
    await lamp.lamp.close()
    assert not lamp.shines()


@dataclass
class ButtonBench:
    button: CallButton
    press: Callable[[], None]


@pytest.fixture(params=["simulated", "gpio"])
async def button(request: pytest.FixtureRequest) -> AsyncIterator[ButtonBench]:
    if request.param == "simulated":
        twin = SimulatedButton()
        yield ButtonBench(twin, twin.press)
        return
    pins, clock = Pins("mock"), Clock()
    real = GpioButton(22, pins, clock)
    pin = pins.factory().pin(22)

    def press() -> None:
        for move in (pin.drive_low, pin.drive_high):
            clock.s += 1
            move()

    yield ButtonBench(real, press)
    await real.close()
    pins.close()


async def passed_to_the_loop() -> None:
    """Let what another thread handed over be done: it stands in the loop's queue by now."""
    await asyncio.sleep(0)


async def test_each_press_is_told_once_in_the_loop(button: ButtonBench) -> None:
    heard: list[asyncio.AbstractEventLoop] = []
    button.button.watch(lambda: heard.append(asyncio.get_running_loop()))
    for count in (1, 2, 3):
        await asyncio.to_thread(button.press) if isinstance(button.button, GpioButton) else button.press()
        await passed_to_the_loop()
        assert heard == [asyncio.get_running_loop()] * count


async def test_nobody_is_told_after_it_is_closed(button: ButtonBench) -> None:
    heard: list[int] = []
    button.button.watch(lambda: heard.append(1))
    await button.button.close()
    button.press()
    await passed_to_the_loop()
    assert heard == []


async def test_a_press_that_was_under_way_when_it_was_closed_is_dropped() -> None:
    pins, clock, heard = Pins("mock"), Clock(), list[int]()
    button = GpioButton(22, pins, clock)
    button.watch(lambda: heard.append(1))
    pins.factory().pin(22).drive_low()
    await button.close()
    await passed_to_the_loop()
    assert heard == []
    pins.close()


async def test_a_contact_that_bounces_is_one_press() -> None:
    pins, clock, heard = Pins("mock"), Clock(), list[float]()
    button = GpioButton(22, pins, clock)
    button.watch(lambda: heard.append(clock()))
    pin = pins.factory().pin(22)
    for wait, move in [(1, pin.drive_low), (0.004, pin.drive_high), (0.003, pin.drive_low), (0.5, pin.drive_high),
                       (0.002, pin.drive_low), (0.001, pin.drive_high)]:  # fmt: skip
        clock.s += wait
        move()
    await passed_to_the_loop()
    assert len(heard) == 1
    await button.close()
    pins.close()


@given(st.lists(st.floats(0, BOUNCE_S * 0.99), max_size=50), st.floats(BOUNCE_S, 10))
def test_however_long_it_bounces_it_is_one_press_until_it_has_settled(bounces: list[float], pause: float) -> None:
    contact, at, presses = Debounce(), 0.0, 0
    for wait in [0.0, *bounces]:
        at += wait
        presses += contact.change(at, down=True)
    assert presses == 1
    assert contact.change(at + pause * 1.01, down=True)


@pytest.mark.parametrize("name", sorted(set(FACTORIES) - {"mock", "native"}))
async def test_pins_that_this_machine_has_not_are_missing_and_never_replaced_by_others(name: str) -> None:
    """No silent fallback to another factory, least of all to the simulated pins."""
    pins = Pins(name, make=missing)
    lamp, button = GpioLamp(17, pins), GpioButton(22, pins, Clock())
    lamp.light(True)
    for device in (lamp, button):
        health = await device.check()
        assert (health.condition, health.simulated) == (Condition.ABSENT, False)
        assert "no such chip" in health.why
    assert Device.pin_factory is None


def missing() -> MockFactory:
    raise NoPins("no such chip")


async def test_a_library_that_is_not_there_is_named() -> None:
    health = GpioLamp(17, Pins("pigpio")).health()
    assert health.condition is Condition.ABSENT
    assert "pigpio" in health.why


async def test_pins_that_come_back_show_what_was_told_meanwhile() -> None:
    there = [False]

    def make() -> MockFactory:
        return MockFactory() if there[0] else missing()

    pins = Pins("lgpio", make=make)
    lamp, button, heard = GpioLamp(17, pins), GpioButton(22, pins, Clock()), list[int]()
    button.watch(lambda: heard.append(1))
    lamp.light(True)
    there[0] = True
    assert (await lamp.check()).condition is (await button.check()).condition is Condition.WORKING
    assert pins.factory().pin(17).state
    pins.factory().pin(22).drive_low()
    await passed_to_the_loop()
    assert heard == [1]
    await lamp.close()
    await button.close()
    pins.close()


async def test_two_devices_on_one_pin_are_told_apart_from_a_broken_one() -> None:
    pins = Pins("mock")
    first, second = GpioLamp(17, pins), GpioLamp(17, pins)
    assert first.health().condition is Condition.WORKING
    assert second.health().condition is Condition.ABSENT
    assert "GPIO17" in second.health().why
    await first.close()
    pins.close()


@pytest.mark.parametrize("device", [SimulatedLamp(), SimulatedButton()])
async def test_a_twin_whose_wire_came_off_says_so(device: SimulatedLamp | SimulatedButton) -> None:
    device.broken = True
    assert (await device.check()).condition is Condition.ABSENT
