"""The lifelong administrative account (CAU): opening it, signing in, and looking at it.

Rules:

- One account a CNIE in an annexe. A second claim is sent to the counter and is told nothing else.
- An account is *declared* until an official has seen the card.
- Every look of an agent at someone's account is an event that the citizen reads in his own history.
- A PIN never leaves this module but as an Argon2id hash inside a sealed event.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.services.elapsed import passed
from edge.services.forms import FormCheck
from edge.services.office import Office
from edge.store.rows import AccountView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office import identity
from protocol.office.calendar import local_date
from protocol.office.events import AccountOpened, AccountViewed, Actor, IdentityVerified, Language
from protocol.records.encoding import Value

SAME_LOOK_MS = 10 * 60_000
"""Opening a dossier again within ten minutes is the same look: a page reloads at every announcement."""


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What a person (or the clerk for him) typed, unchecked. `pin` is None for an assisted account without one."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str
    birth_date: str
    address: str
    pin: str | None
    language: Language
    consent: str


@dataclass(frozen=True, slots=True)
class _Checked:
    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str
    pin: str | None


def _check(form: AccountForm, now_ms: int) -> _Checked:
    check = FormCheck()
    today = local_date(now_ms)
    result = _Checked(
        cnie=check.field(lambda: identity.fold_cnie(form.cnie), ""),
        name_ar=check.field(lambda: identity.check_name_ar(form.name_ar), ""),
        name_fr=check.field(lambda: identity.check_name_fr(form.name_fr), ""),
        birth_date=check.field(lambda: identity.parse_birth_date(form.birth_date, today).isoformat(), ""),
        address=check.field(lambda: identity.check_address(form.address), ""),
        phone=check.field(lambda: identity.phone_e164(form.phone), "") if form.phone.strip() else None,
        pin=check.field(lambda: identity.check_pin(form.pin or ""), "") if form.pin is not None else None,
    )
    if not form.consent:
        check.field(_refuse_without_consent, None)
    check.done()
    return result


def _refuse_without_consent() -> None:
    raise PersonError(
        N_("The account cannot be opened without agreement to the notice on personal data."), field="consent"
    )


def check_account_form(office: Office, form: AccountForm) -> None:
    """Check every field of `form` without opening anything; raises PersonErrors."""
    _check(form, office.now())


async def open_account(
    office: Office, command: bytes, form: AccountForm, by: Actor, *, assisted: bool = False
) -> bytes:
    """Open an account and return its subject; a card that was seen at the counter makes it verified at once.

    Raises PersonErrors for the form's fields, PersonError 409 when an account of this CNIE exists.
    """
    person = _check(form, office.now())
    pin_hash = None if person.pin is None else await office.passwords.hash(person.pin)

    async def decide(tx: Transaction) -> Value:
        if await tx.account_by("cnie", person.cnie) is not None:
            raise PersonError(
                N_("This account cannot be opened here. Please go to the counter with your national card."), status=409
            )
        subject = await tx.new_key()
        opened = AccountOpened(
            cnie=person.cnie,
            name_fr=person.name_fr,
            name_ar=person.name_ar,
            phone=person.phone,
            birth_date=person.birth_date,
            address=person.address,
            pin_hash=pin_hash,
            language=form.language,
            by=by,
            assisted=assisted,
            consent=form.consent,
        )
        await tx.append("cases", opened, key_of=subject)
        return subject

    subject = await office.store.execute(command, decide)
    if not isinstance(subject, bytes) or (await _read(office, subject)).cnie != person.cnie:
        raise PersonError(N_("This form was already used for something else. Please start again."), status=409)
    return subject


async def sign_in(office: Office, cnie: str, pin: str) -> bytes:
    """Return the account of this CNIE and PIN; the same sentence and the same time whichever of the two is wrong.

    Raises PersonError 401 when they do not fit, 429 while the CNIE is locked out.
    """
    claimed = identity.fold_cnie(cnie)
    office.citizen_attempts.admit(claimed, office.now())
    async with office.store.reading() as reader:
        subject = await reader.account_by("cnie", claimed)
        account = None if subject is None else await reader.account(subject)
    if not await office.passwords.matches(account.pin_hash if account else None, pin) or account is None:
        raise PersonError(
            N_("This card number and this PIN do not go together. Try again, or ask at the counter."),
            field="pin",
            status=401,
        )
    office.citizen_attempts.succeeded(claimed)
    return account.subject


async def view(office: Office, account: bytes, by: Actor | None = None) -> AccountView:
    """Return the account; `by` names the agent who looks, which the citizen will read in his history."""
    found = await _read(office, account)
    if by is None or by.role == "citizen" or _looked_lately(found, by, office.now()):
        return found
    await _note_the_look(office, account, by)
    return await _read(office, account)


async def _read(office: Office, account: bytes) -> AccountView:
    async with office.store.reading() as reader:
        found = await reader.account(account)
    if found is None:
        raise _no_such_account()
    return found


def _looked_lately(account: AccountView, by: Actor, now_ms: int) -> bool:
    return any(look.by.id == by.id and not passed(look.at_ms, SAME_LOOK_MS, now_ms) for look in account.views)


async def _note_the_look(office: Office, account: bytes, by: Actor) -> None:
    async def decide(tx: Transaction) -> Value:
        found = await tx.account(account)
        if found is None:
            raise _no_such_account()
        if not _looked_lately(found, by, tx.now_ms):
            await tx.append("cases", AccountViewed(by=by, reason="dossier"), key_of=account)
        return None

    await office.store.execute(office.command(), decide)


async def verify_identity(office: Office, command: bytes, account: bytes, by: Actor) -> None:
    """Note that an official has seen the card; a second time changes nothing."""

    async def decide(tx: Transaction) -> Value:
        found = await tx.account(account)
        if found is None:
            raise _no_such_account()
        if not found.verified:
            await tx.append("cases", IdentityVerified(by=by), key_of=account)
        return None

    await office.store.execute(command, decide)


def _no_such_account() -> PersonError:
    return PersonError(N_("There is no such account here. Search again, or open one."), status=404)
