"""Screens of an appliance that does not write in the annexe's name: a standby, or one that its standby has replaced.

Nothing can be done on them, so nobody is let begin: each says where to go. The administration page stays open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from edge.store.post import Post
from edge.web.signed_in import OFFICE
from protocol.errors import N_, PersonError

OPEN = ("/admin", "/health", "/metrics", "/mirror", "/pair", "/static")
"""Beginnings of the paths that are served whatever the post."""

SENTENCES: Mapping[Post, str] = {
    Post.STANDBY: N_("This appliance is the annexe's reserve, and serves nobody now. Use the annexe's own screens."),
    Post.REPLACED: N_("Another appliance serves this annexe now. Open the annexe's address again, or tell the staff."),
}


@web.middleware
async def keep_to_post(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse every screen but the administrator's where this machine does not write."""
    sentence = SENTENCES.get(request.app[OFFICE].store.post)
    if sentence is not None and not request.path.startswith(OPEN):
        raise PersonError(sentence, status=503)
    return await handler(request)
