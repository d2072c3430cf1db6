"""A PIN of one's own: chosen with the one-time PIN of the counter, or changed on one's account page.

Rules:

- Who signed in with a one-time PIN is a newcomer: every page of a citizen sends him here until he has chosen.
- A PIN is never given back to a page, nor kept between two of them.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import pins
from edge.services.office import Office
from edge.store.rows import AccountView
from edge.web import kiosk_opening, signed_in
from edge.web.kiosk_page import go, show
from edge.web.paired import place_of
from edge.web.signed_in import CHOOSE_PIN
from protocol.errors import PersonError
from screens import pages
from screens.forms import Form, read_form
from screens.limits import SIGN_IN

CHANGE_PIN = "/kiosk/account/pin"
CHANGED = "/kiosk/account?pin=1"
SENT = "sent"


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of choosing and changing a PIN."""
    return [
        web.get(CHOOSE_PIN, ask_new),
        web.post(CHOOSE_PIN, choose),
        web.get(CHANGE_PIN, ask_change),
        web.post(CHANGE_PIN, change),
    ]


def meet(request: web.Request, account: AccountView) -> str:
    """Begin a newcomer's session under a new id; return where he chooses his PIN."""
    wanted = pages.session_of(request).data.get("next")
    signed_in.begin(request, signed_in.Newcomer(account.subject, account.name_ar, account.name_fr))
    if isinstance(wanted, str):
        pages.session_of(request).data["next"] = wanted
    return CHOOSE_PIN


@signed_in.newcomer
async def ask_new(request: web.Request) -> web.StreamResponse:
    """A PIN of one's own, twice."""
    return show(request, "pin_new.html", form=Form())


@signed_in.newcomer
async def choose(request: web.Request) -> web.StreamResponse:
    """Take the new PIN, and begin the citizen's own session."""
    office, values = signed_in.office_of(request), await read_form(request)
    account = signed_in.newcomer_of(request).account
    try:
        command = signed_in.command_of(request, values)
        await pins.choose(office, command, account, values.get("pin", ""), values.get("pin_again", ""))
    except PersonError as error:
        form = Form({}, pages.tongue_of(request).errors(error))
        return show(request, "pin_new.html", error.status, form=form)
    raise go(await kiosk_opening.welcome(request, account))


@signed_in.citizen
async def ask_change(request: web.Request) -> web.StreamResponse:
    """The PIN of now, and another twice."""
    return show(request, "pin_change.html", form=Form())


@signed_in.citizen
async def change(request: web.Request) -> web.StreamResponse:
    """Change the PIN; sent twice, it is changed once."""
    office, values = signed_in.office_of(request), await read_form(request)
    account, command = signed_in.citizen_of(request).account, signed_in.command_of(request, values)
    sent: dict[bytes, str] = pages.session_of(request).data.setdefault(SENT, {})
    if command in sent:
        raise go(sent[command])
    now, pin, again = (values.get(name, "") for name in ("pin_now", "pin", "pin_again"))
    try:
        place = place_of(request)
        with request.app[signed_in.LIMITS].trying(SIGN_IN, place, 429):
            await pins.change(office, command, account, now, pin, again, place)
    except PersonError as error:
        form = Form({}, pages.tongue_of(request).errors(error))
        return show(request, "pin_change.html", error.status, form=form)
    sent[command] = CHANGED
    raise go(CHANGED)
