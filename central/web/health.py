"""Whether the server can do its work: for the launcher, a load balancer and a watchdog; no data.

The check is a real one: a question to the database through a connection of its own.
"""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from central.web import signed_in


def routes() -> list[web.RouteDef]:
    """The one route."""
    return [web.get("/health", show)]


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """Answer 200 when what is sent can be kept and shown, 503 when the database does not answer."""
    prefecture = signed_in.prefecture_of(request)
    try:
        await prefecture.centre.queries.counts()
        answers = True
    except DBAPIError:
        answers = False
    state = {"centre": prefecture.profile.id, "software": prefecture.software, "database": answers}
    return web.json_response(state, status=200 if answers else 503)
