"""The file of a scan, as the staff's screens open it.

A file goes out under the type that its own first bytes gave it, never under what somebody said; it is shown and not
kept, and a picture may do nothing at all in the browser.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import scans
from edge.web import signed_in
from edge.web.counter_casework import note_the_look
from edge.web.counter_desk import subject_of_path
from edge.web.scan_views import PICTURES
from protocol.errors import PersonError
from protocol.records.hashing import HASH_SIZE

NAMES = {"image/jpeg": "scan.jpg", "image/png": "scan.png", "application/pdf": "scan.pdf"}
"""What a file is called where it is saved: nothing of whose it is."""

STILL = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""For pictures. A browser's own reader of PDFs does not open in a sandbox."""


def address_of_path(text: str) -> bytes:
    """Read a scan's address from a path or a form; PersonError 404 when it is none."""
    try:
        address = bytes.fromhex(text)
    except ValueError:
        address = b""
    if len(address) != HASH_SIZE:
        raise PersonError(scans.NO_SCAN, status=404)
    return address


async def show_scan(request: web.Request) -> web.StreamResponse:
    """The file of a scan of this request; who looks is noted."""
    office, case = signed_in.office_of(request), subject_of_path(request.match_info["case"])
    await note_the_look(request, case)
    opened = await scans.look(office, case, address_of_path(request.match_info["address"]))
    media = opened.scan.media
    headers = {"Content-Disposition": f'inline; filename="{NAMES[media]}"', "Content-Type": media}
    if media in PICTURES:
        headers["Content-Security-Policy"] = STILL
    response = web.StreamResponse(headers=headers)
    response.content_length = opened.scan.size
    await response.prepare(request)
    async for piece in opened.content:
        await response.write(piece)
    await response.write_eof()
    return response
