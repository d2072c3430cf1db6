"""A signed-in person's page, kept in his session: given again until something that it was made from has changed.

A page that is open on a screen asks again whenever anything in the office moved; mostly it was somebody else's.

- A page is made from accounts: one's own, those of one's children. `changed` is told of each commit that concerns one,
  before anyone hears of that commit; a page that was begun before is made anew. So nobody reads what is over.
- It stands for one sign-in, language, address and day alone: who signs in gets another token, and children come of age.
- It lies in the session and dies with it, at the latest when the session idles away. Ids of commands are fresh in
  every answer; the handler's checks come first, for they are the route's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from aiohttp import web

from screens import pages
from screens.cut_pages import CutPage, answer, cut
from screens.sessions import Session

MOST_PAGES: Final = 500
"""Sessions that keep a page, one each (what its screen shows now), some 7 kB: an annexe has a dozen screens. Past it
the one that kept a page first gives it up."""

MOST_ACCOUNTS: Final = 10_000
"""Accounts of which a change is remembered: a town's week. Past it all pages are made anew, once."""

KEPT: Final = "own page"
"""Where it lies in the session's data."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a page is rendered with, and the accounts that this was read from."""

    accounts: frozenset[bytes]
    context: Mapping[str, Any]


Make = Callable[[], Awaitable[Made]]
Key = tuple[str, str, str, str, date]


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page as it was when `edition` was the newest."""

    key: Key
    accounts: frozenset[bytes]
    edition: int
    page: CutPage


@dataclass(slots=True)
class OwnPages:
    """Which pages of one application still show what is so."""

    most_pages: int = MOST_PAGES
    most_accounts: int = MOST_ACCOUNTS
    _edition: int = 0
    _floor: int = 0
    _changed: dict[bytes, int] = field(default_factory=dict)
    _holders: OrderedDict[str, Session] = field(default_factory=OrderedDict)

    def changed(self, accounts: Collection[bytes]) -> None:
        """Note a change of these accounts; of every account when none is named."""
        self._edition += 1
        if not accounts or len(self._changed) >= self.most_accounts:
            self._changed.clear()
            self._floor = self._edition
        self._changed.update(dict.fromkeys(accounts, self._edition))

    async def show(self, request: web.Request, template: str, day: date, make: Make) -> web.Response:
        """Answer a signed-in person with `template`; `make` is asked only when his page must be rendered.

        `day`: today, as far as what is shown depends on it.
        """
        session = pages.session_of(request)
        key = (session.csrf, template, pages.tongue_of(request).code, request.raw_path, day)
        kept = session.data.get(KEPT)
        if isinstance(kept, KeptPage) and kept.key == key and self._stands(kept):
            return answer(request, kept.page)
        edition, made = self._edition, await make()
        page = cut(request, template, made.context)
        if session.csrf == key[0] and request.app[pages.SITE].sessions.alive(session):
            self._keep(session, KeptPage(key, made.accounts, edition, page))
        return answer(request, page)

    def _stands(self, kept: KeptPage) -> bool:
        return max(map(self._changed_at, kept.accounts), default=self._edition) <= kept.edition

    def _changed_at(self, account: bytes) -> int:
        return self._changed.get(account, self._floor)

    def _keep(self, session: Session, page: KeptPage) -> None:
        session.data[KEPT] = page
        self._holders[session.csrf] = session
        if len(self._holders) > self.most_pages:
            _, longest = self._holders.popitem(last=False)
            longest.data.pop(KEPT, None)


OWN_PAGES: web.AppKey[OwnPages] = web.AppKey("own pages", OwnPages)
