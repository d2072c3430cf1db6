"""What is typed to open an account, checked as a whole: for an adult, a child through who answers for him, an
association through its president.

Rules:

- At a kiosk an adult opens his own account, by his national card. Everyone else is helped at the counter.
- A child's account is opened through his guardian's, an association's with its receipt: always with the papers in hand.
- Only who signs in at a kiosk has a PIN: an adult with a national or a residence card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from edge.services.forms import FormCheck
from protocol.errors import N_, PersonError
from protocol.office import applicants, documents, identity
from protocol.office.applicants import Standing
from protocol.office.calendar import local_date
from protocol.office.documents import KIOSK
from protocol.office.parties import Actor, Document, Language


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What a person (or the clerk for him) typed, unchecked. `pin` is None for an assisted account without one.

    `cnie` is the number of the `document`, `state` the code of the state that issued a passport, `guardian` the account
    of who answers for a child. An association's birth is the day of its declaration.
    """

    cnie: str
    name_fr: str
    name_ar: str
    phone: str
    birth_date: str
    address: str
    pin: str | None
    language: Language
    consent: str
    document: str = "cnie"
    state: str = ""
    guardian: bytes | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What an account says of its holder, in canonical form."""

    document: Document
    cnie: str
    name_fr: str
    name_ar: str
    birth_date: str
    address: str
    phone: str | None = None
    pin: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a document says of its holder, unchecked: an account's form has more beside it."""

    document: str
    cnie: str
    state: str
    name_fr: str
    name_ar: str
    birth_date: str
    address: str


def check_said(check: FormCheck, said: Said, today: date) -> Checked:
    """Check what a document says; errors go into `check`, and what was wrong is empty in the answer."""
    document: Document = check.field(lambda: documents.document_of(said.document), "cnie")
    association = document == "association"
    name_ar = applicants.check_association_ar if association else identity.check_name_ar
    name_fr = applicants.check_association_fr if association else identity.check_name_fr
    return Checked(
        document=document,
        cnie=check.field(lambda: documents.check_number(document, said.cnie, state=said.state), ""),
        name_ar=check.field(lambda: name_ar(said.name_ar), ""),
        name_fr=check.field(lambda: name_fr(said.name_fr), ""),
        birth_date=check.field(lambda: identity.parse_birth_date(said.birth_date, today).isoformat(), ""),
        address=check.field(lambda: identity.check_address(said.address), ""),
    )


def check_account(form: AccountForm, now_ms: int, by: Actor, *, card_seen: bool = False) -> Checked:
    """Check every field of `form` and what follows from them; raises PersonErrors."""
    check, today = FormCheck(), local_date(now_ms)
    said = Said(form.document, form.cnie, form.state, form.name_fr, form.name_ar, form.birth_date, form.address)
    person = check_said(check, said, today)
    phone = check.field(lambda: identity.phone_e164(form.phone), "") if form.phone.strip() else None
    pin = check.field(lambda: identity.check_pin(form.pin or ""), "") if form.pin is not None else None
    if not form.consent:
        check.field(_refuse_without_consent, None)
    if person.birth_date:
        stands = applicants.standing(person.document, person.birth_date, today)
        check.field(lambda: _check_standing(stands, form, by), None)
        check.field(lambda: _check_papers(stands, card_seen), None)
        check.field(lambda: _check_pin_is_of_use(stands, person.document, pin), None)
    check.done()
    return Checked(
        person.document, person.cnie, person.name_fr, person.name_ar, person.birth_date, person.address, phone, pin
    )


def _refuse_without_consent() -> None:
    raise PersonError(
        N_("The account cannot be opened without agreement to the notice on personal data."), field="consent"
    )


def _check_standing(stands: Standing, form: AccountForm, by: Actor) -> None:
    if by.role == "citizen" and form.document != "cnie":
        raise PersonError(N_("With another document than the national card, go to the counter."), field="cnie")
    if stands is Standing.CHILD and form.guardian is None:
        raise PersonError(
            N_("Under eighteen, an account is opened at the counter, through the guardian's account."),
            field="birth_date",
        )
    if stands is not Standing.CHILD and form.guardian is not None:
        raise PersonError(
            N_("By this date of birth the person is of age, and has an account of his own."), field="birth_date"
        )
    if form.document == "none" and form.guardian is None:
        raise PersonError(N_("Only a child has an account without a document."), field="document")


def _check_papers(stands: Standing, card_seen: bool) -> None:
    if stands is not Standing.ADULT and not card_seen:
        raise PersonError(N_("Look at the papers first, then confirm that you saw them."), field="card_seen")


def _check_pin_is_of_use(stands: Standing, document: Document, pin: str | None) -> None:
    if pin is not None and (stands is not Standing.ADULT or document not in KIOSK):
        raise PersonError(
            N_("A PIN is for adults with a national or a residence card; everyone else is helped at the counter."),
            field="pin",
        )
