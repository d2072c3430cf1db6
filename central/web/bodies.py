"""How much may be sent: a form's few kilobytes everywhere, a whole certificate at the verification alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from central.sealed_files import MAX_PDF
from screens.access_log import SAFE_METHODS
from screens.security import LARGEST_FORM

UPLOADS = frozenset({"/verify"})

LARGEST_UPLOAD = MAX_PDF + LARGEST_FORM
"""Bytes of a request's body: the largest file that is looked at, and the form around it."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def small_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hold every page that takes no file to a form's size."""
    if request.method in SAFE_METHODS or request.path in UPLOADS:
        return await handler(request)
    return await handler(request.clone(client_max_size=LARGEST_FORM))
