"""The lifelong administrative account (CAU): opening it, signing in, and looking at it.

Rules:

- One account a number, within its kind of document. A second claim at a kiosk is sent to the counter and told nothing.
  One that was made at another clone of the card (`edge.store.views.claims`) is shown to the clerk.
- An account is *declared* until an official has seen the card.
- Every look of an agent at someone's account is an event that the citizen reads in his own history.
- A PIN leaves this room only as an Argon2id hash inside a sealed event.
"""

from __future__ import annotations

from edge.services.account_forms import AccountForm, Checked, check_account
from edge.services.attempts import ONE_PLACE
from edge.services.elapsed import passed
from edge.services.office import Office
from edge.store.rows import AccountView
from edge.store.store import Reader, Transaction
from protocol.errors import N_, PersonError
from protocol.office import applicants, documents, identity
from protocol.office.applicants import Standing
from protocol.office.calendar import local_date
from protocol.office.documents import KIOSK
from protocol.office.events import AccountOpened, AccountViewed, Actor, Document, IdentityVerified
from protocol.records.encoding import Value

__all__ = [
    "SAME_LOOK_MS", "AccountForm", "account_of", "open_account", "require_card", "sign_in",
    "verify_identity", "view",
]  # fmt: skip

SAME_LOOK_MS = 10 * 60_000
"""Opening a dossier again within ten minutes is the same look: a page reloads at every announcement."""

TEMPORARY_MS = 7 * 24 * 60 * 60_000
"""How long a PIN given at the counter waits for its owner: a week, so that a slip found later opens nothing."""


async def open_account(
    office: Office, command: bytes, form: AccountForm, by: Actor, *, assisted: bool = False, card_seen: bool = False
) -> bytes:
    """Open an account and return its subject; a card that was seen at the counter makes it verified at once.

    Raises PersonErrors for the form's fields, PersonError 409 when an account of this number exists.
    """
    person = check_account(form, office.now(), by, card_seen=card_seen)
    pin_hash = None if person.pin is None else await office.passwords.hash(person.pin)

    async def decide(tx: Transaction) -> Value:
        await require_free_number(tx, person.document, person.cnie, by)
        phone = person.phone
        if form.guardian is not None:
            phone = phone or (await _guardian(tx, form.guardian)).phone
        subject = await tx.new_key()
        opened = AccountOpened(
            cnie=person.cnie,
            name_fr=person.name_fr,
            name_ar=person.name_ar,
            phone=phone,
            birth_date=person.birth_date,
            address=person.address,
            pin_hash=pin_hash,
            language=form.language,
            by=by,
            assisted=assisted,
            consent=form.consent,
            document=person.document,
            guardian=form.guardian,
        )
        await tx.append("cases", opened, key_of=subject)
        if card_seen and by.role != "citizen":
            await tx.append("cases", IdentityVerified(by=by), key_of=subject)
        return subject

    subject = await office.store.execute(command, decide)
    if not isinstance(subject, bytes) or not _is_of(await _read(office, subject), person):
        raise PersonError(N_("This form was already used for something else. Please start again."), status=409)
    return subject


def _is_of(account: AccountView, person: Checked) -> bool:
    return (account.document, account.cnie, account.name_fr) == (person.document, person.cnie, person.name_fr)


async def require_free_number(
    tx: Reader, document: Document, number: str, by: Actor, *, owner: bytes | None = None
) -> None:
    """Raise PersonError 409 when another account than `owner`'s has this number; a citizen is told nothing of it."""
    holder = None if document == "none" else await tx.account_by(document, number)
    if holder is None or holder == owner:
        return
    if by.role == "citizen":
        raise PersonError(
            N_("This account cannot be opened here. Please go to the counter with your national card."), status=409
        )
    raise PersonError(
        N_("An account has this number already: search for it. One person has one account."), field="cnie", status=409
    )


async def _guardian(tx: Transaction, subject: bytes) -> AccountView:
    """Return the account of who answers for a child; PersonError 409 when he cannot."""
    found = await account_of(tx, subject)
    stands = applicants.standing(found.document, found.birth_date, local_date(tx.now_ms))
    if stands is not Standing.ADULT or not found.verified:
        raise PersonError(
            N_("Who answers for a child is an adult whose card was seen: see that person's card first."), status=409
        )
    return found


async def sign_in(office: Office, number: str, pin: str, place: str = ONE_PLACE) -> bytes:
    """Return the account of this card's number and PIN; the same sentence and time whichever of the two is wrong.

    The card is the national or the residence card; should one number be on two cards, the PIN tells whose it is.
    `place`: the screen. Raises PersonError 401 when they do not fit or the PIN has waited too long, 429 while the
    number is locked out there.
    """
    readings = _readings(number)
    claimed = next(iter(readings.values()))
    office.citizen_attempts.admit(claimed, place, office.now())
    async with office.store.reading() as reader:
        subjects = [await reader.account_by(document, folded) for document, folded in readings.items()]
        found = [await reader.account(subject) for subject in subjects if subject is not None]
    known = [account for account in found if account is not None and account.pin_hash is not None]
    if not known:
        await office.passwords.matches(None, pin)
    for account in known:
        if await office.passwords.matches(account.pin_hash, pin):
            _refuse_a_stale_pin(account, office.now())
            office.citizen_attempts.succeeded(claimed, place, office.now())
            return account.subject
    raise PersonError(
        N_("This card number and this PIN do not go together. Try again, or ask at the counter."),
        field="pin",
        status=401,
    )


def _readings(number: str) -> dict[Document, str]:
    """Return what a typed number may be on each of the kiosk's cards; PersonError when it is on none."""
    readings: dict[Document, str] = {}
    for document in KIOSK:
        try:
            readings[document] = documents.check_number(document, number)
        except PersonError:
            continue
    if not readings:
        identity.fold_cnie(number)
    return readings


def _refuse_a_stale_pin(account: AccountView, now_ms: int) -> None:
    if account.temporary_pin_ms is not None and passed(account.temporary_pin_ms, TEMPORARY_MS, now_ms):
        raise PersonError(
            N_("This one-time PIN has waited too long. Ask for another at the counter, with your card."),
            field="pin",
            status=401,
        )


async def view(office: Office, account: bytes, by: Actor | None = None) -> AccountView:
    """Return the account; `by` names the agent who looks, which the citizen will read in his history."""
    found = await _read(office, account)
    if by is None or by.role == "citizen" or _looked_lately(found, by, office.now()):
        return found
    await _note_the_look(office, account, by)
    return await _read(office, account)


async def _read(office: Office, account: bytes) -> AccountView:
    async with office.store.asking() as reader:
        return await account_of(reader, account)


async def is_second_claim(office: Office, account: AccountView) -> bool:
    """Return whether the number of an account is another's, which claimed it first."""
    async with office.store.asking() as reader:
        return await reader.is_second_claim(account)


async def account_of(reader: Reader, account: bytes) -> AccountView:
    """Return an account from an open look at the store; PersonError 404 when there is none."""
    found = await reader.account(account)
    if found is None:
        raise PersonError(N_("There is no such account here. Search again, or open one."), status=404)
    return found


def _looked_lately(account: AccountView, by: Actor, now_ms: int) -> bool:
    return any(look.by.id == by.id and not passed(look.at_ms, SAME_LOOK_MS, now_ms) for look in account.views)


async def _note_the_look(office: Office, account: bytes, by: Actor) -> None:
    async def decide(tx: Transaction) -> Value:
        found = await account_of(tx, account)
        if not _looked_lately(found, by, tx.now_ms):
            await tx.append("cases", AccountViewed(by=by, reason="dossier"), key_of=account)
        return None

    await office.store.execute(office.command(), decide)


async def verify_identity(office: Office, command: bytes, account: bytes, by: Actor) -> None:
    """Note that an official has seen the card; a second time changes nothing."""

    async def decide(tx: Transaction) -> Value:
        await require_card(tx, account, True, by)
        return None

    await office.store.execute(command, decide)


async def require_card(tx: Transaction, account: bytes, card_seen: bool, by: Actor) -> AccountView:
    """Return a verified account: it was, or becomes so by the card that was just seen; PersonError without one."""
    found = await account_of(tx, account)
    if found.verified:
        return found
    if not card_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")
    await tx.append("cases", IdentityVerified(by=by), key_of=account)
    return await account_of(tx, account)
