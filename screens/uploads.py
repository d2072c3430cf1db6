"""Forms that carry a file: read as they come, so that a file is never in memory whole.

    @takes_file("scan")
    async def attach(request, upload): ...      # upload.values, upload.content

The form's text fields stand before its file, the session's token among them: `takes_file` has compared it before the
handler runs, as `security.csrf` does for every other form. What follows the file is not read.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from protocol.errors import N_, PersonError
from screens import pages
from screens.forms import LONGEST, NOT_UNDERSTOOD

MARK = "mulhaqa_takes_file"

MOST_FIELDS = 20
"""Text fields of such a form: ours have four or five."""

PIECE = 64 * 1024
"""Bytes of the file handed on at a time."""

FORGED = N_("This form did not come from this screen. Open the page again and send it once more.")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Upload:
    """The text fields, stripped, and the file's bytes as they come: empty when none was chosen."""

    values: Mapping[str, str]
    content: AsyncIterator[bytes]


def takes_file(field: str) -> Callable[[Callable[[web.Request, Upload], Awaitable[web.StreamResponse]]], Handler]:
    """Make a handler of one whose form ends with a file called `field`."""

    def decorate(inner: Callable[[web.Request, Upload], Awaitable[web.StreamResponse]]) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await inner(request, await _read(request, field))

        setattr(handler, MARK, True)
        handler.__doc__ = inner.__doc__
        return handler

    return decorate


def checks_its_token(handler: object) -> bool:
    """Whether a handler compares the session's token itself, as it reads its form."""
    return getattr(handler, MARK, False) is True


async def _read(request: web.Request, field: str) -> Upload:
    values: dict[str, str] = {}
    file: BodyPartReader | None = None
    try:
        parts = await request.multipart()
        while file is None and (part := await parts.next()) is not None:
            if isinstance(part, MultipartReader) or part.name is None or len(values) == MOST_FIELDS:
                raise PersonError(NOT_UNDERSTOOD, status=400)
            if part.name == field:
                file = part
            else:
                values[part.name] = (await part.read(decode=True)).decode().strip()[:LONGEST]
    except UNREADABLE as error:
        raise PersonError(NOT_UNDERSTOOD, status=400) from error
    _compare(request, values)
    return Upload(values, _pieces(file))


UNREADABLE = (AssertionError, LookupError, ValueError, RuntimeError, BadHttpMessage, web.RequestPayloadError)
"""What aiohttp's reader raises for bytes that are no such form, as they are (see `forms.read_posted`)."""


def _compare(request: web.Request, values: Mapping[str, str]) -> None:
    token = request.headers.get("X-CSRF", values.get("csrf", ""))
    if not hmac.compare_digest(token.encode(), pages.session_of(request).csrf.encode()):
        raise PersonError(FORGED, status=403)


async def _pieces(file: BodyPartReader | None) -> AsyncIterator[bytes]:
    try:
        while file is not None and (piece := await file.read_chunk(PIECE)):
            yield bytes(piece)
    except UNREADABLE as error:
        raise PersonError(NOT_UNDERSTOOD, status=400) from error
