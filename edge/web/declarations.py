"""The blank declarations on honour as files to print, the same at the kiosk and at the counter.

Nobody's data are in them or in their addresses.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import declarations
from edge.web import signed_in


async def form(request: web.Request) -> web.Response:
    """The form that the path names by `id` and `declaration`; PersonError 404 when there is none."""
    name = request.match_info["declaration"]
    pdf = await declarations.pdf(signed_in.office_of(request), request.match_info["id"], name)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)
