"""Two clones of a card that have exchanged what each wrote show the same, however it came to them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.connection import ConstraintBroken, Row
from edge.store.rebuild import rebuild_views
from edge.store.store import Store, Transaction
from edge.store.tail import Owner, take_back
from edge.store.verify import verify_log
from protocol.office.events import (
    AccountCorrected,
    AccountViewed,
    AgentKeyEnrolled,
    Event,
    IdentityVerified,
    PhoneChanged,
    PinReset,
    ScreenPaired,
    ScreenRemoved,
    ScreenRenamed,
    StaffPasswordChanged,
)
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.envelope import Record, parse_record
from tests.edge.store.life import LIFE, live
from tests.edge.store.support import (
    ANNEXE,
    CLERK,
    NOON,
    SIGNING,
    Chance,
    Clock,
    account_opened,
    copied,
    open_account,
    request_submitted,
    staff_added,
    store_in,
    submit,
    vault_of,
)
from tests.edge.store.test_views import dumped

LATER = NOON + 3_600_000


@asynccontextmanager
async def clones(folder: Path, known: int = 2) -> AsyncIterator[tuple[Store, Store, list[bytes]]]:
    """Two machines with the same card, on which some accounts are open; the second one's clock is an hour ahead."""
    async with store_in(folder / "one") as store:
        accounts = [await open_account(store, n, account_opened(f"FA00000{n}")) for n in range(known)]
        await hire(store, "n.amrani")
    copied(folder / "one", folder / "two")
    async with (
        store_in(folder / "one", chance=Chance("one")) as one,
        store_in(folder / "two", chance=Chance("two"), clock=Clock(LATER)) as two,
    ):
        yield one, two, accounts


async def note(store: Store, account: bytes, *events: Event) -> None:
    async def decide(tx: Transaction) -> Value:
        for event in events:
            await tx.append("cases", event, key_of=account)
        return None

    await store.execute(Chance()(16), decide)


async def hire(store: Store, login: str, *events: Event) -> None:
    async def decide(tx: Transaction) -> Value:
        for event in events or (staff_added(login),):
            await tx.append("office", event, key_of=tx.office)
        return None

    await store.execute(Chance()(16), decide)


async def held_by(store: Store) -> list[Record]:
    async with store.reading() as reader:
        rows = await reader.rows("SELECT bytes FROM records ORDER BY position")
    return [parse_record(row[0]) for row in rows if isinstance(row[0], bytes)]


async def tell(store: Store, other: Store) -> None:
    """Give another machine all that a store holds, as the prefecture would."""
    records = await held_by(store)
    async with store.reading() as reader:
        keys = {one.subject: await reader.data_key(one.subject) for one in records if one.subject is not None}
    held = {subject: key for subject, key in keys.items() if key is not None}
    await take_back(other, Owner(ANNEXE, SIGNING.public, 1), records, Trust([]), held)


async def exchange(one: Store, two: Store) -> None:
    await tell(one, two)
    await tell(two, one)


async def views(folder: Path) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    return await dumped(folder / "one"), await dumped(folder / "two")


def corrected(number: str) -> AccountCorrected:
    return AccountCorrected(
        cnie=number,
        name_ar="سلمى الإدريسي",
        name_fr="Salma Idrissi",
        birth_date="1990-04-01",
        address="3, rue",
        by=CLERK,
    )


def phone(number: str) -> PhoneChanged:
    return PhoneChanged(phone=number, by=CLERK)


async def test_what_both_changed_of_an_account_is_the_same_at_both(tmp_path: Path) -> None:
    async with clones(tmp_path) as (one, two, (account, other)):
        await note(two, account, phone("+212600000002"), AccountViewed(by=CLERK, reason="dossier"))
        await note(one, account, IdentityVerified(by=CLERK), phone("+212600000001"))
        await exchange(one, two)
        async with one.reading() as reader:
            found = await reader.account(account)
            assert found is not None
            assert found.phone == "+212600000002", "by their clocks it was the later one"
            assert [step.kind for step in found.steps] == ["account.identity_verified", *2 * ["account.phone_changed"]]
            assert len(found.views) == 1
            assert await reader.accounts_by("phone", "+212600000001") == []
        await note(one, other, phone("+212600000003"))
        await tell(one, two)
        here, there = await views(tmp_path)
        assert here == there


async def test_a_number_that_both_gave_is_its_first_claimants_and_the_other_is_for_the_counter(tmp_path: Path) -> None:
    async with clones(tmp_path) as (one, two, (known, _)):
        second = await open_account(two, "two", account_opened("FA777777"))
        first = await open_account(one, "one", account_opened("FA777777"))
        await exchange(one, two)
        for store in (one, two):
            async with store.reading() as reader:
                assert await reader.account_by("cnie", "FA777777") == first
                assert await reader.accounts_by("cnie", "FA777777") == [first, second]
                opened = [await reader.account(one) for one in (first, second)]
                assert [one is not None and await reader.is_second_claim(one) for one in opened] == [False, True]
        await note(one, first, corrected("FA888888"))
        async with one.reading() as reader:
            assert await reader.account_by("cnie", "FA777777") == second, "the first claim was a slip"
        await note(two, known, corrected("FA888888"))
        await exchange(one, two)
        here, there = await views(tmp_path)
        assert here == there


async def draw_again(store: Store, account: bytes) -> None:
    """File a request under a reference that is taken."""

    async def decide(tx: Transaction) -> Value:
        return await tx.append("cases", request_submitted(account), key_of=await tx.new_key())

    await store.execute(Chance("again")(16), decide)


async def test_a_reference_that_both_drew_is_whose_request_stands_first_and_both_are_found(tmp_path: Path) -> None:
    async with clones(tmp_path) as (one, two, (account, other)):
        second = await submit(two, other)
        first = await submit(one, account)
        await exchange(one, two)
        for store in (one, two):
            async with store.reading() as reader:
                assert await reader.case_by_reference("B05-7K3MQ-2X9RT") == first, "by their clocks it was the earlier"
                assert await reader.cases_by_reference("B05-7K3MQ-2X9RT") == [first, second]
        await live(two, second, LIFE[0], "goes on")
        await exchange(one, two)
        async with one.reading() as reader:
            found = await reader.case(second)
            assert found is not None
            assert len(found.history) == 2, "nothing of it is lost"
        here, there = await views(tmp_path)
        assert here == there
        with pytest.raises(ConstraintBroken):
            await draw_again(one, account)
        await rebuild_views(one)
        here, there = await views(tmp_path)
        assert here == there


async def test_a_segment_that_comes_after_one_that_continues_it_puts_all_in_order_at_once(tmp_path: Path) -> None:
    """The middle one says nothing of the account, and it alone says which change came last: the clock was put back."""
    async with store_in(tmp_path / "one") as store:
        account, other = [await open_account(store, n, account_opened(f"FA00000{n}")) for n in range(2)]
        await note(store, account, phone("+212600000001"))
    copied(tmp_path / "one", tmp_path / "two")
    before = Clock(NOON - 3_600_000)
    for name, whose in (("middle", other), ("last", account)):
        async with store_in(tmp_path / "two", chance=Chance(name), clock=before) as store:
            await note(store, whose, phone("+212600000002"))
            records = await held_by(store)
    own = [one for one in records if one.stream.endswith("/cases")]
    middle, last = list(dict.fromkeys(one.segment for one in own))[-2:]
    async with store_in(tmp_path / "one") as store:
        for segment in (last, middle):
            came = [one for one in own if one.segment == segment]
            await take_back(store, Owner(ANNEXE, SIGNING.public, 1), came, Trust([]), {})
    here, there = await views(tmp_path)
    assert here == there


async def test_a_login_that_both_gave_is_one_agent(tmp_path: Path) -> None:
    async with clones(tmp_path) as (one, two, _):
        await hire(two, "s.alami")
        await hire(one, "s.alami")
        await hire(two, "", AgentKeyEnrolled(login="s.alami", public=bytes(32)))
        await hire(one, "", StaffPasswordChanged(login="s.alami", password_hash="$argon2id$other"))
        await exchange(one, two)
        async with two.reading() as reader:
            agent = await reader.staff("s.alami")
            assert agent is not None
            assert (agent.password_hash, agent.public) == ("$argon2id$other", bytes(32))
            assert [one.login for one in await reader.staff_list()] == ["n.amrani", "s.alami"]
        here, there = await views(tmp_path)
        assert here == there


def paired(name: str) -> ScreenPaired:
    return ScreenPaired(screen=name.encode(), screen_kind="counter", name=name, token_hash=name.encode(), by=CLERK)


async def test_a_screen_that_one_of_them_removed_stays_removed_at_both(tmp_path: Path) -> None:
    async with clones(tmp_path) as (one, two, _):
        await hire(one, "", paired("Guichet 1"))
        await exchange(one, two)
        await hire(one, "", ScreenRemoved(screen=b"Guichet 1", by=CLERK))
        await hire(two, "", ScreenRenamed(screen=b"Guichet 1", name="Guichet 7", by=CLERK))
        await exchange(one, two)
        async with two.reading() as reader:
            assert [(screen.name, screen.removed) for screen in await reader.screens()] == [("Guichet 7", True)]
        here, there = await views(tmp_path)
        assert here == there


async def test_messages_of_a_case_that_went_on_at_both_are_the_same_at_both(tmp_path: Path) -> None:
    async with store_in(tmp_path / "one") as store:
        case = await submit(store, await open_account(store))
        for number, step in enumerate(LIFE[:6]):
            await live(store, case, step, f"life {number}")
    copied(tmp_path / "one", tmp_path / "two")
    async with (
        store_in(tmp_path / "one", chance=Chance("one")) as one,
        store_in(tmp_path / "two", chance=Chance("two")) as two,
    ):
        for number, step in enumerate(LIFE[6:8]):
            await live(one, case, step, f"one {number}")
        await live(two, case, LIFE[6], "two")
        await exchange(one, two)
        here, there = await views(tmp_path)
        assert here == there


Choice = tuple[bool, int, int]

EVENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 3)), min_size=1, max_size=14)


async def _do(store: Store, what: int, which: int, accounts: list[bytes]) -> None:
    account = accounts[which % len(accounts)]
    number = f"FA9{which:05d}"
    async with store.reading() as reader:
        is_free = await reader.account_by("cnie", number) is None
        is_drawn = await reader.case_by_reference("B05-7K3MQ-2X9RT") is not None
    match what:
        case 0:
            await note(store, account, phone(f"+21260000000{which}"))
        case 1:
            await note(store, account, PinReset(pin_hash=f"$argon2id${which}", by=CLERK))
        case 2:
            await note(store, account, AccountViewed(by=CLERK, reason="dossier"))
        case 3 if is_free:
            await note(store, account, corrected(number))
        case 4 if is_free:
            await open_account(store, Chance()(4).hex(), account_opened(number))
        case 5:
            await hire(store, "", StaffPasswordChanged(login="n.amrani", password_hash=f"$argon2id${which}"))
        case 6 if not is_drawn:
            await draw_again(store, account)
        case 7:
            await hire(store, "", paired(f"screen {which}"))
        case 8:
            await hire(store, "", ScreenRenamed(screen=f"screen {which}".encode(), name="new", by=CLERK))
        case 9:
            await hire(store, "", ScreenRemoved(screen=f"screen {which}".encode(), by=CLERK))
        case _:
            await note(store, account, IdentityVerified(by=CLERK))


@settings(max_examples=12, deadline=None)
@given(EVENTS, st.integers(0, 2), EVENTS)
def test_whatever_two_clones_did_they_show_the_same(before: list[Choice], ahead: int, after: list[Choice]) -> None:
    """Whoever told the other first; a rebuild and the verifier find the same."""

    async def story(folder: Path) -> None:
        async with clones(folder) as (one, two, accounts):
            for on_two, what, which in before:
                await _do(two if on_two else one, what, which, accounts)
            if ahead:
                await (tell(one, two) if ahead == 1 else tell(two, one))
            for on_two, what, which in after:
                await _do(two if on_two else one, what, which, accounts)
            await exchange(one, two)
            here, there = await views(folder)
            assert here == there
            await rebuild_views(one)
            assert (await views(folder))[0] == there
        for name in ("one", "two"):
            report = await verify_log(folder / name, vault=vault_of(folder / name), own=SIGNING.public)
            assert report.findings == ()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))
