"""At the counter: what may happen to a request besides its next step: missing pieces, withdrawal, appeal; papers."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from edge.services import appeals, missing, notices, withdrawals
from edge.services.office import Office
from edge.web import signed_in
from edge.web.counter_casework import Handler, note_the_look, paper_answer, show_request, step
from edge.web.counter_desk import subject_of_path
from edge.web.duties import AT_THE_COUNTER, SUPERVISES
from protocol.errors import N_, PersonError
from protocol.office.events import Actor
from screens import pages
from screens.forms import Form

"""Who answers an appeal: never the agent who refused, nor a clerk."""


def routes(_office: Office) -> list[web.RouteDef]:
    """The routes of these steps, and of the papers that go with them."""
    case = "/counter/request/{case}"
    return [
        web.get(f"{case}/missing", ask_with("missing")),
        web.post(f"{case}/missing", step(ask, ASKED, form="missing")),
        web.get(f"{case}/withdraw", ask_with("withdraw")),
        web.post(f"{case}/withdraw", step(withdraw, N_("The request is withdrawn."), form="withdraw")),
        web.get(f"{case}/appeal", ask_with("appeal")),
        web.post(f"{case}/appeal", step(appeal, LODGED, form="appeal")),
        web.post(
            f"{case}/appeal/answer",
            step(answer, N_("The appeal is answered: an SMS calls the citizen."), who=SUPERVISES),
        ),
        *(web.get(f"{case}/{name}.pdf", paper(name)) for name in notices.PAPERS),
    ]


ASKED = N_("Asked for, once: hand over the incomplete receipt. An SMS calls the citizen too.")
LODGED = N_("The appeal is lodged: hand over its receipt.")


def ask_with(act: str) -> Handler:
    """Make the page of a form that was asked for: the first of two steps."""

    @AT_THE_COUNTER
    async def handler(request: web.Request) -> web.StreamResponse:
        return await show_request(request, subject_of_path(request.match_info["case"]), Form(), act=act)

    return handler


async def ask(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """Ask for what is missing."""
    await missing.ask(office, command, case, named_pieces(values), by)


def named_pieces(values: Mapping[str, str]) -> list[str]:
    """The pieces that were ticked as missing."""
    return [name.removeprefix("missing-") for name in values if name.startswith("missing-")]


async def withdraw(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The citizen in front of the clerk does not want it any more."""
    if values.get("card_seen") != "yes":
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")
    await withdrawals.withdraw(office, command, case, values.get("sure") == "yes", by)


async def appeal(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The clerk writes down what the citizen holds against the refusal."""
    await appeals.lodge(office, command, case, values.get("grounds", ""), by)


async def answer(office: Office, command: bytes, case: bytes, values: Mapping[str, str], by: Actor) -> None:
    """The supervisor answers."""
    await appeals.answer(office, command, case, values.get("outcome", ""), values.get("reason_text", ""), by)


def paper(name: str) -> Handler:
    """Make the handler of one of a request's papers, in the language of the screen first."""

    @AT_THE_COUNTER
    async def handler(request: web.Request) -> web.StreamResponse:
        office, case = signed_in.office_of(request), subject_of_path(request.match_info["case"])
        await note_the_look(request, case)
        return paper_answer(await notices.pdf(office, case, name, pages.tongue_of(request).content))

    return handler
