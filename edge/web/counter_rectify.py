"""At the counter, with the card in hand: another telephone, what the account says put right, a one-time PIN.

A PIN is shown on one page, once: it lies in the clerk's session until that page is drawn, and nowhere after.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import accounts, pins, rectification
from edge.services.account_forms import Said
from edge.services.office import Office
from edge.services.rectification import Correction
from edge.web import signed_in
from edge.web.counter_desk import Desk, person, subject_of_path, waiting_lists
from edge.web.counter_page import done, path_of_person, path_of_request, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from screens import pages
from screens.forms import Form, read_form

PIN = "one-time pin"
"""Where the session keeps the PIN that the next page shows: (account, digits)."""

PERSON = "/counter/person/{account}"
FIELDS = ("name_ar", "name_fr", "birth_date", "address", "document")


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of corrections and PINs."""
    return [
        web.get(f"{PERSON}/correct", ask),
        web.post(f"{PERSON}/correct", correct),
        web.post(f"{PERSON}/phone", change_phone),
        web.post(f"{PERSON}/pin", give_pin),
        web.get(f"{PERSON}/pin", show_pin),
        web.post("/counter/request/{case}/applicant", take_over),
    ]


@AT_THE_COUNTER
async def ask(request: web.Request) -> web.StreamResponse:
    """What the account says, ready to be put right."""
    account = await accounts.view(signed_in.office_of(request), _account(request), signed_in.actor_of(request))
    return await _page(request, Form({name: str(getattr(account, name)) for name in FIELDS} | {"take_over": "yes"}))


def _account(request: web.Request) -> bytes:
    return subject_of_path(request.match_info["account"])


async def _page(request: web.Request, form: Form, status: int = 200, about: str = "identity") -> web.StreamResponse:
    """The three forms; what was typed and what is wrong belong to the one that is named."""
    office = signed_in.office_of(request)
    one = await person(office, _account(request), signed_in.actor_of(request))
    desk = Desk("rectify", await waiting_lists(office), one, form=form, about=about)
    return show(request, desk, status)


async def _refused(request: web.Request, values: dict[str, str], error: PersonError, about: str) -> web.StreamResponse:
    if error.status == 404:
        raise error
    return await _page(request, Form(values, pages.tongue_of(request).errors(error)), error.status, about)


@AT_THE_COUNTER
async def correct(request: web.Request) -> web.StreamResponse:
    """Put right what the account says; a number that was left empty stays as it is."""
    office, by, values = signed_in.office_of(request), signed_in.actor_of(request), await read_form(request)
    account = await accounts.view(office, _account(request), by)
    document = values.get("document") or account.document
    kept = account.cnie if document == account.document else ""
    said = Said(
        document=document,
        cnie=values.get("cnie") or kept,
        state=values.get("state", "") if values.get("cnie") else "",
        name_fr=values.get("name_fr", ""),
        name_ar=values.get("name_ar", ""),
        birth_date=values.get("birth_date", ""),
        address=values.get("address", ""),
    )
    correction = Correction(said, values.get("card_seen") == "yes", values.get("take_over") == "yes")
    try:
        command = signed_in.command_of(request, values)
        await rectification.correct(office, command, account.subject, correction, by)
    except PersonError as error:
        return await _refused(request, values, error, "identity")
    raise done(request, N_("The account is put right, and the citizen reads it in his history."), _back(request))


def _back(request: web.Request) -> str:
    return path_of_person(_account(request))


@AT_THE_COUNTER
async def change_phone(request: web.Request) -> web.StreamResponse:
    """Give the account another telephone, or none."""
    office, by, values = signed_in.office_of(request), signed_in.actor_of(request), await read_form(request)
    seen, take_over = values.get("card_seen") == "yes", values.get("take_over") == "yes"
    try:
        command = signed_in.command_of(request, values)
        phone = values.get("phone", "")
        await rectification.change_phone(office, command, _account(request), phone, seen, take_over, by)
    except PersonError as error:
        return await _refused(request, values, error, "phone")
    raise done(request, N_("The telephone is changed."), _back(request))


@AT_THE_COUNTER
async def give_pin(request: web.Request) -> web.StreamResponse:
    """Give a one-time PIN, and go to the page that shows it."""
    office, by, values = signed_in.office_of(request), signed_in.actor_of(request), await read_form(request)
    account = _account(request)
    try:
        command = signed_in.command_of(request, values)
        pin = await pins.give(office, command, account, values.get("card_seen") == "yes", by)
    except PersonError as error:
        return await _refused(request, values, error, "pin")
    if pin is not None:
        pages.session_of(request).data[PIN] = (account, pin)
    raise web.HTTPSeeOther(f"{_back(request)}/pin")


@AT_THE_COUNTER
async def show_pin(request: web.Request) -> web.StreamResponse:
    """Show the PIN, once."""
    office = signed_in.office_of(request)
    one = await person(office, _account(request), signed_in.actor_of(request))
    owner, pin = pages.session_of(request).data.pop(PIN, (b"", ""))
    desk = Desk("pin", await waiting_lists(office), one, pin=pin if owner == _account(request) else "")
    return show(request, desk)


@AT_THE_COUNTER
async def take_over(request: web.Request) -> web.StreamResponse:
    """Have a request say what its account says since it was put right."""
    office, values = signed_in.office_of(request), await read_form(request)
    case = subject_of_path(request.match_info["case"])
    command = signed_in.command_of(request, values)
    await rectification.take_over(office, command, case, signed_in.actor_of(request))
    raise done(request, N_("The request now says what the account says."), path_of_request(case))
