"""The SMS modem's port, and its simulated twin.

Rules that every modem keeps:

- `send` hands one text to one number and returns what is *known* of it. It never raises for a failure of the radio.
- A time-out is `UNKNOWN`: the text may have left. Whoever holds the outbox must not send it again blindly.
- `UNREACHABLE` means that nothing left (no modem, no network): trying again later is safe.
- `REFUSED` is for good: the number or the text was not accepted.
- Neither numbers nor texts are written to a log or a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from devices.health import Condition, Health

LONGEST_TEXT = 10 * 67
"""UTF-16 units in a text: ten concatenated UCS-2 parts of 67 (3GPP TS 23.040); ours take two at most."""

KEPT = 200
"""Messages that the simulated modem remembers, so that a long demo does not grow without end."""


class Outcome(Enum):
    """What became of one text, as far as the modem knows."""

    SENT = "sent"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SendReport:
    """The outcome of one `send` and, when it is not SENT, a short technical reason without personal data."""

    outcome: Outcome
    why: str = ""


class Modem(Protocol):
    """Sends texts by SMS; see the rules at the head of this module."""

    async def send(self, number: str, text: str) -> SendReport:
        """Send `text` to `number` (E.164)."""
        ...

    def health(self) -> Health:
        """Say how the modem is now, without touching the radio."""
        ...


@dataclass(frozen=True, slots=True)
class SimulatedMessage:
    """One text that the simulated modem "sent"; `at` in milliseconds since the epoch."""

    at: int
    number: str
    text: str


def refusal_of(number: str, text: str) -> SendReport | None:
    """Return the report of a text that no modem could send, or None when number and text are acceptable."""
    if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit() and 8 <= len(number) <= 16):
        return SendReport(Outcome.REFUSED, "the number is not in E.164 form")
    if not text or len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        return SendReport(Outcome.REFUSED, "the text is empty or too long")
    return None


class SimulatedModem:
    """A modem without a radio: it keeps what it "sent" in memory only, so that no number reaches the disk.

    `unplugged` makes it unreachable, as a real modem without its stick, until it is plugged in again.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._messages: deque[SimulatedMessage] = deque(maxlen=KEPT)
        self.unplugged = False

    @property
    def messages(self) -> tuple[SimulatedMessage, ...]:
        """What was sent since the start, oldest first."""
        return tuple(self._messages)

    async def send(self, number: str, text: str) -> SendReport:
        """Keep the text, as the network would carry it."""
        refused = refusal_of(number, text)
        if refused is not None:
            return refused
        if self.unplugged:
            return SendReport(Outcome.UNREACHABLE, "the simulated modem is unplugged")
        self._messages.append(SimulatedMessage(self._now(), number, text))
        return SendReport(Outcome.SENT)

    def health(self) -> Health:
        """Say whether the modem is plugged in."""
        if self.unplugged:
            return Health("modem", Condition.ABSENT, simulated=True, why="unplugged")
        return Health("modem", Condition.WORKING, simulated=True)
