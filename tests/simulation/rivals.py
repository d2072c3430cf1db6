"""Who works at a card and at its clone on the same people: telephones, PINs, one number given twice, a login, a
screen.

A rival is at each of the two machines. They draw from the same few accounts, cards and logins, so that what one does
meets what the other did, or will have done. Drawn apart from everybody else: a run without a clone plays as ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from edge.store.group import Decide
from edge.store.store import Transaction
from protocol.office.account_events import IdentityVerified
from protocol.office.events import (
    AccountViewed,
    AgentKeyEnrolled,
    Event,
    PhoneChanged,
    PinReset,
    ScreenPaired,
    ScreenRemoved,
    ScreenRenamed,
    StaffPasswordChanged,
)
from protocol.records.encoding import Value
from tests.edge.store.scanning import NotHere
from tests.edge.store.support import CLERK, account_opened, staff_added
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.oracle import Oracle
from tests.simulation.people import People

ACTS = 6
"""Of each: enough that most accounts of the few are touched at both machines."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """What both work on: accounts that were open when the card was cloned, cards and logins that nobody has yet."""

    accounts: Sequence[bytes]
    cards: Sequence[str]
    logins: Sequence[str]

    @classmethod
    def about(cls, accounts: Sequence[bytes], chance: Random) -> Dispute:
        """Draw it; at most two accounts."""
        cards = [f"R{chance.randrange(10**6):06d}" for _ in range(2)]
        return cls(accounts[:2], cards, [f"rival{chance.randrange(10**6)}"])


class Rival:
    """Works at one machine."""

    def __init__(self, machine: AnnexeMachine, oracle: Oracle, dispute: Dispute, chance: Random) -> None:
        self.people = People(machine, oracle, Random(chance.getrandbits(64)), "rival at ")
        self._machine = machine
        self._oracle = oracle
        self._dispute = dispute
        self._chance = chance

    async def work(self) -> None:
        """Some acts, one after the other."""
        for _ in range(ACTS):
            await self.people.pause()
            act = self._chance.choice((self._change, self._change, self._claim, self._hire))
            await act()

    async def _change(self) -> None:
        if not self._dispute.accounts:
            return
        account, number = self._chance.choice(self._dispute.accounts), self._chance.randrange(10**8)
        event = self._chance.choice(
            (
                PhoneChanged(phone=f"+2126{number:08d}", by=CLERK),
                PinReset(pin_hash=f"$argon2id${number}", by=CLERK),
                AccountViewed(by=CLERK, reason="dossier"),
                IdentityVerified(by=CLERK),
            )
        )
        kind = await self._told(_changes(account, event))
        self._oracle.changed(account, kind.decode())

    async def _claim(self) -> None:
        account = await self._told(_claims(self._chance.choice(self._dispute.cards)))
        if account:
            self._oracle.account(self._machine.annexe, account)

    async def _hire(self) -> None:
        login, key = self._chance.choice(self._dispute.logins), self._chance.randbytes(32)
        await self._told(_hires(login, key))

    async def _told(self, decide: Decide) -> bytes:
        return await self.people.insist(lambda command: self._machine.execute(command, decide))


def _changes(account: bytes, event: Event) -> Decide:
    async def decide(tx: Transaction) -> Value:
        before = await tx.account(account)
        if before is None:
            raise NotHere
        await tx.append("cases", event, key_of=account)
        after = await tx.account(account)
        if after is None:
            raise NotHere
        new = Counter(step.kind for step in after.steps) - Counter(step.kind for step in before.steps)
        return "".join(new).encode()  # by kind: where the line has parted, the newest does not stand last

    return decide


def _claims(card: str) -> Decide:
    """Open an account for a card, unless it has one here."""

    async def decide(tx: Transaction) -> Value:
        if await tx.account_by("cnie", card) is not None:
            return b""
        account = await tx.new_key()
        await tx.append("cases", account_opened(cnie=card), key_of=account)
        return account

    return decide


def _hires(login: str, key: bytes) -> Decide:
    """Add an agent; who was added here already gets a key, and another password."""

    async def decide(tx: Transaction) -> Value:
        if await tx.staff(login) is None:
            await tx.append("office", staff_added(login), key_of=tx.office)
        else:
            changed = StaffPasswordChanged(login=login, password_hash=f"$argon2id${key.hex()}")
            await tx.append("office", changed, key_of=tx.office)
            await tx.append("office", AgentKeyEnrolled(login=login, public=key), key_of=tx.office)
        await tx.append("office", _of_screen(login.encode(), key), key_of=tx.office)
        return b""

    return decide


def _of_screen(screen: bytes, key: bytes) -> Event:
    """What happens to the one screen that both pair, rename and remove, in whatever order."""
    match key[0] % 3:
        case 0:
            return ScreenPaired(screen=screen, screen_kind="counter", name="Guichet", token_hash=key, by=CLERK)
        case 1:
            return ScreenRenamed(screen=screen, name=key.hex(), by=CLERK)
        case _:
            return ScreenRemoved(screen=screen, by=CLERK)
