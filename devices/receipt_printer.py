"""The receipt printer: tickets as pictures, in ESC/POS over a link to the device.

Rules, beside those of `devices.printing`:

- A ticket is a PNG of `PAPER_DOTS` at most: black where the paper is printed. No text is ever sent, for no printer's
  code page joins Arabic letters.
- Before a ticket the printer is asked how it is (DLE EOT), and after it once more: what ran out in between makes the
  outcome UNKNOWN. A printer that cannot answer is declared so (`answers=False`) and printed to blindly.
- One ticket at a time, and each on a link of its own: a printer that was switched off and on again needs no restart.

Status bytes: Epson, "ESC/POS Application Programming Guide", DLE EOT.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from devices import printing
from devices.health import Condition, Device, Health
from devices.printing import PrintOutcome, PrintReport

DEVICE = "receipt-printer"

PAPER_DOTS = 576
"""Dots across 80 mm paper: 72 mm at 8 dots a millimetre (203 dpi), which nearly all its printers have."""

LARGEST_PICTURE = 2 * 1024 * 1024
"""Bytes of a ticket's PNG: ours have some 300 kB; past this it is no ticket."""

OPENING_S = 3.0
"""To open a link: a printer on the LAN answers in milliseconds or is not there."""

ANSWER_S = 2.0
"""To answer a status request, which printers do at once, even when they print (real-time commands)."""

PRINTING_S = 30.0
"""To take in a ticket: a long one of 60 cm at 50 mm/s, the slowest that is sold, is out in 12 s."""

ASK_OFFLINE, ASK_PAPER = b"\x10\x04\x02", b"\x10\x04\x04"
"""DLE EOT 2 (why it is offline) and DLE EOT 4 (the paper's sensors)."""

FIXED_BITS, FIXED = 0x93, 0x12
"""Bits 0, 1, 4 and 7 of every status byte, and what they must be: 0, 1, 1, 0. Anything else is no answer."""

COVER, STOPPED_FOR_PAPER, FAULT = 0x04, 0x20, 0x40
PAPER_END, PAPER_NEAR_END = 0x60, 0x0C


class Link(Protocol):
    """Bytes to a printer and back. `OSError` when it is gone."""

    async def write(self, data: bytes) -> None:
        """Hand all of `data` over."""
        ...

    async def read(self) -> bytes:
        """Wait for one byte; b"" when the other end closed."""
        ...

    async def close(self) -> None:
        """Let go of the link."""
        ...


Port = Callable[[], Awaitable[Link]]
Encode = Callable[[bytes], bytes]
"""From a ticket's PNG to the printer's bytes; ValueError for what is no ticket."""


class ReceiptPrinter(Device, Protocol):
    """Prints tickets; see the rules at the head of this module."""

    async def print(self, picture: bytes) -> PrintReport:
        """Print a ticket (PNG) and cut it off."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """What the status bytes say: why it cannot print, "" when it can; `low` when the roll is nearly at its end."""

    why: str = ""
    low: bool = False


def finding_of(offline: int, paper: int) -> Finding:
    """Read the answers to ASK_OFFLINE and ASK_PAPER; ValueError when a byte is no status byte."""
    for byte in (offline, paper):
        if byte & FIXED_BITS != FIXED:
            raise ValueError(f"{byte:#04x} is no status byte of ESC/POS")
    if paper & PAPER_END or offline & STOPPED_FOR_PAPER:
        return Finding(printing.OUT_OF_PAPER)
    if offline & COVER:
        return Finding(printing.COVER_OPEN)
    if offline & FAULT:
        return Finding(printing.STOPPED)
    return Finding(low=bool(paper & PAPER_NEAR_END))


class EscposPrinter:
    """An ESC/POS printer behind `port`."""

    def __init__(
        self,
        port: Port,
        encode: Encode,
        *,
        answers: bool = True,
        simulated: bool = False,
        opening_s: float = OPENING_S,
        answer_s: float = ANSWER_S,
        printing_s: float = PRINTING_S,
    ) -> None:
        self._port = port
        self._encode = encode
        self._answers = answers
        self._simulated = simulated
        self._opening_s = opening_s
        self._answer_s = answer_s
        self._printing_s = printing_s
        self._turn = asyncio.Lock()
        self._health = self._as(Condition.ABSENT, printing.NOT_CHECKED)

    async def print(self, picture: bytes) -> PrintReport:
        """Print a ticket; see the rules."""
        if len(picture) > LARGEST_PICTURE:
            return PrintReport(PrintOutcome.REFUSED, "the picture is too large for a ticket")
        try:
            data = await asyncio.to_thread(self._encode, picture)
        except ValueError as error:
            return PrintReport(PrintOutcome.REFUSED, str(error))
        async with self._turn:
            return await self._deliver(data)

    def health(self) -> Health:
        """Say how it was when it was last used or checked."""
        return self._health

    async def check(self) -> Health:
        """Ask it how it is."""
        async with self._turn:
            link = await self._open()
            if link is not None:
                try:
                    await self._ask(link)
                finally:
                    await link.close()
        return self._health

    async def close(self) -> None:
        """Wait for the ticket that is being printed."""
        async with self._turn:
            return

    async def _deliver(self, data: bytes) -> PrintReport:
        link = await self._open()
        if link is None:
            return PrintReport(PrintOutcome.UNREACHABLE, printing.NOT_ANSWERING)
        try:
            before = await self._ask(link)
            if before.why:
                return _not_begun(before)
            return await self._send(link, data)
        finally:
            await link.close()

    async def _send(self, link: Link, data: bytes) -> PrintReport:
        try:
            async with asyncio.timeout(self._printing_s):
                await link.write(data)
        except (OSError, TimeoutError):
            self._found(Finding(printing.NOT_ANSWERING))
            return PrintReport(PrintOutcome.UNKNOWN, "the printer stopped taking the ticket in")
        after = await self._ask(link)
        return PrintReport(PrintOutcome.UNKNOWN, after.why) if after.why else PrintReport(PrintOutcome.PRINTED)

    async def _open(self) -> Link | None:
        try:
            async with asyncio.timeout(self._opening_s):
                return await self._port()
        except (OSError, TimeoutError):
            self._found(Finding(printing.NOT_ANSWERING))
            return None

    async def _ask(self, link: Link) -> Finding:
        if not self._answers:
            return self._found(Finding())
        try:
            async with asyncio.timeout(self._answer_s):
                return self._found(finding_of(await _answer(link, ASK_OFFLINE), await _answer(link, ASK_PAPER)))
        except (OSError, TimeoutError, ValueError):
            return self._found(Finding(printing.NOT_ANSWERING))

    def _found(self, finding: Finding) -> Finding:
        if finding.why == printing.NOT_ANSWERING:
            self._health = self._as(Condition.ABSENT, finding.why)
        elif finding.why or finding.low:
            self._health = self._as(Condition.DEGRADED, finding.why or printing.PAPER_LOW)
        else:
            self._health = self._as(Condition.WORKING)
        return finding

    def _as(self, condition: Condition, why: str = "") -> Health:
        return Health(DEVICE, condition, self._simulated, why)


async def _answer(link: Link, question: bytes) -> int:
    await link.write(question)
    answer = await link.read()
    if not answer:
        raise ConnectionResetError("the printer closed the link")
    return answer[0]


def _not_begun(finding: Finding) -> PrintReport:
    """Nothing was sent: say why."""
    no_paper = finding.why == printing.OUT_OF_PAPER
    return PrintReport(PrintOutcome.NO_PAPER if no_paper else PrintOutcome.UNREACHABLE, finding.why)
