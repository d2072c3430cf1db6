"""An account that was read lately is given from memory, and nobody can tell: not a page, not a decision.

The proof is a count that loses nothing: each command reads its account, and writes what follows from what it read.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.recent import Recent
from edge.store.rows import AccountView
from edge.store.store import Store, Transaction
from protocol.errors import CallerError, PersonError
from protocol.office.events import IdentityVerified, PhoneChanged
from protocol.records.encoding import Value
from tests.edge.store.support import CLERK, account_opened, command, open_account, opens_account, store_in, submit

FIRST = "+212612340000"
CARDS = ("FA000001", "FA000002", "FA000003")


def counted(phone: str | None) -> int:
    return int((phone or FIRST)[-4:])


async def phone_of(store: Store, account: bytes) -> str | None:
    """As a page reads it, from memory or not."""
    async with store.asking() as reader:
        found = await reader.account(account)
    assert found is not None
    return found.phone


async def phone_on_disk(store: Store, account: bytes) -> str | None:
    async with store.reading() as reader:
        found = await reader.account(account)
    assert found is not None
    return found.phone


async def count_on(tx: Transaction, account: bytes) -> None:
    found = await tx.account(account)
    assert found is not None
    await tx.append("cases", PhoneChanged(by=CLERK, phone=f"{FIRST[:-4]}{counted(found.phone) + 1:04}"), key_of=account)


async def plain(store: Store, name: str, account: bytes) -> bool:
    async def decide(tx: Transaction) -> Value:
        await count_on(tx, account)
        return None

    await store.execute(command(name), decide)
    return True


async def twice(store: Store, name: str, account: bytes) -> bool:
    """Counts, takes it back with a second event, and counts again: it reads what it has just written."""

    async def decide(tx: Transaction) -> Value:
        await count_on(tx, account)
        found = await tx.account(account)
        assert found is not None
        back = f"{FIRST[:-4]}{counted(found.phone) - 1:04}"
        await tx.append("cases", PhoneChanged(by=CLERK, phone=back), key_of=account)
        await count_on(tx, account)
        return None

    await store.execute(command(name), decide)
    return True


async def refused(store: Store, name: str, account: bytes) -> bool:
    """Counts, and then is refused: nothing of it stays."""

    async def decide(tx: Transaction) -> Value:
        await count_on(tx, account)
        raise PersonError("not today")

    with pytest.raises(PersonError):
        await store.execute(command(name), decide)
    return False


async def colliding(store: Store, name: str, account: bytes) -> bool:
    """Counts, and opens an account whose card is taken: the whole group goes back, and each is decided anew."""

    async def decide(tx: Transaction) -> Value:
        await count_on(tx, account)
        await opens_account(account_opened(cnie=CARDS[0], phone=None))(tx)
        return None

    with pytest.raises(CallerError):
        await store.execute(command(name), decide)
    return False


WAYS = (plain, plain, plain, twice, refused, colliding)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_no_count_is_lost_whatever_happens_beside_it(seed: int) -> None:
    async def story(folder: Path) -> None:
        chance = random.Random(seed)
        async with store_in(folder) as store:
            accounts = [await open_account(store, card, account_opened(cnie=card, phone=FIRST)) for card in CARDS]
            expected = dict.fromkeys(accounts, 0)

            async def visitor(number: int) -> None:
                for step in range(5):
                    account = chance.choice(accounts)
                    kept = await chance.choice(WAYS)(store, f"{number}/{step}", account)
                    expected[account] += kept
                    if chance.random() < 0.5:
                        await phone_of(store, chance.choice(accounts))

            await asyncio.gather(*map(visitor, range(5)))
            for account, count in expected.items():
                assert counted(await phone_of(store, account)) == count
                assert counted(await phone_on_disk(store, account)) == count

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))


async def test_a_page_shows_what_was_just_confirmed(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store, 1, account_opened(phone=FIRST))
        for count in range(1, 20):
            assert counted(await phone_of(store, account)) == count - 1
            await plain(store, f"count {count}", account)
            assert counted(await phone_of(store, account)) == count


async def test_an_account_stays_at_hand_while_only_a_request_of_its_own_is_made(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        async with store.asking() as reader:
            first = await reader.account(account)
        await submit(store, account)
        async with store.asking() as reader:
            assert await reader.account(account) is first

        async def verify(tx: Transaction) -> Value:
            await tx.append("cases", IdentityVerified(by=CLERK), key_of=account)
            return None

        await store.execute(command("verify"), verify)
        async with store.asking() as reader:
            found = await reader.account(account)
        assert found is not None
        assert found.verified


async def test_after_a_rebuild_everything_is_read_anew(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        async with store.asking() as reader:
            first = await reader.account(account)
        await store.perform(lambda tx: tx.rebuild())
        async with store.asking() as reader:
            again = await reader.account(account)
        assert again == first
        assert again is not first


def an_account(number: int) -> AccountView:
    opened = account_opened()
    return AccountView(
        subject=number.to_bytes(16, "big"),
        cnie=opened.cnie,
        name_fr=opened.name_fr,
        name_ar=opened.name_ar,
        phone=None,
        birth_date=opened.birth_date,
        address=opened.address,
        pin_hash=None,
        language="ar",
        verified=False,
        assisted=False,
        opened_ms=0,
        opened_by=CLERK,
        consent="notice-1",
    )


def test_the_one_that_was_asked_for_longest_ago_gives_way() -> None:
    recent = Recent(most=2)
    first, second, third = map(an_account, range(3))
    for account in (first, second):
        recent.keep(account, recent.moment)
    recent.find(first.subject)
    recent.keep(third, recent.moment)
    assert [recent.find(one.subject) is not None for one in (first, second, third)] == [True, False, True]


def test_what_was_read_while_something_came_onto_the_disk_is_not_kept() -> None:
    recent = Recent()
    moment = recent.moment
    recent.settle(recent.edition)
    recent.keep(an_account(1), moment)
    assert recent.find(an_account(1).subject) is None


def test_what_a_decision_changes_is_kept_again_only_once_it_is_on_the_disk() -> None:
    recent, account = Recent(), an_account(1)
    recent.keep(account, recent.moment)
    recent.change([account.subject])
    first = recent.edition
    recent.change([account.subject])
    assert recent.find(account.subject) is None
    recent.settle(first)
    recent.keep(account, recent.moment)
    assert recent.find(account.subject) is None, "the second change waits still"
    recent.settle(recent.edition)
    recent.keep(account, recent.moment)
    assert recent.find(account.subject) is account
