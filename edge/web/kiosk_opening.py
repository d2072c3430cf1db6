"""Opening an account at the kiosk: one question a page, check, then the PIN, which is never kept in between.

Rules:

- The notice of law 09-08 comes first; nothing is asked before it is agreed to.
- What was typed so far is a draft in the session at the server, never in the browser, and dies with the session.
- Each step checks its own answer; a step opens only when those before it are done.
- The account is opened by the last page alone, whose command id makes a resubmission harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from edge.services import accounts, pins
from edge.services.accounts import AccountForm
from edge.services.office import Office
from edge.web import signed_in
from edge.web.kiosk_page import go, show
from edge.web.paired import place_of
from protocol.errors import N_, PersonError, PersonErrors
from protocol.office import identity
from protocol.office.applicants import is_child
from protocol.office.calendar import local_date
from protocol.office.events import Actor, Language
from screens import pages
from screens.forms import Form, read_form
from screens.limits import CLAIMS

CONSENT = "law 09-08 notice, kiosk, 1"
"""Which notice was agreed to, and where: it is part of the account's record."""

DRAFT = "opening"
ROOT = "/kiosk/account/new"

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One page: its name in the address, the fields it asks for, and their checks (each raises PersonError)."""

    name: str
    fields: tuple[str, ...]
    check: Callable[[Values, Office], None]


def _check_consent(values: Values, _office: Office) -> None:
    if values.get("consent") != "yes":
        raise PersonError(
            N_("Without your agreement no account can be opened here. A clerk can explain."), field="consent"
        )


def _check_cnie(values: Values, _office: Office) -> None:
    identity.fold_cnie(values.get("cnie", ""))


def _check_names(values: Values, _office: Office) -> None:
    _all(
        lambda: identity.check_name_ar(values.get("name_ar", "")),
        lambda: identity.check_name_fr(values.get("name_fr", "")),
    )


def _check_birth_date(values: Values, office: Office) -> None:
    today = local_date(office.now())
    if is_child(identity.parse_birth_date(values.get("birth_date", ""), today).isoformat(), today):
        raise PersonError(
            N_("Under eighteen, an account is opened at the counter, through the guardian's account."),
            field="birth_date",
        )


def _check_address(values: Values, _office: Office) -> None:
    identity.check_address(values.get("address", ""))


def _check_phone(values: Values, _office: Office) -> None:
    if values.get("phone", "").strip():
        identity.phone_e164(values["phone"])


def _all(*checks: Callable[[], object]) -> None:
    errors: list[PersonError] = []
    for check in checks:
        try:
            check()
        except PersonError as error:
            errors.append(error)
    if errors:
        raise PersonErrors(errors)


STEPS = (
    Step("notice", ("consent",), _check_consent),
    Step("card", ("cnie",), _check_cnie),
    Step("name", ("name_ar", "name_fr"), _check_names),
    Step("birth", ("birth_date",), _check_birth_date),
    Step("address", ("address",), _check_address),
    Step("phone", ("phone",), _check_phone),
)
BY_NAME = {step.name: step for step in STEPS}
QUESTIONS = len(STEPS)


def routes(_office: Office) -> list[web.RouteDef]:
    """The pages of opening an account."""
    return [
        web.get(ROOT, begin),
        web.get(f"{ROOT}/check", check),
        web.get(f"{ROOT}/pin", ask_pin),
        web.post(f"{ROOT}/pin", send),
        web.get(f"{ROOT}/{{step}}", ask),
        web.post(f"{ROOT}/{{step}}", answer),
    ]


def draft_of(request: web.Request) -> dict[str, str]:
    """What was answered so far in this session."""
    found: dict[str, str] = pages.session_of(request).data.setdefault(DRAFT, {})
    return found


def drop_draft(request: web.Request) -> None:
    """Forget what was answered: whoever turned away may be gone, and the next person finds none of it by going back."""
    pages.session_of(request).data.pop(DRAFT, None)


def first_open(draft: Values, before: str | None = None) -> Step | None:
    """The first step not answered yet, among those before the step `before`."""
    for step in STEPS:
        if step.name == before:
            return None
        if any(name not in draft for name in step.fields):
            return step
    return None


@signed_in.anyone
async def begin(request: web.Request) -> web.StreamResponse:
    """Start with an empty draft."""
    drop_draft(request)
    raise go(f"{ROOT}/{STEPS[0].name}")


def _step(request: web.Request) -> Step:
    step = BY_NAME.get(request.match_info["step"])
    if step is None:
        raise web.HTTPNotFound
    missing = first_open(draft_of(request), before=step.name)
    if missing is not None:
        raise go(f"{ROOT}/{missing.name}")
    return step


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """One question."""
    step = _step(request)
    return _question(request, step, Form(dict(draft_of(request))))


def _question(request: web.Request, step: Step, form: Form, status: int = 200) -> web.Response:
    number = STEPS.index(step)
    back = f"{ROOT}/{STEPS[number - 1].name}" if number else "/kiosk/sign-in"
    return show(
        request, f"opening_{step.name}.html", status, form=form, step=step, number=number + 1, of=QUESTIONS, back=back
    )


@signed_in.anyone
async def answer(request: web.Request) -> web.StreamResponse:
    """Check one answer, keep it, and go on to the next question or back to the check."""
    step = _step(request)
    draft, values = draft_of(request), await read_form(request)
    try:
        step.check(values, signed_in.office_of(request))
    except PersonError as error:
        return _question(request, step, Form(values, pages.tongue_of(request).errors(error)), error.status)
    draft.update({name: values.get(name, "") for name in step.fields})
    following = first_open(draft)
    raise go(f"{ROOT}/{following.name}" if following else f"{ROOT}/check")


def _complete(request: web.Request) -> dict[str, str]:
    draft = draft_of(request)
    missing = first_open(draft)
    if missing is not None:
        raise go(f"{ROOT}/{missing.name}")
    return draft


@signed_in.anyone
async def check(request: web.Request) -> web.StreamResponse:
    """Everything that was answered, each with a way back to it."""
    return show(request, "opening_check.html", draft=_complete(request), root=ROOT, errors={})


@signed_in.anyone
async def ask_pin(request: web.Request) -> web.StreamResponse:
    """The last question: a PIN of one's own, twice."""
    _complete(request)
    return show(request, "opening_pin.html", form=Form(), again="")


@signed_in.anyone
async def send(request: web.Request) -> web.StreamResponse:
    """Open the account and sign its person in. The PIN is never given back, nor kept."""
    draft, values = _complete(request), await read_form(request)
    pin, again = values.get("pin", ""), values.get("pin_again", "")
    tongue, office = pages.tongue_of(request), signed_in.office_of(request)
    try:
        command = signed_in.command_of(request, values)
        _all(lambda: identity.check_pin(pin), lambda: pins.check_same(pin, again))
        with request.app[signed_in.LIMITS].trying(CLAIMS, place_of(request), 409):
            account = await accounts.open_account(office, command, form_of(draft, pin, tongue.content), _by(draft))
    except PersonError as error:
        return _refused(request, draft, error)
    raise go(await welcome(request, account, new=True))


def _by(draft: Values) -> Actor:
    return Actor(role="citizen", id="self", name=draft["name_fr"], name_ar=draft["name_ar"])


def form_of(draft: Values, pin: str, language: Language) -> AccountForm:
    """The service's form from the draft and the PIN."""
    return AccountForm(
        cnie=draft["cnie"],
        name_fr=draft["name_fr"],
        name_ar=draft["name_ar"],
        phone=draft["phone"],
        birth_date=draft["birth_date"],
        address=draft["address"],
        pin=pin,
        language=language,
        consent=CONSENT,
    )


def _refused(request: web.Request, draft: dict[str, str], error: PersonError) -> web.Response:
    """Errors about the PIN are shown beside it, others on the page of answers."""
    errors = pages.tongue_of(request).errors(error)
    if set(errors) <= {"pin", "pin_again", ""}:
        return show(request, "opening_pin.html", error.status, form=Form({}, errors), again="")
    return show(request, "opening_check.html", error.status, draft=draft, root=ROOT, errors=errors)


async def welcome(request: web.Request, account: bytes, *, new: bool = False) -> str:
    """Begin the citizen's session under a new id; return where he wanted to go."""
    wanted = pages.session_of(request).data.get("next")
    found = await accounts.view(signed_in.office_of(request), account)
    signed_in.begin(request, signed_in.Citizen(account, found.name_ar, found.name_fr))
    if isinstance(wanted, str):
        return wanted
    return "/kiosk/account?new=1" if new else "/kiosk/account"
