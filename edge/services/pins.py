"""PINs: one given at the counter to who forgot his, another chosen with it at the kiosk, one's own changed.

Rules:

- At the counter the card is seen, and a random PIN is given. It opens nothing at the kiosk but the choice of another,
  for a week. It is returned once, to be shown or printed once; what is kept of it is its hash.
- Who was locked out is let in again: he has shown his card.
- A new PIN is not the one before.
"""

from __future__ import annotations

from edge.services.accounts import account_of, require_card
from edge.services.attempts import ONE_PLACE
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.store.rows import AccountView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office import applicants
from protocol.office.applicants import Standing
from protocol.office.calendar import local_date
from protocol.office.documents import KIOSK
from protocol.office.events import Actor, PinChanged, PinReset
from protocol.office.identity import PIN_DIGITS, check_pin
from protocol.records.encoding import Value

DRAWN_BYTES = 8
"""Random bytes a PIN is drawn from: of 2^64 over a million, no PIN is likelier than another by a billionth."""


async def give(office: Office, command: bytes, account: bytes, card_seen: bool, by: Actor) -> str | None:
    """Give a one-time PIN to who stands at the counter with his card; None when this command gave one already.

    Raises PersonError when the card was not seen, or when the account is not one that signs in at a kiosk.
    """
    if not card_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")
    pin = _drawn(office)
    pin_hash = await office.passwords.hash(pin)

    async def decide(tx: Transaction) -> Value:
        found = await require_card(tx, account, card_seen, by)
        if not signs_in(found, tx.now_ms):
            raise PersonError(
                N_("A PIN is for adults with a national or a residence card; everyone else is helped at the counter."),
                status=409,
            )
        await tx.append("cases", PinReset(pin_hash=pin_hash, by=by), key_of=account)
        return found.cnie

    number = await office.store.execute(command, decide)
    if isinstance(number, str):
        office.citizen_attempts.forgive(number)
    async with office.store.reading() as reader:
        after = await account_of(reader, account)
    return pin if after.pin_hash == pin_hash else None


def signs_in(account: AccountView, now_ms: int) -> bool:
    """Say whether this is an account that a PIN opens at a kiosk."""
    stands = applicants.standing(account.document, account.birth_date, local_date(now_ms))
    return stands is Standing.ADULT and account.document in KIOSK


def _drawn(office: Office) -> str:
    while True:
        pin = f"{int.from_bytes(office.entropy(DRAWN_BYTES)) % 10**PIN_DIGITS:0{PIN_DIGITS}}"
        try:
            return check_pin(pin)
        except PersonError:
            continue


async def choose(office: Office, command: bytes, account: bytes, pin: str, again: str) -> None:
    """Put the person's own PIN in the place of the one that was given him at the counter."""
    before = await _before(office, account)
    if before.temporary_pin_ms is None:
        raise _chosen_already()
    await _change(office, command, before, pin, again)


async def change(
    office: Office, command: bytes, account: bytes, now: str, pin: str, again: str, place: str = ONE_PLACE
) -> None:
    """Put another PIN in the place of the person's own, which he types once more.

    Raises PersonErrors for the fields, PersonError 429 while the card's number is locked out.
    """
    before = await _before(office, account)
    office.citizen_attempts.admit(before.cnie, place, office.now())
    if not await office.passwords.matches(before.pin_hash, now):
        raise PersonError(N_("This is not your PIN. Type the six digits with which you signed in."), field="pin_now")
    office.citizen_attempts.succeeded(before.cnie, place, office.now())
    await _change(office, command, before, pin, again)


async def _before(office: Office, account: bytes) -> AccountView:
    async with office.store.reading() as reader:
        return await account_of(reader, account)


async def _change(office: Office, command: bytes, before: AccountView, pin: str, again: str) -> None:
    check = FormCheck()
    check.field(lambda: check_pin(pin), "")
    check.field(lambda: check_same(pin, again), None)
    check.done()
    if await office.passwords.matches(before.pin_hash, pin):
        raise PersonError(N_("Choose other digits than those of the PIN before."), field="pin")
    pin_hash = await office.passwords.hash(pin)
    himself = Actor(role="citizen", id=before.subject.hex(), name=before.name_fr, name_ar=before.name_ar)

    async def decide(tx: Transaction) -> Value:
        found = await account_of(tx, before.subject)
        if found.pin_hash != before.pin_hash:
            raise _chosen_already()
        await tx.append("cases", PinChanged(pin_hash=pin_hash, by=himself), key_of=before.subject)
        return None

    await office.store.execute(command, decide)


def check_same(pin: str, again: str) -> None:
    """Raise PersonError when a PIN was typed in two ways."""
    if pin != again:
        raise PersonError(N_("The two PINs are not the same. Type the same six digits twice."), field="pin_again")


def _chosen_already() -> PersonError:
    return PersonError(N_("Your PIN was changed meanwhile. Sign in with the new one."), status=409)
