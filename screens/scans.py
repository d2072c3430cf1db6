"""The file of a scan, sent to who may see it.

It goes out under the type that its own first bytes gave it, never under what somebody said; it is shown and not kept,
and a picture may do nothing at all in the browser.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

PICTURES = frozenset({"image/jpeg", "image/png"})

NAMES = {"image/jpeg": "scan.jpg", "image/png": "scan.png", "application/pdf": "scan.pdf"}
"""What a file is called where it is saved: nothing of whose it is."""

STILL = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For pictures. A browser's own reader of PDFs does not open in a sandbox."""


async def send_scan(request: web.Request, media: str, size: int, content: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send a file of `size` bytes, whole and verified before it is begun."""
    headers = {"Content-Disposition": f'inline; filename="{NAMES[media]}"', "Content-Type": media}
    if media in PICTURES:
        headers["Content-Security-Policy"] = STILL
    response = web.StreamResponse(headers=headers)
    response.content_length = size
    await response.prepare(request)
    async for piece in content:
        await response.write(piece)
    await response.write_eof()
    return response
