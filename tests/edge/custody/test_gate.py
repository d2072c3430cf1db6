"""Guesses at a locked appliance are slow, and never keep the office's own passphrase waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.custody.gate import Gate
from edge.custody.turns import MOST, Busy, Turns
from protocol.errors import PersonError
from tests.edge.custody.support import KEY, LOCK, PHRASE, Machine
from tests.edge.web.support import Clock

LAN, OFFICE = "192.168.1.66", "192.168.1.10"


def locked(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.keeper().add("passphrase", KEY, LOCK)
    return machine


async def fails(gate: Gate, address: str, status: int) -> None:
    with pytest.raises(PersonError) as refused:
        await gate.enter("une autre phrase, assez longue", address)
    assert refused.value.status == status


async def test_the_passphrase_opens_for_all_who_wait(tmp_path: Path) -> None:
    gate = Gate(locked(tmp_path).keeper(), Clock())
    waiting = [asyncio.create_task(gate.opened()) for _ in range(2)]
    await gate.enter(PHRASE, OFFICE)
    assert await asyncio.gather(*waiting) == [KEY, KEY]
    await gate.enter("whatever is typed after that", OFFICE)


async def test_who_guesses_waits_longer_each_time_and_nobody_else_does(tmp_path: Path) -> None:
    clock = Clock()
    gate = Gate(locked(tmp_path).keeper(), clock)
    for _ in range(3):
        await fails(gate, LAN, 401)
    await fails(gate, LAN, 429)
    clock.ms += 2_000
    await fails(gate, LAN, 401)
    clock.ms += 2_000
    await fails(gate, LAN, 429)
    await gate.enter(PHRASE, OFFICE)
    assert gate.is_open


async def test_no_number_of_failures_shuts_the_gate_for_good(tmp_path: Path) -> None:
    clock = Clock()
    gate = Gate(locked(tmp_path).keeper(), clock)
    for _ in range(30):
        await fails(gate, LAN, 401)
        clock.ms += 60_000
    await gate.enter(PHRASE, LAN)
    assert gate.is_open


async def test_a_clock_that_was_set_back_makes_nobody_wait_for_years(tmp_path: Path) -> None:
    clock = Clock()
    gate = Gate(locked(tmp_path).keeper(), clock)
    for _ in range(3):
        await fails(gate, LAN, 401)
    clock.ms -= 10 * 365 * 24 * 3600 * 1000
    await gate.enter(PHRASE, LAN)
    assert gate.is_open


async def test_a_stick_opens_the_gate_by_itself_when_it_comes(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.keeper().add("usb", KEY)
    sticks = list(machine.sticks)
    machine.sticks.clear()
    gate = Gate(machine.keeper(), Clock())
    await gate.look()
    assert not gate.is_open
    await fails(gate, OFFICE, 409)
    machine.sticks.extend(sticks)
    await gate.look()
    machine.sticks.clear()
    assert await gate.opened() == KEY


async def test_who_failed_least_goes_next_however_many_wait() -> None:
    turns, order, others = Turns(), list[str](), asyncio.Event()

    async def come(name: str, rank: int) -> None:
        async with turns.turn(rank):
            order.append(name)
            await others.wait()

    first = asyncio.create_task(come("first", 0))
    await asyncio.sleep(0)
    crowd = [asyncio.create_task(come(f"guess {number}", 5)) for number in range(MOST)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await come("one guess more", 5)
    own = asyncio.create_task(come("the office", -1))
    await asyncio.sleep(0)
    others.set()
    ended = await asyncio.gather(first, own, *crowd, return_exceptions=True)
    assert order[:2] == ["first", "the office"]
    assert sum(isinstance(one, Busy) for one in ended) == 1


async def test_who_goes_away_while_he_waits_leaves_his_turn_to_the_next() -> None:
    turns = Turns()
    async with turns.turn(0):
        gone = asyncio.create_task(turns.turn(0).__aenter__())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    async with turns.turn(0):
        pass
