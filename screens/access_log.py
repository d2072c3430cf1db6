"""The access log, which names nobody: a line for what somebody may ask about later, a count for what was only read.

- A line for each request that changed something or was meant to, was refused, broke, or took somebody's patience: its
  method, route's pattern, status and milliseconds; never the path, the query or the address.
- What was only read is counted by its route (`READS`, served at /metrics). A screen asks again whenever the office
  moves, and an appliance's card wears with each line.
- A stream that a screen keeps open has a line once it ends: how long it was held.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import structlog
from aiohttp import web

from screens.metrics import Metric, Sample

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
KNOWN_METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}

SLOW_S = 1.0
"""A read that took longer has a line: after a second a person's thought is interrupted (Nielsen, Usability Engineering,
1993)."""

READS: web.AppKey[Counter[str]] = web.AppKey("reads", Counter)
"""How often each route was read since the start."""

log = structlog.get_logger("mulhaqa.web")


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write a request's line, or count it."""
    began = monotonic()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        _told(request, status, monotonic() - began)
    return response


def _told(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource else "unmatched"
    if not worth_a_line(request.method, status, seconds):
        request.app[READS][pattern] += 1
        return
    method = request.method if request.method in KNOWN_METHODS else "other"
    log.info("request", method=method, route=pattern, status=status, ms=round(seconds * 1000))


def worth_a_line(method: str, status: int, seconds: float) -> bool:
    """Say whether somebody may ask about a request that was answered so, after so long."""
    return method not in SAFE_METHODS or status >= 400 or seconds >= SLOW_S


def metric(side: str) -> Metric:
    """The figure of what was read, as `side` (edge, central) declares it."""
    return Metric(f"mulhaqa_{side}_reads", "Answers that were only read, since the start, by route.", ("route",))


def samples(request: web.Request, side: str) -> Sequence[Sample]:
    """What was read until now."""
    return [Sample(f"mulhaqa_{side}_reads", count, (route,)) for route, count in sorted(request.app[READS].items())]
