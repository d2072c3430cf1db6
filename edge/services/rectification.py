"""Putting right what an account says, with the card in hand (law 09-08, article 8): telephone, identity, document.

Rules:

- Nothing is changed without the card; a declared account becomes verified by it.
- An open request says what it said when it was filed, until its correction is taken over: at once, or later from its
  own page. Once it is decided it stays as it was decided on.
- Every change is a step that the citizen reads in his history.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.services.account_forms import Checked, Said, check_said
from edge.services.accounts import require_card, require_free_number
from edge.services.cases import append_lawful, opened_case
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.store.rows import AccountView
from edge.store.store import Reader, Transaction
from protocol.errors import N_, PersonError
from protocol.office import applicants
from protocol.office.applicants import Standing
from protocol.office.calendar import local_date
from protocol.office.case import Case
from protocol.office.events import AccountCorrected, Actor, Applicant, ApplicantCorrected, PhoneChanged
from protocol.office.identity import phone_e164
from protocol.office.transitions import OPEN
from protocol.records.encoding import Value

NOT_SEEN = N_("Look at the person's card first, then confirm that you saw it.")


@dataclass(frozen=True, slots=True)
class Correction:
    """What the document says, unchecked, and whether open requests take it over."""

    said: Said
    card_seen: bool
    take_over: bool


def applicant_of(person: AccountView) -> Applicant:
    """Return what a request says of the holder of an account, as the account is now."""
    return Applicant(
        cnie=person.cnie,
        name_fr=person.name_fr,
        name_ar=person.name_ar,
        phone=person.phone,
        birth_date=person.birth_date,
        address=person.address,
        document=person.document,
        verified=person.verified,
    )


def outdated(case: Case, person: AccountView) -> bool:
    """Say whether a request can still take over a correction of its account."""
    differs = case.applicant != applicant_of(person)
    return differs and person.verified and case.state in OPEN and not case.frozen


async def change_phone(
    office: Office, command: bytes, account: bytes, phone: str, card_seen: bool, take_over: bool, by: Actor
) -> None:
    """Give an account another telephone, or none. Raises PersonError for a number that is none, or without the card."""
    number = phone_e164(phone) if phone.strip() else None
    if not card_seen:
        raise PersonError(NOT_SEEN, field="card_seen")

    async def decide(tx: Transaction) -> Value:
        found = await require_card(tx, account, card_seen, by)
        if found.phone == number:
            raise PersonError(N_("The account has this telephone already."), field="phone", status=409)
        await tx.append("cases", PhoneChanged(phone=number, by=by), key_of=account)
        if take_over:
            await _take_over_all(tx, account, by)
        return None

    await office.store.execute(command, decide)


async def correct(office: Office, command: bytes, account: bytes, correction: Correction, by: Actor) -> None:
    """Put right what an account says by the document that was seen.

    Raises PersonErrors for the fields, PersonError 409 when another account has the number or nothing differs.
    """
    check, today = FormCheck(), local_date(office.now())
    right = check_said(check, correction.said, today)
    if not correction.card_seen:
        check.field(_refuse_unseen, None)
    check.done()

    async def decide(tx: Transaction) -> Value:
        found = await require_card(tx, account, correction.card_seen, by)
        _check_fits(found, right, applicants.standing(right.document, right.birth_date, local_date(tx.now_ms)))
        await require_free_number(tx, right.document, right.cnie, by, owner=account)
        await tx.append("cases", _corrected(found, right, by), key_of=account)
        if correction.take_over:
            await _take_over_all(tx, account, by)
        return None

    await office.store.execute(command, decide)


def _refuse_unseen() -> None:
    raise PersonError(NOT_SEEN, field="card_seen")


def _check_fits(before: AccountView, right: Checked, stands: Standing) -> None:
    """Refuse what would make another kind of applicant of the account, and what changes nothing."""
    if (before.document == "association") != (right.document == "association"):
        raise PersonError(N_("An association stays one, and a person too: open another account."), field="document")
    if right.document == "none" and before.guardian is None:
        raise PersonError(N_("Only a child has an account without a document."), field="document")
    if stands is Standing.CHILD and before.guardian is None:
        raise PersonError(
            N_("Under eighteen, an account is opened at the counter, through the guardian's account."),
            field="birth_date",
        )
    said = (right.document, right.cnie, right.name_ar, right.name_fr, right.birth_date, right.address)
    if said == (before.document, before.cnie, before.name_ar, before.name_fr, before.birth_date, before.address):
        raise PersonError(N_("The account says this already: nothing was changed."), status=409)


def _corrected(before: AccountView, right: Checked, by: Actor) -> AccountCorrected:
    """Return the correction; the document is named only where it is another."""
    other = (right.document, right.cnie) != (before.document, before.cnie)
    return AccountCorrected(
        name_fr=right.name_fr,
        name_ar=right.name_ar,
        birth_date=right.birth_date,
        address=right.address,
        by=by,
        document=right.document if other else None,
        cnie=right.cnie if other else None,
    )


async def _take_over_all(tx: Transaction, account: bytes, by: Actor) -> None:
    for row in await tx.cases(account=account):
        if row.state in OPEN:
            await _take_over(tx, row.subject, by)


async def _take_over(tx: Transaction, subject: bytes, by: Actor) -> bool:
    case, procedure = await opened_case(tx, subject)
    person = await _owner(tx, case)
    if not outdated(case, person):
        return False
    event = ApplicantCorrected(follows=list(case.heads), applicant=applicant_of(person), by=by)
    await append_lawful(tx, subject, case, procedure, event)
    return True


async def _owner(tx: Reader, case: Case) -> AccountView:
    found = await tx.account(case.account)
    if found is None:
        raise PersonError(N_("There is no such account here. Search again, or open one."), status=404)
    return found


async def take_over(office: Office, command: bytes, case: bytes, by: Actor) -> None:
    """Have an open request say what its account says since it was put right; PersonError 409 when it does already."""

    async def decide(tx: Transaction) -> Value:
        if not await _take_over(tx, case, by):
            raise PersonError(N_("There is nothing to take over into this request any more."), status=409)
        return None

    await office.store.execute(command, decide)
