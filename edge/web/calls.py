"""Calls for help from the kiosk: who touched "call someone", when and on which page. In memory: a call is of now.

The counter shows `waiting(app)` under the topic "calls" and posts `answered(app, number)` when somebody goes.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from aiohttp import web

MOST_WAITING = 20
"""Calls shown at once: an annexe has a kiosk or two; more is one person touching again."""

FORGOTTEN_MS = 30 * 60_000
"""After half an hour nobody stands there any more."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `page` is a msgid for the page it came from, `language` what the person reads."""

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


CALLS: web.AppKey[Calls] = web.AppKey("calls", Calls)
