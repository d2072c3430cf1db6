"""The file of a scan, as the staff's screens open it."""

from __future__ import annotations

from aiohttp import web

from edge.services import scans
from edge.web import signed_in
from edge.web.counter_casework import note_the_look
from edge.web.counter_desk import subject_of_path
from protocol.errors import PersonError
from protocol.records.hashing import HASH_SIZE
from screens.scans import send_scan


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
    return await send_scan(request, opened.scan.media, opened.scan.size, opened.content)
