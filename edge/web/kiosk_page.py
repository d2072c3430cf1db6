"""What every page of the kiosk is shown with: its template folder and its idle clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from aiohttp import web

from protocol.office.calendar import local_date
from screens import pages
from screens.own_pages import OWN_PAGES, Make
from screens.shared_pages import SHARED_PAGES, Context

MINUTE_MS = 60_000

WARN_MS = 30_000
"""The page warns this long before its session ends: the guidance for older users is 20 s at the least."""


def show(request: web.Request, template: str, status: int = 200, **context: Any) -> web.Response:
    """Render a page of the kiosk."""
    return pages.render(request, f"kiosk/{template}", status, **context)


def leaves_by_itself(request: web.Request) -> str:
    """The `Refresh` header of what a browser shows without our scripts: it leaves when an idle session ends."""
    return f"{pages.area_of(request).idle_ms // 1000}; url=/kiosk/ended"


async def show_shared(
    request: web.Request, template: str, context: Context, queries: Collection[str] = ("",)
) -> web.Response:
    """Render a page of the kiosk that is the same for everyone who has not signed in (`screens.shared_pages`)."""
    return await request.app[SHARED_PAGES].show(request, f"kiosk/{template}", context, queries)


async def show_own(request: web.Request, template: str, make: Make) -> web.Response:
    """Render a page of the kiosk about one's own account, or give the one in the session while it still shows what is
    so (`screens.own_pages`)."""
    today = _day_of(request.app[pages.SITE].now() // MINUTE_MS)
    return await request.app[OWN_PAGES].show(request, f"kiosk/{template}", today, make)


@lru_cache(maxsize=1)
def _day_of(minute: int) -> date:
    """The day of a minute since the epoch: every day of an office begins with one."""
    return local_date(minute * MINUTE_MS)


def go(to: str, headers: Mapping[str, str] | None = None) -> web.HTTPSeeOther:
    """A redirect after a form, so that "back" never sends anything twice."""
    return web.HTTPSeeOther(to, headers=headers)
