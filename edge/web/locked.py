"""The pages of an appliance whose vault is locked: every screen says so, and `/admin` takes the passphrase.

- Nothing of the annexe is known yet, not even its name: it is sealed.
- The passphrase is taken from the appliance's own screen, or over HTTPS. Over plain HTTP from elsewhere it would be
  read by whoever listens on the cable, so it is refused in words.
- `/health` answers 503 with `{"locked": true}`; the pages look there, and come back by themselves once it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from edge.custody.gate import OWN_SCREEN, Gate
from edge.web.application import sweeping
from edge.web.metrics import METRICS
from protocol.errors import N_, PersonError
from screens import pages, security
from screens.forms import Form, read_form
from screens.metrics import Sample, answer
from screens.pages import Area, render

TEMPLATES: Final = Path(__file__).parent / "templates"
GATE: web.AppKey[Gate] = web.AppKey("gate", Gate)
AREAS: Final = (
    Area("locked", "locked/layout.html", 15 * 60_000, "/admin"),
    Area("admin", "locked/layout.html", 15 * 60_000, "/admin"),
)

IN_CLEAR: Final = N_(
    "On this connection a passphrase can be overheard: it was not looked at. Type it at the appliance's own screen."
)


def build(gate: Gate, now: Callable[[], int], entropy: Callable[[int], bytes]) -> web.Application:
    """The application of a locked appliance."""
    app = web.Application(client_max_size=security.LARGEST_FORM)
    app[GATE] = gate
    security.install(app)
    pages.setup(app, areas=AREAS, folders=[TEMPLATES], now=now, entropy=entropy, context=lambda _request: {})
    app.cleanup_ctx.append(sweeping)
    app.router.add_get("/health", health)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/admin", admin)
    app.router.add_post("/admin", enter)
    app.router.add_get("/{path:.*}", closed)
    return app


async def health(request: web.Request) -> web.StreamResponse:
    """GET /health: the process lives and serves nobody yet."""
    return web.json_response({"locked": not request.app[GATE].is_open}, status=503)


async def metrics(request: web.Request) -> web.StreamResponse:
    """GET /metrics: the one figure that there is."""
    return answer(request, METRICS, [Sample("mulhaqa_edge_locked", not request.app[GATE].is_open)])


async def closed(request: web.Request) -> web.StreamResponse:
    """Any screen: what is wrong, and who can mend it."""
    return render(request, "locked/closed.html", 503)


async def admin(request: web.Request) -> web.StreamResponse:
    """GET /admin: the form."""
    return _form(request, Form({}))


async def enter(request: web.Request) -> web.StreamResponse:
    """POST /admin: try a passphrase. It is neither kept nor given back."""
    passphrase = (await read_form(request)).get("passphrase", "")
    try:
        refuse_in_clear(request)
        await request.app[GATE].enter(passphrase, request.remote or "")
    except PersonError as error:
        return _form(request, Form({}, pages.tongue_of(request).errors(error)), error.status)
    return _form(request, Form({}))


def _form(request: web.Request, form: Form, status: int | None = None) -> web.Response:
    gate = request.app[GATE]
    usual = 200 if gate.is_open else 503
    return render(
        request, "locked/admin.html", status or usual, form=form, is_open=gate.is_open, asks=gate.takes_passphrase
    )


def refuse_in_clear(request: web.Request) -> None:
    """Raise PersonError where whoever listens on the cable would read the passphrase."""
    if not request.secure and request.remote not in OWN_SCREEN:
        raise PersonError(IN_CLEAR, status=403)
