"""The power goes at every await of a short morning: what was confirmed is there, and nothing is half done."""

import asyncio
import contextlib
from pathlib import Path

from edge.store.connection import Connect
from edge.store.store import Store, Transaction
from edge.store.verify import verify_log
from protocol.errors import OperatorError, PersonError
from protocol.records.encoding import Value
from tests.edge.store.support import (
    SIGNING,
    Clock,
    Faults,
    account_opened,
    command,
    database,
    open_account,
    open_store,
    request_submitted,
    staff_added,
    store_in,
    submit,
    vault_of,
)


async def hire(store: Store) -> None:
    async def decide(tx: Transaction) -> Value:
        if await tx.staff("n.amrani") is None:
            await tx.append("office", staff_added(), key_of=tx.office)
        return None

    await store.execute(command("hire"), decide)


async def account_and_request_at_once(store: Store) -> None:
    """Two subjects in one command: both are there, or neither."""

    async def decide(tx: Transaction) -> Value:
        account = await tx.new_key()
        await tx.append("cases", account_opened(cnie="FA000009", name_fr="Karim Alaoui"), key_of=account)
        assert await tx.account(account) is not None
        case = await tx.new_key()
        await tx.append("cases", request_submitted(account, "B05-99999-99999"), key_of=case)
        return None

    await store.execute(command("both"), decide)


async def morning(folder: Path, connect: Connect, confirmed: list[str]) -> None:
    """Work until the power goes; `confirmed` tells what a person was told is kept."""
    store = await open_store(folder, clock=Clock(), connect=connect)
    try:
        await hire(store)
        confirmed.append("staff")
        account = await open_account(store)
        confirmed.append("account")
        await submit(store, account)
        confirmed.append("request")
        await account_and_request_at_once(store)
        confirmed.append("both")
    finally:
        await store.close()


async def found(folder: Path) -> set[str]:
    """What a store holds, by the same names; raises if a command is there by half."""
    store = await open_store(folder)
    try:
        async with store.reading() as reader:
            held = {"staff"} if await reader.staff("n.amrani") else set()
            if await reader.account_by("cnie", "FA123456"):
                held.add("account")
            if await reader.case_by_reference("B05-7K3MQ-2X9RT"):
                held.add("request")
            halves = {
                await reader.account_by("cnie", "FA000009") is not None,
                await reader.case_by_reference("B05-99999-99999") is not None,
                len(await reader.cases()) == 2,
                await store.names.search("Karim Alaoui", 1) != [],
            }
            assert len(halves) == 1, "a command is there by half"
            return held | ({"both"} if halves.pop() else set())
    finally:
        await store.close()


async def crash_at(cut_at: int, root: Path) -> bool:
    """Run the morning with the power going at one await; returns whether it did."""
    live, after = root / f"live-{cut_at}", root / f"after-{cut_at}"
    vault_of(live)
    faults = Faults(live, after, cut_at)
    confirmed: list[str] = []
    try:
        await morning(live, faults.connect, confirmed)
    except OperatorError:
        assert faults.cut
    if not faults.cut:
        return False
    if (after / "mulhaqa.db").exists():
        held = await found(after)
        assert set(confirmed) <= held, f"lost at await {cut_at}: {set(confirmed) - held}"
        assert len(held) <= len(confirmed) + 1, "more than the one command in flight"
        report = await verify_log(after, vault=vault_of(after), own=SIGNING.public)
        assert report.findings == ()
        await go_on(after)
    else:
        assert confirmed == []
    return True


async def go_on(folder: Path) -> None:
    """The same commands are sent again, as a person who saw no answer does: each happens exactly once."""
    store = await open_store(folder)
    try:
        await hire(store)
        account = await open_account(store)
        await submit(store, account)
        await account_and_request_at_once(store)
        async with store.reading() as reader:
            assert len(await reader.cases()) == 2
    finally:
        await store.close()
    assert (await verify_log(folder, vault=vault_of(folder), own=SIGNING.public)).sound


async def test_a_crash_at_any_await_loses_nothing_confirmed_and_shows_nothing_half_done(tmp_path: Path) -> None:
    cut_at = 1
    while await crash_at(cut_at, tmp_path):
        cut_at += 1
    assert cut_at > 100, "the morning has become too short to mean anything"


CNIES = [f"FA70000{number}" for number in range(6)]
TORN = (1, 4)
"""Three people and one who is refused wait at once; two go first, then two: no commit has the first person alone."""


async def crowd(folder: Path, connect: Connect, confirmed: set[str]) -> None:
    """Twice three people at once, and a command that is refused."""
    store = await open_store(folder, connect=connect)

    async def one(cnie: str) -> None:
        await open_account(store, cnie, account_opened(cnie=cnie))
        confirmed.add(cnie)

    async def refused() -> None:
        async def decide(tx: Transaction) -> Value:
            subject = await tx.new_key()
            await tx.append("cases", account_opened(cnie="FA666666"), key_of=subject)
            await tx.account(subject)
            raise PersonError("This cannot be done.")

        await store.execute(command("refused"), decide)

    try:
        await asyncio.gather(*(one(cnie) for cnie in CNIES[:3]), refused(), return_exceptions=True)
        await asyncio.gather(*(one(cnie) for cnie in CNIES[3:]), refused(), return_exceptions=True)
    finally:
        await store.close()


async def test_a_crash_in_a_group_commit_keeps_whatever_was_confirmed(tmp_path: Path) -> None:
    cut_at, cuts = 1, 0
    while True:
        live, after = tmp_path / f"live-{cut_at}", tmp_path / f"after-{cut_at}"
        vault_of(live)
        faults = Faults(live, after, cut_at)
        confirmed: set[str] = set()
        with contextlib.suppress(OperatorError):
            await crowd(live, faults.connect, confirmed)
        if not faults.cut:
            break
        cuts += 1
        if database(after).exists():
            async with store_in(after) as store, store.reading() as reader:
                held = {cnie for cnie in CNIES if await reader.account_by("cnie", cnie) is not None}
                assert await reader.account_by("cnie", "FA666666") is None
            assert confirmed <= held
            assert sorted(held) == CNIES[: len(held)], "what came first is kept first"
            assert len(held) not in TORN, "a group commits whole or not at all"
            assert (await verify_log(after, vault=vault_of(after), own=SIGNING.public)).findings == ()
        cut_at += 2
    assert cuts > 50, "the crowd has become too small to mean anything"
