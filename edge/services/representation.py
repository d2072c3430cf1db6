"""Who asks at the counter for someone who cannot or does not come: a guardian, the holder of a power of attorney, a
president.

Rules:

- His card is seen, and the paper that gives him the right; the request names both.
- A child's guardian has an account already: what it holds is not typed again.
- Nobody is his own representative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from edge.services.forms import FormCheck
from edge.store.rows import AccountView
from edge.store.store import Reader
from protocol.errors import N_, PersonError
from protocol.office import applicants, documents, identity
from protocol.office.applicants import CAPACITIES, Standing
from protocol.office.events import Capacity, Document, Representative

LONGEST_BASIS = 120
"""Characters of the paper's name, number and day: "Procuration du 12/03/2026, légalisée à Oujda n° 4512"."""

Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class RepresentativeForm:
    """What a clerk typed of who asks for another, unchecked. `papers_seen`: his card and the paper that he has."""

    capacity: str
    document: str
    cnie: str
    state: str
    name_fr: str
    name_ar: str
    basis: str
    papers_seen: bool


async def representative_of(
    reader: Reader, person: AccountView, form: RepresentativeForm | None, today: date, check: FormCheck
) -> Representative | None:
    """Return who asks for `person`, or None when he asks himself.

    What is wrong goes into `check`, by fields named rep_...: a form that does not fit, who may not ask, nobody where
    someone must.
    """
    stands = applicants.standing(person.document, person.birth_date, today)
    guardian = await reader.account(person.guardian) if person.guardian and stands is Standing.CHILD else None
    found = None if form is None else _checked(form, guardian, check)
    check.field(lambda: applicants.check_represented(stands, found), None)
    if found is not None and (found.document, found.cnie) == (person.document, person.cnie):
        check.field(_refuse_himself, None)
    return found


def _refuse_himself() -> None:
    raise PersonError(N_("This is the applicant's own card: nobody asks for himself by proxy."), field="rep_cnie")


def _checked(form: RepresentativeForm, guardian: AccountView | None, check: FormCheck) -> Representative:
    capacity: Capacity = check.field(lambda: _capacity(form.capacity), "proxy")
    basis = check.field(lambda: _basis(form.basis), "")
    if not form.papers_seen:
        check.field(_refuse_unseen, None)
    if guardian is not None:
        return Representative(
            capacity, guardian.cnie, guardian.name_fr, guardian.name_ar, basis, document=guardian.document
        )
    document: Document = check.field(lambda: _renamed(lambda: _own_document(form.document)), "cnie")
    number = check.field(
        lambda: documents.check_number(
            document, form.cnie, state=form.state, field="rep_cnie", state_field="rep_state"
        ), ""
    )  # fmt: skip
    name_fr = check.field(lambda: _renamed(lambda: identity.check_name_fr(form.name_fr)), "")
    name_ar = check.field(lambda: _renamed(lambda: identity.check_name_ar(form.name_ar)), "")
    return Representative(capacity, number, name_fr, name_ar, basis, document=document)


def _capacity(text: str) -> Capacity:
    for capacity in CAPACITIES:
        if capacity == text:
            return capacity
    raise PersonError(N_("Choose in what capacity this person asks."), field="capacity")


def _own_document(text: str) -> Document:
    document = documents.document_of(text)
    if document in ("none", "association"):
        raise PersonError(N_("Choose which document was shown."), field="document")
    return document


def _basis(text: str) -> str:
    basis = " ".join(identity.check_text(text, field="rep_basis", longest=LONGEST_BASIS).split())
    if not any(character.isalpha() for character in basis):
        raise PersonError(
            N_("Name the paper that gives the right to ask: what it is, its number or its day."), field="rep_basis"
        )
    return basis


def _refuse_unseen() -> None:
    raise PersonError(N_("Look at the papers first, then confirm that you saw them."), field="papers_seen")


def _renamed(check: Callable[[], Checked]) -> Checked:
    """Run a check of a person's own field for the representative's."""
    try:
        return check()
    except PersonError as error:
        raise PersonError(error.message, field=f"rep_{error.field}", status=error.status, **error.facts) from error
