"""The A4 printer: PDF documents over IPP (RFC 8010, RFC 8011), and its simulated twin.

Rules, beside those of `devices.printing`:

- PRINTED means that the printer has taken the whole document in; the person beside it sees the sheet.
- Before a document the printer is asked how it is. Without paper nothing is sent: it would come out hours later, when
  somebody fills the tray, with nobody there to take a certificate away.
- A job that was sent and not answered is UNKNOWN, never sent again by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from pyipp import IPP
from pyipp.enums import IppOperation, IppPrinterState
from pyipp.exceptions import IPPConnectionError, IPPError

from devices import printing
from devices.health import Condition, Device, Health
from devices.printing import PrintOutcome, PrintReport

DEVICE = "a4-printer"

PDF = "application/pdf"
LARGEST_DOCUMENT = 16 * 1024 * 1024
"""Bytes of a document: a sealed certificate has 0.1 MB."""

CONNECT_S = 3.0
"""To open a connection: on the LAN that takes milliseconds, or the printer is off."""

ANSWER_S = 5.0
"""To answer a question: a printer that wakes up takes a second or two."""

PRINTING_S = 30.0
"""To take a document in and answer: some printers render before they say yes."""

NO_PAPER = ("media-empty", "media-needed")
REASONS = {"cover-open": printing.COVER_OPEN, "door-open": printing.COVER_OPEN}
SUFFIXES = ("-error", "-warning", "-report")
"""Of `printer-state-reasons` (RFC 8011, 5.4.12): each may end with how bad it is."""

SERVER_ERRORS = range(0x0500, 0x0600)
"""Status codes of a printer that cannot do it now (RFC 8011, 4.1.6 and appendix B.1.5)."""

KEPT = 5
"""Documents that the twin remembers."""


class A4Printer(Device, Protocol):
    """Prints PDF documents; see the rules at the head of this module."""

    async def print(self, document: bytes) -> PrintReport:
        """Print a PDF document once, on A4."""
        ...


def refusal_of(document: bytes) -> PrintReport | None:
    """Return the report of a document that no printer is sent, or None when it is acceptable."""
    if not document.startswith(b"%PDF-"):
        return PrintReport(PrintOutcome.REFUSED, "the document is no PDF")
    if len(document) > LARGEST_DOCUMENT:
        return PrintReport(PrintOutcome.REFUSED, "the document is too large")
    return None


def reason_of(attributes: dict[str, Any]) -> str:
    """Return why a printer with these attributes cannot print now, "" when it can."""
    said = attributes.get("printer-state-reasons", [])
    reasons = {_bare(str(each)) for each in (said if isinstance(said, list) else [said])}
    if reasons & set(NO_PAPER):
        return printing.OUT_OF_PAPER
    for reason, words in REASONS.items():
        if reason in reasons:
            return words
    stopped = attributes.get("printer-state") == IppPrinterState.STOPPED
    return printing.STOPPED if stopped or attributes.get("printer-is-accepting-jobs") is False else ""


def _bare(reason: str) -> str:
    for suffix in SUFFIXES:
        reason = reason.removesuffix(suffix)
    return reason


class IppPrinter:
    """A printer on the LAN at `uri` (ipp://host:631/ipp/print, or ipps)."""

    def __init__(
        self, uri: str, *, connect_s: float = CONNECT_S, answer_s: float = ANSWER_S, printing_s: float = PRINTING_S
    ) -> None:
        self._uri = uri
        self._connect_s = connect_s
        self._answer_s = answer_s
        self._printing_s = printing_s
        self._turn = asyncio.Lock()
        self._health = Health(DEVICE, Condition.ABSENT, simulated=False, why=printing.NOT_CHECKED)

    async def print(self, document: bytes) -> PrintReport:
        """Print a PDF document once; see the rules."""
        refused = refusal_of(document)
        if refused is not None:
            return refused
        async with self._turn:
            why = await self._look()
            if why:
                return PrintReport(_nothing_sent(why), why)
            return await self._send(document)

    def health(self) -> Health:
        """Say how it was when it was last used or checked."""
        return self._health

    async def check(self) -> Health:
        """Ask it for its state."""
        async with self._turn:
            await self._look()
        return self._health

    async def close(self) -> None:
        """Wait for the document that is being sent."""
        async with self._turn:
            return

    async def _look(self) -> str:
        """Ask the printer how it is; "" when it can print."""
        wanted = ["printer-state", "printer-state-reasons", "printer-is-accepting-jobs"]
        question = {"operation-attributes-tag": {"requested-attributes": wanted}}
        try:
            answer = await self._execute(IppOperation.GET_PRINTER_ATTRIBUTES, question, self._answer_s)
            why = reason_of(next(iter(answer["printers"]), {}))
        except (IPPError, OSError, TimeoutError):
            why = printing.NOT_ANSWERING
        self._health = Health(DEVICE, _condition(why), simulated=False, why=why)
        return why

    async def _send(self, document: bytes) -> PrintReport:
        job = {
            "operation-attributes-tag": {
                "requesting-user-name": "mulhaqa",
                "job-name": "document",  # a printer's own page shows it to everyone: it names nobody
                "document-format": PDF,
            },
            "job-attributes-tag": {"media": "iso_a4_210x297mm"},
            "data": document,
        }
        try:
            await self._execute(IppOperation.PRINT_JOB, job, self._printing_s)
        except (IPPConnectionError, OSError, TimeoutError) as error:
            if isinstance(error.__cause__, aiohttp.ClientConnectorError):
                return PrintReport(PrintOutcome.UNREACHABLE, printing.NOT_ANSWERING)
            return PrintReport(PrintOutcome.UNKNOWN, "the printer did not say whether it has the document")
        except IPPError as error:
            if _later(error):
                return PrintReport(PrintOutcome.UNREACHABLE, printing.BUSY)
            return PrintReport(PrintOutcome.REFUSED, "the printer refused the document")
        return PrintReport(PrintOutcome.PRINTED)

    async def _execute(self, operation: IppOperation, message: dict[str, Any], within_s: float) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s)
        async with asyncio.timeout(within_s), aiohttp.ClientSession(timeout=timeout) as session:
            return await IPP(self._uri, session=session, request_timeout=int(within_s) + 1).execute(operation, message)


def _later(error: IPPError) -> bool:
    """Whether the printer said that it cannot now (busy, not accepting, out of room), not that it never will."""
    facts = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], dict) else {}
    return facts.get("status-code", 0) in SERVER_ERRORS


def _condition(why: str) -> Condition:
    if not why:
        return Condition.WORKING
    return Condition.ABSENT if why == printing.NOT_ANSWERING else Condition.DEGRADED


def _nothing_sent(why: str) -> PrintOutcome:
    return PrintOutcome.NO_PAPER if why == printing.OUT_OF_PAPER else PrintOutcome.UNREACHABLE


@dataclass(frozen=True, slots=True)
class SimulatedDocument:
    """A document that the twin "printed"; `at` in milliseconds since the epoch."""

    at: int
    document: bytes


class SimulatedA4Printer:
    """A printer without paper: what it "printed" stays in memory only, the last few documents.

    `unplugged` and `out_of_paper` do what a hand at the printer would.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._documents: deque[SimulatedDocument] = deque(maxlen=KEPT)
        self.unplugged = False
        self.out_of_paper = False

    @property
    def documents(self) -> tuple[SimulatedDocument, ...]:
        """What was printed since the start, oldest first."""
        return tuple(self._documents)

    async def print(self, document: bytes) -> PrintReport:
        """Keep the document, as the tray would."""
        refused = refusal_of(document)
        if refused is not None:
            return refused
        why = self.health().why
        if why:
            return PrintReport(_nothing_sent(why), why)
        self._documents.append(SimulatedDocument(self._now(), document))
        return PrintReport(PrintOutcome.PRINTED)

    def health(self) -> Health:
        """Say what the switches say."""
        why = printing.NOT_ANSWERING if self.unplugged else printing.OUT_OF_PAPER if self.out_of_paper else ""
        return Health(DEVICE, _condition(why), simulated=True, why=why)

    async def check(self) -> Health:
        """Say what the switches say."""
        return self.health()

    async def close(self) -> None:
        """Nothing to let go of."""
