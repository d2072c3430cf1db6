"""The cookies that a browser sent back: ours are two short tokens without quotes, so splitting the header reads it.

aiohttp's reader knows every form that a cookie may take, and takes longer over it than all else that a page from memory
needs. What is no `name=value` is passed over; of two with one name the last counts, as there.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

SENT: web.RequestKey[Mapping[str, str]] = web.RequestKey("cookies sent", dict)


def sent(request: web.Request) -> Mapping[str, str]:
    """Return the request's cookies by name; read once a request."""
    try:
        return request[SENT]
    except KeyError:
        found = request[SENT] = _read(request.headers.get("Cookie", ""))
        return found


def _read(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found[name.strip()] = value.strip()
    return found
