"""Finding a person at the counter: by card, phone, reference or name, forgiving as far as each allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from edge.services.office import Office
from edge.store.rows import AccountView
from edge.store.store import Reader
from protocol.errors import N_, PersonError
from protocol.office import documents, identity, references
from protocol.office.events import Actor, Document

FOUND_AT_MOST = 20
"""Rows of one search: what fits a counter's screen; who is not among them is found by typing more."""

LONGEST_SEARCH = 100
"""Characters of a search: longer than any name with its family names; more is a slip of the clipboard."""


READINGS: Mapping[str, Callable[[str], str]] = {
    **{kind: partial(documents.check_number, kind) for kind in ("cnie", "residence_card", "passport", "association")},
    "phone": identity.phone_e164,
    "reference": references.parse,
}
"""What a search may be, and how each is brought into its canonical form."""


@dataclass(frozen=True, slots=True)
class AccountFound:
    """One row of a search: enough to tell two people apart, no more."""

    subject: bytes
    name_fr: str
    name_ar: str
    document: Document
    cnie_masked: str
    phone_masked: str
    birth_date: str
    verified: bool


async def find(office: Office, text: str, by: Actor) -> list[AccountFound]:
    """Return the accounts that `text` may mean, the likeliest first; an empty list when there is none."""
    if by.role == "citizen":
        raise PersonError(N_("Only an agent can search for people."), status=403)
    text = text.strip()
    if len(text) > LONGEST_SEARCH:
        raise PersonError(N_("This search is too long: type a card number, a phone, a reference or a name."), field="q")
    if not text:
        return []
    async with office.store.reading() as reader:
        subjects = await _exact(reader, text)
    subjects = subjects or await office.store.names.search(text, FOUND_AT_MOST)
    async with office.store.reading() as reader:
        found = [await reader.account(subject) for subject in subjects]
    return [_row(account) for account in found if account is not None]


async def _exact(reader: Reader, text: str) -> list[bytes]:
    found: dict[bytes, None] = {}
    for kind, folded in _readings(text):
        if kind == "reference":
            opened = [await reader.case(case) for case in await reader.cases_by_reference(folded)]
            subjects = [case.account for case in opened if case is not None]
        else:
            subjects = await reader.accounts_by(kind, folded)
        found.update(dict.fromkeys(subjects))
    return list(found)[:FOUND_AT_MOST]


def _readings(text: str) -> Iterable[tuple[str, str]]:
    """What `text` may be, each already in its canonical form."""
    for kind, parse in READINGS.items():
        try:
            yield kind, parse(text)
        except PersonError:
            continue


def _row(account: AccountView) -> AccountFound:
    return AccountFound(
        subject=account.subject,
        name_fr=account.name_fr,
        name_ar=account.name_ar,
        document=account.document,
        cnie_masked=documents.mask_number(account.document, account.cnie),
        phone_masked=identity.mask_phone(account.phone) if account.phone else "",
        birth_date=account.birth_date,
        verified=account.verified,
    )
