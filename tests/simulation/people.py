"""The people of a run: citizens and clerks who ask a machine for something until it is confirmed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from edge.store.group import Decide
from edge.store.store import Transaction
from protocol.errors import N_, OperatorError, PersonError
from protocol.office import references
from protocol.records.encoding import Value
from tests.edge.store.life import LIFE
from tests.edge.store.scanning import NotHere
from tests.edge.store.support import account_opened, request_submitted, staff_added
from tests.simulation.machine import PowerCut
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.oracle import Oracle

NOT_NOW = N_("This cannot be done now.")

AGAIN_S = 5.0
"""Seconds until somebody whose machine went dark tries again."""

STEPS = LIFE[:5]
"""From the complete dossier to the certificate that is ready: each kind once, so that what is doubled shows."""


class People:
    """Who works at one annexe. `chance` decides what they do, and when."""

    def __init__(self, machine: AnnexeMachine, oracle: Oracle, chance: Random, who: str = "") -> None:
        """`who` tells them apart from others who work at the same machine: commands have ids of their own."""
        self._name = f"{who}{machine.name}"
        self._machine = machine
        self._oracle = oracle
        self._chance = chance
        self._commands = 0
        self._asking = 0

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has asked for something and knows of no answer yet."""
        return self._asking > 0

    def go_to(self, machine: AnnexeMachine) -> None:
        """Work at another machine of the annexe from here on."""
        self._machine = machine

    async def citizen(self, number: int) -> None:
        """Open an account, ask for something, and have it taken through some of its steps."""
        case = await self.files(f"FA{100000 + self._chance.randrange(800000)}{number % 10}"[:8])
        for step in range(self._chance.randrange(len(STEPS) + 1)):
            await self.step(case, step)

    async def step(self, case: bytes, step: int) -> None:
        """Take a case through one of its steps."""
        await self.pause()
        kind = (await self._told(_takes(case, step))).decode()
        self._oracle.stepped(case, kind)

    async def files(self, card: str) -> bytes:
        """Open an account for this card and ask for something; returns the case."""
        await self.pause()
        phone = f"+2126{self._chance.randrange(10**8):08d}"
        account = await self._told(_opens(account_opened(cnie=card, phone=phone)))
        self._oracle.account(self._machine.annexe, account)
        await self.pause()
        reference = references.draw("B05", self._chance.randbytes)
        case = await self._told(_submits(account, reference))
        self._oracle.submitted(self._machine.annexe, case, reference)
        return case

    async def administrator(self) -> None:
        """Add an agent: the office's stream has something to say too."""
        await self.pause()
        login = f"agent{self._chance.randrange(10**9)}"
        await self._told(_adds(login))
        self._oracle.added(self._machine.annexe, login)

    async def once(self) -> None:
        """Add an agent, and do not insist; raises what the machine answers."""
        login = f"agent{self._chance.randrange(10**9)}"
        await self._machine.execute(self._chance.randbytes(16), _adds(login))
        self._oracle.added(self._machine.annexe, login)

    async def clumsy(self) -> None:
        """Type something that is refused only after it was half written: nothing of it may stay, nor harm others."""
        for _ in range(self._chance.randrange(4)):
            await self.pause()
            with suppress(PersonError, PowerCut, OperatorError):
                await self._machine.execute(self._chance.randbytes(16), _refuses)

    async def pause(self) -> None:
        """Do something else for a while."""
        await asyncio.sleep(self._chance.expovariate(0.2))

    async def _told(self, decide: Decide) -> bytes:
        return await self.insist(lambda command: self._machine.execute(command, decide))

    async def insist(self, ask: Callable[[bytes], Awaitable[object]]) -> bytes:
        """Ask until it is confirmed, always with the same command; `ask` is given its id."""
        self._commands += 1
        command = hashlib.sha256(f"{self._name}/{self._commands}".encode()).digest()[:16]
        self._asking += 1
        while True:
            try:
                result = await ask(command)
            except (PowerCut, OperatorError, NotHere):
                await asyncio.sleep(AGAIN_S)
            else:
                assert isinstance(result, bytes)
                self._asking -= 1
                return result


Deciding = Callable[[Transaction], Awaitable[Value]]


async def _refuses(tx: Transaction) -> Value:
    await tx.append("office", staff_added("nobody"), key_of=tx.office)
    raise PersonError(NOT_NOW)


def _opens(event: object) -> Deciding:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", event, key_of=subject)  # type: ignore[arg-type]  # an event, as the caller made it
        return subject

    return decide


def _submits(account: bytes, reference: str) -> Deciding:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", request_submitted(account, reference), key_of=subject)
        return subject

    return decide


def _takes(case: bytes, step: int) -> Deciding:
    async def decide(tx: Transaction) -> Value:
        found = await tx.case(case)
        if found is None:
            raise NotHere
        event = STEPS[step](list(found.heads))
        await tx.append("cases", event, key_of=case)
        after = await tx.case(case)
        assert after is not None
        return after.history[-1].kind.encode()

    return decide


def _adds(login: str) -> Deciding:
    async def decide(tx: Transaction) -> Value:
        await tx.append("office", staff_added(login), key_of=tx.office)
        return login.encode()

    return decide
