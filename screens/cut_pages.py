"""Pages rendered once and given many times: cut where a session's token and the ids of its forms' commands stand.

Whoever asks gets a page with his own token, and with fresh ids in all of its forms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from screens import pages
from screens.forms import COMMAND_SIZE

CSRF, COMMAND = "mark-of-the-sessions-token", "mark-of-a-fresh-command"
HTML = CIMultiDict({"Content-Type": "text/html; charset=utf-8"})
MARKS = re.compile(f"({CSRF}|{COMMAND})")


@dataclass(frozen=True, slots=True)
class CutPage:
    """A page cut at its marks; `tokens` and `commands` are the places in `parts` where they stood."""

    parts: tuple[bytes, ...]
    tokens: tuple[int, ...]
    commands: tuple[int, ...]

    def body(self, csrf: str, drawn: bytes) -> bytes:
        """The page with a visitor's own token; `drawn` are random bytes, `COMMAND_SIZE` for each of its forms."""
        parts, token, ids = list(self.parts), csrf.encode(), drawn.hex().encode()
        for place in self.tokens:
            parts[place] = token
        for number, place in enumerate(self.commands):
            parts[place] = ids[2 * COMMAND_SIZE * number : 2 * COMMAND_SIZE * (number + 1)]
        return b"".join(parts)


def cut(request: web.Request, template: str, context: Mapping[str, Any]) -> CutPage:
    """Render `template` for who asks, with marks in place of his tokens, and cut it there."""
    text = pages.rendered(request, template, {**context, "csrf": CSRF, "command": lambda: COMMAND})
    parts = MARKS.split(text)
    return CutPage(
        tuple(part.encode() for part in parts),
        tuple(place for place in range(1, len(parts), 2) if parts[place] == CSRF),
        tuple(place for place in range(1, len(parts), 2) if parts[place] == COMMAND),
    )


def answer(request: web.Request, page: CutPage) -> web.Response:
    """Give the page to who asks."""
    drawn = request.app[pages.SITE].drawn.take(COMMAND_SIZE * len(page.commands))
    body = page.body(pages.session_of(request).csrf, drawn)
    return web.Response(body=body, headers=HTML)
