"""Calls for help: who touched "call someone" at the kiosk or pressed the button beside it. In memory: a call is of now.

The counter shows `waiting` under the topic "calls" and posts `answer` when somebody goes. While any call waits, the
lamps at the counters shine.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from protocol.errors import N_

if TYPE_CHECKING:
    from edge.services.office import Office

MOST_WAITING = 20
"""Calls shown at once: an annexe has a kiosk or two; more is one person touching again."""

FORGOTTEN_MS = 30 * 60_000
"""After half an hour nobody stands there any more."""

BUTTON = N_("call button")
"""Where a call comes from that no page made."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `page` is a msgid for where it came from, `language` what the person reads, "" when nobody knows."""

    number: int
    at_ms: int
    page: str
    language: str


@dataclass(slots=True)
class Calls:
    """The calls that nobody has answered yet, oldest first."""

    _open: OrderedDict[int, Call] = field(default_factory=OrderedDict)
    _last: int = 0

    def ring(self, at_ms: int, page: str, language: str) -> Call:
        """Note a call."""
        self._last += 1
        call = Call(self._last, at_ms, page, language)
        self._open[call.number] = call
        while len(self._open) > MOST_WAITING:
            self._open.popitem(last=False)
        return call

    def waiting(self, now_ms: int) -> list[Call]:
        """The calls that still wait."""
        return [call for call in self._open.values() if now_ms - call.at_ms < FORGOTTEN_MS]

    def answered(self, number: int) -> None:
        """Somebody goes: the call is done."""
        self._open.pop(number, None)


def ring(office: Office, page: str, language: str) -> Call:
    """Call somebody: the counters hear it, and their lamps shine."""
    call = office.calls.ring(office.now(), page, language)
    _tell(office)
    return call


def pressed(office: Office) -> None:
    """Take a press of the button; pressing again while nobody has come yet is the same call."""
    if all(call.page != BUTTON for call in office.calls.waiting(office.now())):
        ring(office, BUTTON, "")


def answer(office: Office, number: int) -> None:
    """Somebody goes: the call is done, on every counter."""
    office.calls.answered(number)
    _tell(office)


def show_lamps(office: Office) -> None:
    """Let the lamps say whether anyone waits: also when a call was forgotten, which nobody announces."""
    waits = bool(office.calls.waiting(office.now()))
    for lamp in office.devices.lamps:
        if lamp.lit != waits:
            lamp.light(waits)


def _tell(office: Office) -> None:
    show_lamps(office)
    office.announcer.publish(["calls", "devices"] if office.devices.lamps else ["calls"])
