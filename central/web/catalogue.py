"""The catalogue as it is published: each procedure's newest version, where it comes from, and what is still unknown."""

from __future__ import annotations

from aiohttp import web

from central.web import signed_in
from central.web.words import STATUSES
from screens.pages import render


def routes() -> list[web.RouteDef]:
    """The page's one route."""
    return [web.get("/prefecture/catalogue", show)]


@signed_in.staff("officer")
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    published = await signed_in.prefecture_of(request).centre.queries.catalogue()
    return render(request, "prefecture/catalogue.html", published=published, statuses=STATUSES)
