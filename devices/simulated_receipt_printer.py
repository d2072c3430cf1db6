"""The receipt printer's twin: the same adapter and the same bytes, into a roll of our own instead of a cable."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from devices.escpos_roll import NotEscPos, Roll, Ticket
from devices.health import Health
from devices.printing import PrintReport
from devices.receipt_printer import Encode, EscposPrinter, Link

KEPT = 10
"""Tickets that the twin remembers, so that a long demo does not grow without end."""


@dataclass(frozen=True, slots=True)
class PrintedTicket:
    """A ticket that the twin "printed"; `at` in milliseconds since the epoch."""

    at: int
    ticket: Ticket


class SimulatedReceiptPrinter:
    """A receipt printer without paper: its tickets stay in memory only, the last few of them.

    `unplugged` makes it unreachable, `roll.out_of_paper` and the other sensors do what a hand at the printer would.
    """

    def __init__(self, now: Callable[[], int], encode: Encode) -> None:
        self.roll = Roll(lambda ticket: self._kept.append(PrintedTicket(now(), ticket)))
        self.unplugged = False
        self._kept: deque[PrintedTicket] = deque(maxlen=KEPT)
        self._printer = EscposPrinter(self._plug, encode, simulated=True)

    @property
    def tickets(self) -> tuple[PrintedTicket, ...]:
        """What was printed since the start, oldest first."""
        return tuple(self._kept)

    async def print(self, picture: bytes) -> PrintReport:
        """Print a ticket and keep it."""
        return await self._printer.print(picture)

    def health(self) -> Health:
        """Say how it was when it was last used or checked."""
        return self._printer.health()

    async def check(self) -> Health:
        """Ask it how it is."""
        return await self._printer.check()

    async def close(self) -> None:
        """Wait for the ticket that is being printed."""
        await self._printer.close()

    async def _plug(self) -> Link:
        if self.unplugged:
            raise ConnectionRefusedError("the simulated printer is unplugged")
        return RollLink(self.roll)


class RollLink:
    """A link straight into a roll."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll
        self._answers = bytearray()

    async def write(self, data: bytes) -> None:
        """Print; a printer that is sent what it does not understand hangs up."""
        try:
            self._answers += self._roll.feed(data)
        except NotEscPos as error:
            raise ConnectionAbortedError(str(error)) from error

    async def read(self) -> bytes:
        """Take the next answer."""
        answer = bytes(self._answers[:1])
        del self._answers[:1]
        return answer

    async def close(self) -> None:
        """Nothing to let go of."""
