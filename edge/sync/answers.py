"""Who answered in the prefecture's place: what an attempt to connect failed of, as one of few kinds.

- The prefecture marks its own refusals (`REFUSAL`). So whatever else answers HTTP at its address is somebody else: a
  captive portal sends its sign-in page, or a redirect to it, with any status. A redirect is never followed: the hello
  would go along.
- A server error (5xx) is a reverse proxy whose prefecture is down, but for 511, which RFC 6585 made for portals.
- A certificate that is not the prefecture's, or no TLS where TLS should be, is an interception: nothing but the name of
  the prefecture's host has left.
- Over a proxy, what the proxy itself says is told apart by what can be done about it. As proxies do: 407, or 401, where
  the credentials are wrong; 5xx where the prefecture cannot be reached behind it; anything else where it forbids.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from aiohttp import (
    ClientHandlerType,
    ClientHttpProxyError,
    ClientProxyConnectionError,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSSLError,
    ServerFingerprintMismatch,
    WSServerHandshakeError,
)

from edge.sync import sentences

REFUSAL = "Mulhaqa-Refusal"
"""A header of the prefecture's own refusals (protocol/sync/README.md, "Frames")."""


class NoLine(Exception):
    """There is no line to the prefecture. The text is the technical reason; `sentence` a msgid that says what to do."""

    sentence: ClassVar[str] = sentences.UNREACHABLE


class Unreachable(NoLine):
    """Nobody answered."""


class Refused(NoLine):
    """The prefecture answered, and does not want this annexe."""

    sentence = sentences.REFUSED


class Portal(NoLine):
    """Somebody else answered HTTP."""

    sentence = sentences.PORTAL


class Intercepted(NoLine):
    """Somebody else answered TLS."""

    sentence = sentences.INTERCEPTED


class ProxyUnreachable(NoLine):
    """The proxy of the settings does not answer."""

    sentence = sentences.PROXY_UNREACHABLE


class ProxyPassword(NoLine):
    """The proxy does not take the credentials of the settings."""

    sentence = sentences.PROXY_PASSWORD


class ProxyRefused(NoLine):
    """The proxy does not connect to the prefecture."""

    sentence = sentences.PROXY_REFUSED


async def stay_here(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Refuse every redirect (a client middleware of aiohttp); raises Portal."""
    response = await handler(request)
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        response.close()
        raise Portal(f"HTTP {response.status}")
    return response


def what_failed(error: Exception) -> NoLine:
    """Return what an error of aiohttp or of the system means, before there was a connection."""
    why = type(error).__name__
    match error:
        case ClientProxyConnectionError():
            return ProxyUnreachable(why)
        case ClientHttpProxyError():
            return _of_proxy(error.status)
        case WSServerHandshakeError():
            return _of_answer(error)
        case ClientResponseError():  # it speaks, and not HTTP
            return Portal(why)
        case ClientSSLError() | ServerFingerprintMismatch():
            return Intercepted(why)
    return Unreachable(why)


def _of_proxy(status: int) -> NoLine:
    said = f"proxy: HTTP {status}"
    if status in (HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, HTTPStatus.UNAUTHORIZED):
        return ProxyPassword(said)
    return Unreachable(said) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ProxyRefused(said)


def _of_answer(error: WSServerHandshakeError) -> NoLine:
    said = f"HTTP {error.status}"
    if error.headers is not None and REFUSAL in error.headers:
        return Refused(said)
    server_error = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if server_error and error.status != HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED:
        return Unreachable(said)
    return Portal(said)
