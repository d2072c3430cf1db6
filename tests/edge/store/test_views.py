import asyncio
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.connection import ConstraintBroken, Row, open_sqlite
from edge.store.rebuild import rebuild_views
from edge.store.schema import DATABASE
from edge.store.store import Store, Transaction
from edge.store.verify import verify_log
from edge.store.views import DEFAULT_VIEWS
from edge.store.views.fold import dump
from protocol.errors import MulhaqaError
from protocol.office import casework
from protocol.office.casework import Case, Fact, State
from protocol.office.events import AccountViewed, AgentKeyEnrolled, IdentityVerified, from_value
from protocol.records.chain import Head
from protocol.records.clock import Timestamp
from protocol.records.encoding import Value
from protocol.records.envelope import Record, open_body, parse_record, write_record
from protocol.records.refusals import CannotOpen
from tests.edge.store.life import LIFE, live
from tests.edge.store.support import (
    CLERK,
    NOON,
    SIGNING,
    account_opened,
    command,
    database,
    open_account,
    staff_added,
    store_in,
    submit,
    vault_of,
)


async def a_day(store: Store) -> bytes:
    """People, staff, and a case from its request to its hand-over; returns the case."""

    async def hire(tx: Transaction) -> Value:
        await tx.append("office", staff_added(), key_of=tx.office)
        await tx.append("office", AgentKeyEnrolled(login="n.amrani", public=bytes(range(32))), key_of=tx.office)
        return None

    await store.execute(command("hire"), hire)
    account = await open_account(store)
    await open_account(store, 2, account_opened(cnie="FA000002", name_fr="Karim Alaoui"))

    async def see(tx: Transaction) -> Value:
        await tx.append("cases", IdentityVerified(by=CLERK), key_of=account)
        await tx.append("cases", AccountViewed(by=CLERK, reason="dossier"), key_of=account)
        return None

    await store.execute(command("see"), see)
    case = await submit(store, account)
    for number, step in enumerate(LIFE):
        await live(store, case, step, f"life {number}")
    return case


async def dumped(folder: Path) -> dict[str, list[Row]]:
    connection = await open_sqlite(folder / DATABASE, False)
    try:
        return await dump(connection, DEFAULT_VIEWS)
    finally:
        await connection.close()


async def facts_of(store: Store, subject: bytes) -> list[Fact]:
    async with store.reading() as reader:
        key = await reader.data_key(subject)
        rows = await reader.rows("SELECT bytes FROM records ORDER BY position")
    records = [parse_record(row[0]) for row in rows if isinstance(row[0], bytes)]
    return [
        Fact(record.hash, record.time.ms, from_value(open_body(record, key)))
        for record in records
        if record.subject == subject
    ]


async def case_of(store: Store, subject: bytes) -> Case:
    async with store.reading() as reader:
        case = await reader.case(subject)
    assert case is not None
    return case


async def test_a_case_read_is_the_fold_of_its_records_after_every_event(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))
        for number, step in enumerate(LIFE):
            await live(store, case, step, f"life {number}")
            assert await case_of(store, case) == casework.fold(await facts_of(store, case))
        assert (await case_of(store, case)).state is State.COLLECTED


async def test_lists_tell_what_the_case_tells(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        case = await a_day(store)
        opened = await case_of(store, case)
        async with store.reading() as reader:
            (row,) = await reader.cases()
            assert (row.subject, row.account, row.state, row.procedure) == (
                case,
                opened.account,
                opened.state,
                opened.procedure,
            )
            assert (row.submitted_ms, row.due) == (opened.submitted_ms, opened.due)
            assert row.updated_ms == opened.history[-1].time_ms
            assert await reader.cases(state=State.COLLECTED, account=opened.account) == [row]
            assert await reader.cases(state=State.SUBMITTED) == []
            assert await reader.cases(account=case) == []
            assert await reader.case_by_reference("B05-7K3MQ-2X9RT") == case
            assert await reader.case_by_reference("B05-7K3MQ-2X9RZ") is None


async def test_an_account_tells_who_opened_saw_and_verified_it(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await a_day(store)
        async with store.reading() as reader:
            subject = await reader.account_by("cnie", "FA123456")
            assert subject is not None
            account = await reader.account(subject)
            assert account is not None
            assert account.verified
            assert account.verified_by == CLERK
            assert [(look.by, look.reason) for look in account.views] == [(CLERK, "dossier")]
            assert set(await reader.accounts_by("phone", "+212612345678")) == {
                subject,
                await reader.account_by("cnie", "FA000002"),
            }
            assert await reader.account(bytes(16)) is None


async def test_the_outbox_tells_what_became_of_each_message(tmp_path: Path) -> None:
    states: dict[str, list[str]] = {"m-1": [], "m-2": []}
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))
        for number, step in enumerate(LIFE):
            await live(store, case, step, f"life {number}")
            async with store.reading() as reader:
                for row in await reader.outbox():
                    if row.state not in states[row.message][-1:]:
                        states[row.message].append(row.state)
        async with store.reading() as reader:
            first, second = await reader.outbox(case=case)
            assert await reader.outbox(states=("told",)) == [second]
            assert await reader.outbox(states=("queued",), case=case) == []
        assert (first.attempts, first.why, first.template) == (2, "no network", "ready")
        told = {message.message: message.state for message in (await case_of(store, case)).messages}
    assert states == {"m-1": ["queued", "sending", "waiting", "sending", "sent"], "m-2": ["queued", "failed", "told"]}
    assert told == {first.message: first.state, second.message: second.state}


async def test_staff_are_found_by_login_and_sign_with_the_key_they_enrolled(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await a_day(store)
        async with store.reading() as reader:
            staff = await reader.staff("n.amrani")
            assert staff is not None
            assert staff.public == bytes(range(32))
            assert await reader.staff_list() == [staff]
            assert await reader.staff("nobody") is None


async def test_views_rebuilt_from_the_log_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await a_day(store)
        before = await dumped(tmp_path)
        assert all(before[table] for table in ("accounts", "account_index", "account_looks", "cases", "staff"))
        async with store.reading() as reader:
            records = len(await reader.log_tail(1000))
        assert await rebuild_views(store) == records
        assert await dumped(tmp_path) == before
        assert await store.names.search("karim alaoui", 5) != []


async def test_views_that_were_dropped_come_back_at_the_next_start(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await a_day(store)
    before = await dumped(tmp_path)
    connection = await open_sqlite(database(tmp_path), True)
    for view in reversed(DEFAULT_VIEWS):
        for table in reversed(view.tables):
            await connection.execute(f"DROP TABLE {table}")
    await connection.execute("DELETE FROM meta WHERE name = 'views'")
    await connection.close()
    async with store_in(tmp_path) as store:
        assert await store.names.search("karim alaoui", 5) != []
    assert await dumped(tmp_path) == before


async def test_a_view_whose_fold_has_changed_is_rebuilt_at_the_next_start(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await a_day(store)
    before = await dumped(tmp_path)
    connection = await open_sqlite(database(tmp_path), True)
    await connection.execute("UPDATE cases SET state = 'submitted'")
    await connection.close()
    newer = tuple(replace(view, version=view.version + 1) for view in DEFAULT_VIEWS)
    async with store_in(tmp_path, views=newer):
        pass
    assert await dumped(tmp_path) == before


async def test_a_row_moved_under_another_subject_does_not_open(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        one = await open_account(store, 1)
        two = await open_account(store, 2, account_opened(cnie="FA000002"))

        async def swap(tx: Transaction) -> Value:
            tx.write(
                "UPDATE accounts SET details = (SELECT details FROM accounts WHERE subject = ?) WHERE subject = ?",
                (one, two),
            )
            return None

        await store.perform(swap)
        async with store.reading() as reader:
            with pytest.raises(CannotOpen):
                await reader.account(two)


class FromTheFuture(msgspec.Struct, frozen=True, tag_field="kind", tag="case.merged"):
    """An event of a later release."""

    follows: list[bytes]


async def test_an_event_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))

        async def decide(tx: Transaction) -> Value:
            await tx.append("cases", FromTheFuture([]), key_of=case)  # type: ignore[arg-type]  # that is the point
            return None

        with pytest.raises(MulhaqaError):
            await store.execute(command("future"), decide)
        assert not (await case_of(store, case)).frozen


async def test_an_event_of_a_later_release_freezes_its_case_and_harms_no_other(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        account = await open_account(store)
        case = await submit(store, account)
        other = await submit(store, account, "B05-00000-00001")
        record = await after_the_last(store, case, {"kind": "case.merged", "follows": []})

        async def arrive(tx: Transaction) -> Value:
            await tx.accept(record)
            return None

        await store.perform(arrive)
        assert (await case_of(store, case)).frozen
        assert not (await case_of(store, other)).frozen
        assert (await case_of(store, account_case := case)).heads == casework.fold(
            [*(await known_facts(store, account_case)), Fact(record.hash, record.time.ms, None)]
        ).heads
        before = await dumped(tmp_path)
        await rebuild_views(store)
        assert await dumped(tmp_path) == before


async def known_facts(store: Store, case: bytes) -> list[Fact]:
    async with store.reading() as reader:
        key = await reader.data_key(case)
        rows = await reader.rows("SELECT bytes FROM records WHERE subject = ? ORDER BY position LIMIT 1", (case,))
    record = parse_record(rows[0][0]) if isinstance(rows[0][0], bytes) else None
    assert record is not None
    return [Fact(record.hash, record.time.ms, from_value(open_body(record, key)))]


async def after_the_last(store: Store, subject: bytes, event: dict[str, Value]) -> Record:
    async with store.reading() as reader:
        last = (await reader.log_tail(1))[0]
        key = await reader.data_key(subject)
    head = Head(last.segment, last.seq, last.hash)
    return write_record(
        stream=last.stream,
        segment=head.segment,
        seq=head.seq + 1,
        prev=head.hash,
        time=Timestamp(NOON + 1_000_000, 0),
        event=event,
        key=key,
        signing=SIGNING,
    )


async def test_two_branches_of_a_case_fold_as_their_graph(tmp_path: Path) -> None:
    """Both halves of a cloned office completed the dossier and went on, without knowing of each other."""
    async with store_in(tmp_path) as store:
        case = await submit(store, await open_account(store))
        (first,) = (await case_of(store, case)).heads
        await put(store, case, 0, [first], "a")
        await put(store, case, 0, [first], "b")
        assert len((await case_of(store, case)).heads) == 2
        assert await case_of(store, case) == casework.fold(await facts_of(store, case))
        before = await dumped(tmp_path)
        await rebuild_views(store)
        assert await dumped(tmp_path) == before


async def put(store: Store, case: bytes, step: int, follows: list[bytes], name: str) -> bytes:
    async def decide(tx: Transaction) -> Value:
        return await tx.append("cases", LIFE[step](follows), key_of=case)

    hash_ = await store.execute(command(f"put {name}"), decide)
    assert isinstance(hash_, bytes)
    return hash_


UNQUEUED = 5
"""Steps after this one speak of messages that must have been queued; any before it may come at any time."""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, UNQUEUED - 1), st.sets(st.integers(0, 9), max_size=3)), max_size=9))
def test_whatever_a_log_holds_of_a_case_the_view_is_its_fold(events: list[tuple[int, set[int]]]) -> None:
    """Lawful or not, following the heads or anything older: what is read equals the fold, also after a rebuild."""

    async def story(folder: Path) -> None:
        async with store_in(folder) as store:
            case = await submit(store, await open_account(store))
            hashes = list((await case_of(store, case)).heads)
            for number, (step, chosen) in enumerate(events):
                follows = [hashes[index % len(hashes)] for index in sorted(chosen)]
                hashes.append(await put(store, case, step, sorted(set(follows)), str(number)))
            assert await case_of(store, case) == casework.fold(await facts_of(store, case))
            before = await dumped(folder)
            await rebuild_views(store)
            assert await dumped(folder) == before
        report = await verify_log(folder, vault=vault_of(folder), own=SIGNING.public)
        assert report.findings == ()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(story(Path(folder)))


async def test_a_start_that_reads_what_the_one_before_read_writes_no_note_of_it(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await open_account(store)
    with closing(sqlite3.connect(tmp_path / DATABASE)) as file:
        file.execute(
            "CREATE TRIGGER worn BEFORE INSERT ON meta WHEN new.name = 'reads'"
            " BEGIN SELECT raise(ABORT, 'written again'); END"
        )
        file.commit()
    async with store_in(tmp_path) as store:
        await open_account(store, 2, account_opened(cnie="FA000002"))
    with closing(sqlite3.connect(tmp_path / DATABASE)) as file:
        file.execute("UPDATE meta SET value = CAST('record 1' AS BLOB) WHERE name = 'reads'")
        file.commit()
    with pytest.raises(ConstraintBroken, match="written again"):
        async with store_in(tmp_path):
            pass
