"""Whether the appliance can do its work: for the watchdog, the launcher and the update's health gate; no data.

The check is a real one: a look at the store through a read connection, and the writer not stopped by its disk.
"""

from __future__ import annotations

from aiohttp import web

from edge.services.office import Office
from edge.web import signed_in


def routes(_office: Office) -> list[web.RouteDef]:
    """The one route."""
    return [web.get("/health", show)]


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """Answer 200 when everything works, 503 when nothing can be kept."""
    office = signed_in.office_of(request)
    failure = office.store.failure
    async with office.store.reading() as reader:
        tail = await reader.log_tail(1)
    state: dict[str, str | bool] = {"annexe": office.annexe.id, "software": office.software}
    state |= {"log": bool(tail), "disk": failure is None, "post": office.store.post.value}
    return web.json_response(state, status=200 if failure is None else 503)
