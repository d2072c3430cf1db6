"""What is done to an account shows in its row, its index and the search by name, and so after a rebuild."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.connection import Row, open_sqlite
from edge.store.rebuild import rebuild_views
from edge.store.rows import AccountView
from edge.store.schema import DATABASE
from edge.store.store import Store, Transaction
from edge.store.views import DEFAULT_VIEWS
from edge.store.views.fold import dump
from protocol.errors import CallerError, MulhaqaError
from protocol.office.events import (
    AccountCorrected,
    AccountEvent,
    IdentityVerified,
    PhoneChanged,
    PinChanged,
    PinReset,
)
from protocol.records.encoding import Value
from tests.edge.store.support import CITIZEN, CLERK, Clock, account_opened, command, open_account, store_in

PHONE = PhoneChanged(phone="+212698765432", by=CLERK)
RIGHT = AccountCorrected(
    name_fr="Salma El Idrissi",
    name_ar="سلمى اليدريسي",
    birth_date="1990-04-02",
    address="3, rue du Lac, Berkane",
    by=CLERK,
)
RENEWED = msgspec.structs.replace(RIGHT, document="passport", cnie="FRA 12AB34567")


async def happens(store: Store, account: bytes, event: AccountEvent, name: str) -> None:
    async def decide(tx: Transaction) -> Value:
        await tx.append("cases", event, key_of=account)
        return None

    await store.execute(command(name), decide)


async def read(store: Store, account: bytes) -> AccountView:
    async with store.reading() as reader:
        found = await reader.account(account)
    assert found is not None
    return found


async def found_by(store: Store, kind: str, text: str) -> list[bytes]:
    async with store.reading() as reader:
        return await reader.accounts_by(kind, text)


async def test_the_old_telephone_finds_nobody_any_more(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        sister = await open_account(store, 2, account_opened(cnie="FA000002", name_fr="Hind Idrissi"))
        await happens(store, account, PHONE, "phone")
        assert await found_by(store, "phone", "+212612345678") == [sister]
        assert await found_by(store, "phone", "+212698765432") == [account]
        await happens(store, account, PhoneChanged(phone=None, by=CLERK), "no phone")
        assert await found_by(store, "phone", "+212698765432") == []
        assert (await read(store, account)).phone is None


async def test_a_corrected_name_is_searched_and_the_wrong_one_is_not(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store, 1, account_opened(name_fr="Zineb Wrongname"))
        assert await store.names.search("wrongname", 5) == [account]
        await happens(store, account, RIGHT, "right")
        assert await store.names.search("wrongname", 5) == []
        assert await store.names.search("el idrissi", 5) == [account]
        step = (await read(store, account)).steps[-1]
        assert (step.kind, step.fields) == ("account.corrected", ("name_ar", "name_fr", "birth_date", "address"))
    async with store_in(tmp_path) as store:
        assert await store.names.search("wrongname", 5) == []
        assert await store.names.search("el idrissi", 5) == [account]


async def test_another_document_takes_the_place_of_the_old_number(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        await happens(store, account, RENEWED, "renewed")
        assert await found_by(store, "cnie", "FA123456") == []
        assert await found_by(store, "passport", "FRA 12AB34567") == [account]
        other = await open_account(store, 2, account_opened())
        assert await found_by(store, "cnie", "FA123456") == [other]


async def test_a_number_is_unique_within_its_kind_of_document(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store)
        card = msgspec.structs.replace(account_opened(), document="residence_card")
        await open_account(store, 2, card)
        with pytest.raises(MulhaqaError):
            await open_account(store, 3, card)


async def test_children_are_found_by_who_answers_for_them(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        guardian = await open_account(store)
        born = msgspec.structs.replace(account_opened(), document="none", cnie="", guardian=guardian, phone=None)
        children = [await open_account(store, name, born) for name in ("one", "two")]
        async with store.reading() as reader:
            assert await reader.children_of(guardian) == sorted(children)
            assert await reader.children_of(children[0]) == []
            with pytest.raises(CallerError):
                await reader.accounts_by("none", "")
            with pytest.raises(CallerError):
                await reader.accounts_by("guardian", guardian.hex())


async def test_a_given_pin_is_temporary_until_another_is_chosen(tmp_path: Path) -> None:
    clock = Clock()
    async with store_in(tmp_path, clock=clock) as store:
        account = await open_account(store)
        await happens(store, account, PinReset(pin_hash="$given", by=CLERK), "given")
        given_pin = await read(store, account)
        assert given_pin.pin_hash == "$given"
        assert given_pin.temporary_pin_ms == given_pin.steps[-1].at_ms
        await happens(store, account, PinChanged(pin_hash="$own", by=CITIZEN), "own")
        own = await read(store, account)
        assert (own.pin_hash, own.temporary_pin_ms) == ("$own", None)
        assert [step.kind for step in own.steps] == ["account.pin_reset", "account.pin_changed"]


async def test_an_account_of_the_first_release_reads_as_one_with_a_national_card(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        found = await read(store, await open_account(store))
    assert (found.document, found.guardian, found.temporary_pin_ms, found.steps) == ("cnie", None, None, ())


EVENTS: tuple[AccountEvent, ...] = (
    PHONE,
    PhoneChanged(phone=None, by=CLERK),
    RIGHT,
    RENEWED,
    msgspec.structs.replace(RIGHT, document="cnie", cnie="FA123456"),
    PinReset(pin_hash="$given", by=CLERK),
    PinChanged(pin_hash="$own", by=CITIZEN),
    IdentityVerified(by=CLERK),
)


async def dumped(folder: Path) -> dict[str, list[Row]]:
    connection = await open_sqlite(folder / DATABASE, False)
    try:
        return await dump(connection, DEFAULT_VIEWS)
    finally:
        await connection.close()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(EVENTS), max_size=8), st.booleans())
async def test_whatever_is_done_to_an_account_a_rebuild_gives_the_same_rows(
    events: list[AccountEvent], at_once: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with store_in(folder) as store:
            account = await open_account(store)
            for number, event in enumerate(events):
                await happens(store, account, event, f"event {number}")
            before = await read(store, account)
            names = await store.names.search(before.name_fr, 3)
            if at_once:
                await all_in_one(store, events)
        rows = await dumped(folder)
        async with store_in(folder) as store:
            await rebuild_views(store)
            assert await read(store, account) == before
        assert await dumped(folder) == rows
        async with store_in(folder) as store:
            assert await read(store, account) == before
            assert account in await store.names.search(before.name_fr, 3) or not names


async def all_in_one(store: Store, events: list[AccountEvent]) -> None:
    """An account that is opened and changed by one command, so that its row is read from memory."""

    async def decide(tx: Transaction) -> Value:
        account = await tx.new_key()
        opened = msgspec.structs.replace(account_opened(cnie="FA777777"), document="residence_card")
        await tx.append("cases", opened, key_of=account)
        for event in events:
            if not isinstance(event, AccountCorrected):
                await tx.append("cases", event, key_of=account)
        return account

    account = await store.execute(command("all in one"), decide)
    assert isinstance(account, bytes)
    kinds = [step.kind for step in (await read(store, account)).steps]
    assert len(kinds) <= len(events)


async def test_a_step_says_which_fields_were_changed_and_not_what_they_said(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        before = await read(store, account)
        only = AccountCorrected(
            name_fr=before.name_fr,
            name_ar=before.name_ar,
            birth_date=before.birth_date,
            address="4, Hay Salam",
            by=CLERK,
        )
        await happens(store, account, only, "address")
        after = await read(store, account)
        assert after.steps[-1].fields == ("address",)
        assert replace(after, steps=(), address=before.address) == before
