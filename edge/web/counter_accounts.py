"""At the counter: opening an account for an adult, and noting that his card was seen."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services import accounts
from edge.services.accounts import AccountForm
from edge.services.office import Office
from edge.web import signed_in
from edge.web.counter_desk import Desk, subject_of_path, waiting_lists
from edge.web.counter_page import done, path_of_person, show
from edge.web.duties import AT_THE_COUNTER
from protocol.errors import N_, PersonError
from screens import pages
from screens.forms import Form, read_form

SPOKEN_CONSENT = "spoken, read back at the counter"
"""What the event says of the consent: an agent read the notice aloud, and the person agreed."""

NOT_GIVEN_BACK = ("pin", "command")
"""The secret; and the id, which may have been used: the form that is shown again is a new one."""


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of accounts."""
    return [
        web.get("/counter/new-account", ask),
        web.post("/counter/new-account", open_account),
        web.post("/counter/person/{account}/identity", verify),
    ]


@AT_THE_COUNTER
async def ask(request: web.Request) -> web.StreamResponse:
    """The empty form."""
    office = signed_in.office_of(request)
    language = pages.tongue_of(request).content
    return show(
        request, Desk("new_account", await waiting_lists(office), form=Form({"language": language, "document": "cnie"}))
    )


@AT_THE_COUNTER
async def open_account(request: web.Request) -> web.StreamResponse:
    """Open an assisted account under the clerk's name; with the card in his hand it is verified at once."""
    office, by = signed_in.office_of(request), signed_in.actor_of(request)
    values = await read_form(request)
    try:
        command = signed_in.command_of(request, values)
        seen = values.get("card_seen") == "yes"
        account = await accounts.open_account(office, command, typed(values), by, assisted=True, card_seen=seen)
    except PersonError as error:
        form = Form(values, pages.tongue_of(request).errors(error))
        form.forget(NOT_GIVEN_BACK)
        return show(request, Desk("new_account", await waiting_lists(office), form=form), error.status)
    raise done(request, N_("The account is open."), path_of_person(account))


def typed(values: Mapping[str, str], *, document: str = "cnie", guardian: bytes | None = None) -> AccountForm:
    """The service's form from a page's fields; `document` where the page does not ask for it."""
    return AccountForm(
        document=values.get("document") or document,
        state=values.get("state", ""),
        guardian=guardian,
        cnie=values.get("cnie", ""),
        name_fr=values.get("name_fr", ""),
        name_ar=values.get("name_ar", ""),
        phone=values.get("phone", ""),
        birth_date=values.get("birth_date", ""),
        address=values.get("address", ""),
        pin=values.get("pin") or None,
        language="fr" if values.get("language") == "fr" else "ar",
        consent=SPOKEN_CONSENT if values.get("consent") == "yes" else "",
    )


@AT_THE_COUNTER
async def verify(request: web.Request) -> web.StreamResponse:
    """Note that the card was seen."""
    office = signed_in.office_of(request)
    account = subject_of_path(request.match_info["account"])
    values = await read_form(request)
    await accounts.verify_identity(office, signed_in.command_of(request, values), account, signed_in.actor_of(request))
    raise done(request, N_("Identity verified: the card was seen."), path_of_person(account))
