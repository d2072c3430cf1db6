"""What a citizen sees of his account at the kiosk.

Rules:

- A declared account sees only what was entered through it: whoever has its PIN may not be whose card it names. What a
  clerk filed or did, and who looked, shows once the card was seen.
- Who answers for children sees their requests beside his own, until they are of age.
- What is not one's own is as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.services.accounts import account_of
from edge.services.office import Office
from edge.services.requests import Dossier, RequestRow, read_dossier, row_of
from edge.store.rows import AccountView
from edge.store.store import Reader
from protocol.errors import N_, PersonError
from protocol.office import applicants
from protocol.office.calendar import local_date

NOT_YOURS = N_("There is no such request in your account.")


@dataclass(frozen=True, slots=True)
class Child:
    """A child for whom one answers, and his requests."""

    account: bytes
    name_ar: str
    name_fr: str
    rows: list[RequestRow]


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One's account, one's requests, and those of one's children. `hidden`: some show once the card was seen.

    `prefecture_days`: when agents of the prefecture looked at a request of one's own (ISO), the latest first.
    """

    account: AccountView
    rows: list[RequestRow]
    children: list[Child]
    hidden: bool
    prefecture_days: Sequence[str] = ()

    @property
    def accounts(self) -> frozenset[bytes]:
        """Whose accounts this was read from."""
        return frozenset({self.account.subject, *(child.account for child in self.children)})


async def own_account(office: Office, subject: bytes) -> OwnAccount:
    """Return what the holder of an account may see."""
    async with office.store.reading() as reader:
        account = await account_of(reader, subject)
        dossiers = await _dossiers(reader, subject)
        shown = [row_of(one) for one in dossiers if account.verified or _entered_here(one)]
        children = [await _child(reader, child) for child in await _children(reader, account, office.now())]
        days = await reader.prefecture_days(subject) if account.verified else []
    return OwnAccount(_own_part(account), shown, children, hidden=len(shown) < len(dossiers), prefecture_days=days)


def _own_part(account: AccountView) -> AccountView:
    """What the holder of the PIN may read of an account: of a declared one, what others did to it is left out."""
    if account.verified:
        return account
    return replace(account, views=(), steps=tuple(step for step in account.steps if step.by.role == "citizen"))


async def own_dossier(office: Office, subject: bytes, case: bytes) -> Dossier:
    """Return a request of one's own or of one's child; PersonError 404 otherwise."""
    async with office.store.reading() as reader:
        account = await account_of(reader, subject)
        try:
            dossier = await read_dossier(reader, case)
        except PersonError as error:
            raise PersonError(NOT_YOURS, status=404) from error
        if dossier.case.account == subject and (account.verified or _entered_here(dossier)):
            return dossier
        if any(child.subject == dossier.case.account for child in await _children(reader, account, office.now())):
            return dossier
    raise PersonError(NOT_YOURS, status=404)


def _entered_here(dossier: Dossier) -> bool:
    by = dossier.case.history[0].by
    return by is not None and by.role == "citizen"


async def _dossiers(reader: Reader, subject: bytes) -> list[Dossier]:
    return [await read_dossier(reader, row.subject) for row in await reader.cases(account=subject)]


async def _children(reader: Reader, guardian: AccountView, now_ms: int) -> list[AccountView]:
    """Return the accounts of the children whom a verified guardian answers for today."""
    if not guardian.verified:
        return []
    found = [await reader.account(subject) for subject in await reader.children_of(guardian.subject)]
    today = local_date(now_ms)
    return [child for child in found if child is not None and applicants.is_child(child.birth_date, today)]


async def children_of(office: Office, guardian: AccountView) -> list[bytes]:
    """Return the accounts of the children whom a verified guardian answers for today."""
    async with office.store.reading() as reader:
        return [child.subject for child in await _children(reader, guardian, office.now())]


async def _child(reader: Reader, child: AccountView) -> Child:
    rows = [row_of(one) for one in await _dossiers(reader, child.subject)]
    return Child(child.subject, child.name_ar, child.name_fr, rows)
