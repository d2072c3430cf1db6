"""Pages that are the same for every visitor: rendered once a language, then given to each with tokens of his own.

- Two things differ between two visitors' pages: the session's CSRF token, and the id of each form's command. A page is
  kept cut at these (`screens.cut_pages`).
- Who has signed in sees his name, so his page is rendered for him alone and never kept here (`screens.own_pages`).
- What a page shows may change: `forget` then, from whatever announces it. A page whose making began before is not kept.
- A page names the address it was asked for at (the switch of languages leads back there). So only the queries that a
  handler names are shared; who comes with another gets a page of his own, and nobody reads what he added.
- Only what exists is kept, and only so much of it: a page that is refused raises before it is rendered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from screens import pages
from screens.cut_pages import CutPage, answer, cut

MOST = 500
"""Pages kept: some dozens of procedures in three languages, a few kilobytes each."""

Key = tuple[str, str, str]
Context = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class SharedPages:
    """The pages of one application that were rendered already."""

    _held: dict[Key, CutPage] = field(default_factory=dict)
    _edition: int = 0

    def forget(self) -> None:
        """What the pages show has changed."""
        self._held.clear()
        self._edition += 1

    async def show(
        self, request: web.Request, template: str, context: Context, queries: Collection[str] = ("",)
    ) -> web.Response:
        """Answer with `template`; `context` is asked for only when it must be rendered.

        A page is known by template, language and address; `queries` are the query strings that may be shared.
        """
        if pages.session_of(request).principal is not None or request.query_string not in queries:
            return pages.render(request, template, **await context())
        key = (template, pages.tongue_of(request).code, request.raw_path)
        return answer(request, self._held.get(key) or await self._made(request, key, context))

    async def _made(self, request: web.Request, key: Key, context: Context) -> CutPage:
        edition = self._edition
        page = cut(request, key[0], await context())
        if edition == self._edition:
            if len(self._held) >= MOST:
                self._held.clear()  # one address spelt in ever new ways; what is really read is soon back
            self._held[key] = page
        return page


SHARED_PAGES: web.AppKey[SharedPages] = web.AppKey("shared pages", SharedPages)
