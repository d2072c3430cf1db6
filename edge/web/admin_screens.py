"""The screens, on the appliance's page: inviting a device, confirming what appeared, renaming, removing.

The code and the QR code of an invitation are shown to whoever may run the appliance, for as long as it lives. What is
removed is out at once: its streams are told to end (`edge.web.live`), and whoever sat at it is signed out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from markupsafe import Markup

from edge.services import pairing, screens
from edge.services.forms import FormCheck
from edge.services.invitations import address
from edge.services.invited import Open
from edge.services.office import Office
from edge.store.rows import ScreenView
from edge.web import paired, signed_in
from edge.web.codes import qr_code
from edge.web.duties import RUNS_IT
from edge.web.screen_routes import KIND_WORDS
from protocol.errors import N_, PersonError, PersonErrors
from protocol.office.events import Actor
from screens import pages
from screens.forms import Form, read_form
from screens.pages import render

PAGE = "/admin/screens"
DONE = "screens"
"""Where the session keeps the sentence that the page says once."""

INVITED = N_("The code is made: type it on the new screen, or photograph its picture there.")
PAIRED = N_("The screen is paired.")
CANCELLED = N_("The code works no more.")
RENAMED = N_("The screen has its new name.")
REMOVED = N_("The screen is removed: it shows nothing any more, and whoever sat there is signed out.")

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as the page shows it; `picture` is the QR code of its address."""

    open: Open
    picture: Markup


@dataclass(frozen=True, slots=True)
class Seen:
    """A paired screen, and how many minutes ago it asked for something: None if not since the service began."""

    screen: ScreenView
    at_ms: int | None
    minutes: int | None


def routes(_office: Office) -> list[web.RouteDef]:
    """The page, and what can be done on it."""
    return [
        web.get(PAGE, show),
        web.post(f"{PAGE}/invite", invite),
        web.post(f"{PAGE}/confirm", confirm),
        web.post(f"{PAGE}/cancel", cancel),
        web.post(f"{PAGE}/rename", rename),
        web.post(f"{PAGE}/remove", remove),
    ]


@RUNS_IT
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    return await _page(request)


@RUNS_IT
async def invite(request: web.Request) -> web.StreamResponse:
    """Make a code for one device of a kind and a name."""
    values, check = await read_form(request), FormCheck()
    try:
        kind = check.field(lambda: pairing.kind_of(values.get("kind", "")), pairing.KINDS[0])
        name = check.field(lambda: screens.check_name(values.get("name", "")), "")
        check.done()
        pairing.invite(signed_in.office_of(request), kind, name, signed_in.actor_of(request))
    except (PersonError, PersonErrors) as error:
        typed = Form(values, pages.tongue_of(request).errors(error))
        return await _page(request, adding=typed, status=error.status if isinstance(error, PersonError) else 422)
    raise _done(request, INVITED)


@RUNS_IT
async def confirm(request: web.Request) -> web.StreamResponse:
    """Pair the device that came with a code."""

    async def act(to: Asked) -> None:
        await pairing.confirm(to.office, to.command, to.values.get("invitation", ""), to.by)

    return await _do(request, act, PAIRED)


@RUNS_IT
async def cancel(request: web.Request) -> web.StreamResponse:
    """Take a code back, and turn away the device that came with it."""

    async def act(to: Asked) -> None:
        pairing.cancel(to.office, to.values.get("invitation", ""))

    return await _do(request, act, CANCELLED)


@RUNS_IT
async def rename(request: web.Request) -> web.StreamResponse:
    """Call a screen otherwise."""

    async def act(to: Asked) -> None:
        await screens.rename(to.office, to.command, to.screen(), to.values.get("name", ""), to.by)

    return await _do(request, act, RENAMED)


@RUNS_IT
async def remove(request: web.Request) -> web.StreamResponse:
    """Let a device be no screen any more, and sign out whoever sits there."""

    async def act(to: Asked) -> None:
        screen = to.screen()
        await screens.remove(to.office, to.command, screen, to.by, at=paired.screen_of(request).screen)
        request.app[pages.SITE].sessions.close_on(screen.hex())

    return await _do(request, act, REMOVED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form of the page asks for, and who asks."""

    office: Office
    values: Mapping[str, str]
    command: bytes
    by: Actor

    def screen(self) -> bytes:
        """The screen that it is about; PersonError (404) for what is none."""
        try:
            return bytes.fromhex(self.values.get("screen", ""))
        except ValueError as error:
            raise PersonError(screens.NOT_THERE, status=404) from error


async def _do(request: web.Request, act: Callable[[Asked], Awaitable[None]], said: str) -> web.Response:
    """Do what a form asks for, and go back to the page, which says so; a refusal stands on the page."""
    values = await read_form(request)
    command = signed_in.command_of(request, values)
    try:
        await act(Asked(signed_in.office_of(request), values, command, signed_in.actor_of(request)))
    except PersonError as error:
        return await _page(request, refused=pages.tongue_of(request).error(error), status=error.status)
    raise _done(request, said)


def _done(request: web.Request, said: str) -> web.HTTPSeeOther:
    pages.session_of(request).data[DONE] = said
    return web.HTTPSeeOther(PAGE)


async def _page(
    request: web.Request, *, adding: Form | None = None, refused: str = "", status: int = 200
) -> web.Response:
    office = signed_in.office_of(request)
    return render(
        request,
        "admin/screens.html",
        status,
        said=str(pages.session_of(request).data.pop(DONE, "")),
        refused=refused,
        adding=adding or Form(),
        waiting=_invited(office),
        screens=[_seen(office, one) for one in await screens.paired(office)],
        kinds=KIND_WORDS,
        here=paired.screen_of(request).screen,
    )


def _invited(office: Office) -> Sequence[Invited]:
    origin, certificate = office.annexe.origin, office.certificate()
    root = "" if certificate is None else certificate.root
    return [Invited(one, qr_code(address(origin, one.invited, root))) for one in pairing.waiting(office)]


def _seen(office: Office, screen: ScreenView) -> Seen:
    at_ms = office.screens.seen_ms(screen.screen)
    return Seen(screen, at_ms, None if at_ms is None else max(0, office.now() - at_ms) // MINUTE_MS)
