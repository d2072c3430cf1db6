import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from edge.store.connection import Connection, DiskFailed, Row, Statement, open_sqlite
from edge.store.rows import Committed
from edge.store.store import IN_DOUBT, Store, Transaction
from edge.store.verify import verify_log
from protocol.errors import CallerError, OperatorError, PeerError, PersonError
from protocol.office.events import IdentityVerified
from protocol.records.encoding import Value
from tests.edge.store.support import (
    CLERK,
    SIGNING,
    Chance,
    Clock,
    Faults,
    FaultyConnection,
    account_opened,
    command,
    copied,
    open_account,
    open_store,
    opens_account,
    staff_added,
    store_in,
    vault_of,
)


async def records_of(store: Store) -> int:
    async with store.reading() as reader:
        return len(await reader.log_tail(1000))


async def test_what_was_confirmed_can_be_read_at_once(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        subject = await open_account(store)
        async with store.reading() as reader:
            account = await reader.account(subject)
        assert account is not None
        assert account.name_fr == "Salma Idrissi"


async def test_what_was_confirmed_is_there_after_a_restart(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        subject = await open_account(store)
    async with store_in(tmp_path) as store, store.reading() as reader:
        assert await reader.account_by("cnie", "FA123456") == subject


async def test_a_command_sent_again_gets_the_first_answer_and_does_nothing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        first = await open_account(store)
        before = await records_of(store)
        assert await open_account(store) == first
        assert await records_of(store) == before


async def test_a_command_sent_again_after_a_restart_gets_the_first_answer(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        first = await open_account(store)
    async with store_in(tmp_path) as store:
        assert await open_account(store) == first


async def test_one_command_many_times_at_once_is_kept_once(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        answers = await asyncio.gather(*(store.execute(command(1), opens_account(account_opened())) for _ in range(5)))
        assert len({bytes(answer) for answer in answers if isinstance(answer, bytes)}) == 1
        assert await records_of(store) == 2, "the segment's first, and the account"


async def test_a_command_that_fails_undoes_itself_alone(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def refuse(tx: Transaction) -> Value:
            await opens_account(account_opened(cnie="FA999999", name_fr="Karim Alaoui"))(tx)
            await tx.account_by("cnie", "FA999999")  # the row has reached the database by now
            raise PersonError("This cannot be done.")

        results = await asyncio.gather(
            open_account(store, 1, account_opened(cnie="FA000001")),
            store.execute(command("bad"), refuse),
            open_account(store, 2, account_opened(cnie="FA000002")),
            return_exceptions=True,
        )
        assert isinstance(results[1], PersonError)
        async with store.reading() as reader:
            assert await reader.account_by("cnie", "FA000001") == results[0]
            assert await reader.account_by("cnie", "FA000002") == results[2]
            assert await reader.account_by("cnie", "FA999999") is None
        assert await store.names.search("Karim Alaoui", 5) == []
    assert (await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)).findings == ()


async def test_a_failed_command_may_be_tried_again_under_its_id(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def refuse(tx: Transaction) -> Value:
            raise PersonError("Not now.")

        with pytest.raises(PersonError):
            await store.execute(command(1), refuse)
        assert await store.execute(command(1), opens_account(account_opened())) is not None


async def test_a_command_sees_what_its_neighbour_in_the_group_decided(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def if_free(tx: Transaction) -> Value:
            if await tx.account_by("cnie", "FA123456") is not None:
                raise PersonError("There is one.", status=409)
            return await opens_account(account_opened())(tx)

        results = await asyncio.gather(*(store.execute(command(n), if_free) for n in range(4)), return_exceptions=True)
        assert sum(isinstance(result, bytes) for result in results) == 1


async def test_a_second_account_of_one_cnie_cannot_be_stored(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store, 1)
        with pytest.raises(CallerError):
            await open_account(store, 2)
        await open_account(store, 3, account_opened(cnie="FA000003"))
    assert (await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)).findings == ()


async def test_a_decision_that_swallows_a_failed_write_is_not_half_kept(tmp_path: Path) -> None:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        with suppress(CallerError):
            await tx.append("cases", account_opened(), key_of=subject)
            await tx.account_by("cnie", "FA123456")  # here the write reaches the database, and is refused
        return "opened"

    async with store_in(tmp_path) as store:
        await open_account(store)
        before = await records_of(store)
        with pytest.raises(CallerError):
            await store.execute(command(2), decide)
        assert await records_of(store) == before
        await open_account(store, 3, account_opened(cnie="FB654321", phone=None))
    assert (await verify_log(tmp_path, own=SIGNING.public)).sound


async def test_a_decision_that_swallows_a_failed_fold_is_not_half_kept(tmp_path: Path) -> None:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        with suppress(PeerError):
            await tx.append("cases", IdentityVerified(by=CLERK), key_of=subject)  # of an account that is not there
        return "verified"

    async with store_in(tmp_path) as store:
        await open_account(store)
        before = await records_of(store)
        with pytest.raises(CallerError):
            await store.execute(command(2), decide)
        assert await records_of(store) == before


async def test_a_key_that_seals_nothing_is_a_mistake(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def decide(tx: Transaction) -> Value:
            await tx.new_key()
            return None

        with pytest.raises(CallerError, match="key was drawn"):
            await store.execute(command(1), decide)


async def test_an_event_cannot_be_sealed_under_a_key_that_nobody_holds(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def decide(tx: Transaction) -> Value:
            await tx.append("cases", account_opened(), key_of=bytes(16))
            return None

        with pytest.raises(CallerError, match="no key is held"):
            await store.execute(command(1), decide)


async def test_an_annexe_has_two_streams(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def decide(tx: Transaction) -> Value:
            await tx.append("all", staff_added(), key_of=tx.office)
            return None

        with pytest.raises(CallerError, match="cases, office"):
            await store.execute(command(1), decide)


async def test_the_offices_key_is_made_once_even_if_its_first_command_fails(tmp_path: Path) -> None:
    async def add(tx: Transaction) -> Value:
        await tx.append("office", staff_added(), key_of=tx.office)
        await tx.staff("n.amrani")
        return tx.office

    async def add_and_fail(tx: Transaction) -> Value:
        await add(tx)
        raise PersonError("No.")

    async with store_in(tmp_path) as store:
        failed, office = await asyncio.gather(
            store.execute(command(1), add_and_fail), store.execute(command(2), add), return_exceptions=True
        )
        assert isinstance(failed, PersonError)
    async with store_in(tmp_path) as store, store.reading() as reader:
        staff = await reader.staff("n.amrani")
        assert staff is not None
        assert staff.name_ar == "نادية العمراني"
        assert isinstance(office, bytes)
        assert await reader.data_key(office) is not None


async def test_a_caller_that_goes_away_takes_nothing_with_it(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        caller = asyncio.create_task(open_account(store, 1))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await open_account(store, 2, account_opened(cnie="FA000002"))
        async with store.reading() as reader:
            assert await reader.account_by("cnie", "FA123456") is not None


async def test_a_decision_that_awaits_something_cancelled_fails_alone(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:

        async def decide(tx: Transaction) -> Value:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.cancel()
            await future
            return None

        with pytest.raises(CallerError, match="cancelled"):
            await store.execute(command(1), decide)
        await open_account(store, 2)


async def test_a_decision_that_never_ends_stops_the_office_only_for_its_time(tmp_path: Path) -> None:
    async with store_in(tmp_path, longest_decision=0.05) as store:

        async def decide(tx: Transaction) -> Value:
            await opens_account(account_opened(cnie="FA999999"))(tx)
            await tx.account_by("cnie", "FA999999")
            await asyncio.get_running_loop().create_future()
            return None

        stuck = asyncio.create_task(store.execute(command(1), decide))
        after = asyncio.create_task(open_account(store, 2))
        with pytest.raises(CallerError, match="too long"):
            await stuck
        assert await after
        async with store.reading() as reader:
            assert await reader.account_by("cnie", "FA999999") is None


async def test_listeners_are_told_after_the_commit_and_only_what_was_committed(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        told: list[Committed] = []
        store.on_commit(told.extend)

        async def refuse(tx: Transaction) -> Value:
            await opens_account(account_opened(cnie="FA999999"))(tx)
            raise PersonError("No.")

        with pytest.raises(PersonError):
            await store.execute(command("bad"), refuse)
        assert told == []
        subject = await open_account(store)
        assert told == [Committed("berkane-05/cases", subject, "account.opened", frozenset({subject}))]


async def test_a_listener_that_fails_harms_nobody(tmp_path: Path) -> None:
    def fail(told: object) -> None:
        raise ValueError("a listener's own mistake")

    async with store_in(tmp_path) as store:
        store.on_commit(fail)
        await open_account(store)


async def test_a_second_writer_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        with pytest.raises(OperatorError, match="one writer"):
            await open_store(tmp_path)
    async with store_in(tmp_path):
        pass


async def test_a_folder_of_another_annexe_is_refused(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        pass
    with pytest.raises(OperatorError, match="another annexe"):
        await open_store(tmp_path, annexe="berkane-06")


async def test_a_closed_store_refuses_and_keeps_what_was_queued(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    last = asyncio.create_task(open_account(store))
    await asyncio.sleep(0)
    await store.close()
    assert await last
    with pytest.raises(OperatorError, match="closed"):
        await open_account(store, 2)


class FailingCommit(FaultyConnection):
    """A disk whose fsync fails once it is told to."""

    broken = False

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        if self.broken and any(sql == "COMMIT" for sql, _ in statements):
            raise DiskFailed("the disk failed (SQLITE_IOERR_FSYNC)")
        return await super().run(statements)


async def test_after_a_failed_commit_all_are_told_so_and_nothing_is_tried_again(tmp_path: Path) -> None:
    opened: list[FailingCommit] = []

    async def connect(path: Path, writable: bool) -> Connection:
        opened.append(FailingCommit(await open_sqlite(path, writable), Faults(path, path)))
        return opened[-1]

    folder = tmp_path / "annexe"
    store = await open_store(folder, connect=connect)
    first = await open_account(store, 1, account_opened(cnie="FA000001"))
    mourned: list[OperatorError] = []
    store.on_failure(mourned.append)
    opened[0].broken = True
    results = await asyncio.gather(
        *(open_account(store, n, account_opened(cnie=f"FA00000{n}")) for n in range(2, 6)), return_exceptions=True
    )
    assert all(isinstance(result, OperatorError) for result in results)
    assert len(mourned) == 1
    opened[0].broken = False
    with pytest.raises(OperatorError, match="start the service again"):
        await open_account(store, 7, account_opened(cnie="FA000007"))
    await store.close()
    assert (folder / IN_DOUBT).exists()

    async with store_in(folder) as again:
        assert not (folder / IN_DOUBT).exists()
        async with again.reading() as reader:
            assert await reader.account_by("cnie", "FA000001") == first
            assert await reader.account_by("cnie", "FA000002") is None


async def test_the_clock_going_back_begins_an_era_and_a_restart_a_segment(tmp_path: Path) -> None:
    clock = Clock()
    async with store_in(tmp_path, clock=clock) as store:
        await open_account(store, 1)
        clock.ms -= 3_600_000
        await open_account(store, 2, account_opened(cnie="FA000002"))
        async with store.reading() as reader:
            kinds = [row.kind for row in reversed(await reader.log_tail(10))]
        assert kinds == ["segment.opened", "account.opened", "clock.changed", "account.opened"]
    clock.ms -= 3_600_000
    async with store_in(tmp_path, clock=clock) as store:
        async with store.reading() as reader:
            assert len(await reader.log_tail(10)) == 4, "a start alone writes nothing"
        await open_account(store, 3, account_opened(cnie="FA000003"))
        async with store.reading() as reader:
            kinds = [row.kind for row in reversed(await reader.log_tail(3))]
        assert kinds == ["segment.opened", "clock.changed", "account.opened"]
    report = await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)
    assert report.findings == ()
    assert (report.segments, report.branches) == (2, 0)


async def test_a_copied_store_goes_on_in_a_segment_of_its_own(tmp_path: Path) -> None:
    async with store_in(tmp_path / "a") as store:
        await open_account(store, 1)
    copied(tmp_path / "a", tmp_path / "b")
    heads = []
    for name in ("a", "b"):
        async with store_in(tmp_path / name, chance=Chance(name)) as store:
            await open_account(store, 2, account_opened(cnie="FA000002"))
            async with store.reading() as reader:
                heads.append((await reader.log_tail(1))[0].segment)
    assert heads[0] != heads[1]


@pytest.mark.parametrize("size", [0, 15, 17])
async def test_a_command_id_has_its_size(tmp_path: Path, size: int) -> None:
    async with store_in(tmp_path) as store:
        with pytest.raises(CallerError):
            await store.execute(bytes(size), opens_account(account_opened()))
