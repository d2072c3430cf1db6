"""A real annexe and a real prefecture over a loopback line that breaks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import update

from central.backup import copy_database
from central.store.database import SQLITE
from central.store.folding import Folder
from central.store.schema import records
from central.store.setbacks import standing
from central.store.store import CentralStore
from central.store.vault import NAME as VAULT_KEY
from edge.store.confirmations import PREFECTURE as PLACE
from edge.store.put_back import put_back_ms
from edge.store.rows import Committed
from edge.store.schema import DATABASE
from edge.sync.sentences import CUT, FEED_STOPPED, NOT_TRUSTED, REFUSED, UNREACHABLE
from protocol.errors import OperatorError
from protocol.office.casework import State
from protocol.sync.checkpoint import Held, write_checkpoint
from protocol.sync.hello import write_hello
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE, account_opened, command, open_account, staff_added, submit
from tests.edge.sync.support import (
    Line,
    annexe_in,
    at_centre,
    at_edge,
    eventually,
    make_uplink,
    running,
    served,
    until,
    until_sent,
)
from tests.protocol.sync.support import make_prefecture

CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"


@asynccontextmanager
async def prefecture(folder: Path) -> AsyncIterator[Line]:
    async with centre_in(folder) as centre, served(centre) as (line, _):
        yield line


async def write_some(store: Any, count: int, start: int = 0) -> list[bytes]:
    cases = []
    for number in range(start, start + count):
        account = await open_account(store, number, account_opened(cnie=f"FA{number:06}", phone=None))
        cases.append(await submit(store, account, f"B05-7K3MQ-{number:05}"))
    return cases


async def work_in_the_office(store: Any, count: int) -> None:
    for number in range(count):

        async def decide(tx: Any, number: Any = number) -> None:
            await tx.append("office", staff_added(f"clerk.{number}"), key_of=tx.office)

        await store.execute(command(f"staff {number}"), decide)


async def test_a_request_reaches_the_prefecture_and_can_be_read_there(tmp_path: Path) -> Any:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
    ):
        (case,) = await write_some(store, 1)
        async with running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)

            async def folded() -> bool:
                return bool(await centre.queries.requests())

            await eventually(folded, uplinks)
            (row,) = await centre.queries.requests()
        assert (row.annexe, row.subject, row.case.state) == (ANNEXE, case, State.SUBMITTED)
        assert row.case.applicant.name_fr == "Salma Idrissi"
        (annexe,) = await centre.queries.annexes()
        assert annexe.records == 3
        assert annexe.requests == 1
        assert annexe.last_contact_ms is not None


@pytest.mark.parametrize("cut_after", [700, 3_000, 6_000])
async def test_a_line_that_breaks_again_and_again_delivers_each_record_once(tmp_path: Path, cut_after: int) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 80)
        await work_in_the_office(store, 20)
        line.cut_after = cut_after
        uplink = make_uplink(store, line)
        cuts = 0

        def again(status: Any) -> None:
            nonlocal cuts
            if status.next_try_ms is not None:
                cuts += 1
                line.cut_after = cut_after * cuts if cuts < 12 else None
                uplink.try_now()

        uplink.on_change(again)
        async with running(uplink):
            await until_sent(uplink)
        assert cuts >= 3
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


async def test_what_is_committed_while_connected_leaves_at_once(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        await until(lambda: uplink.status.connected, uplink.on_change)
        await write_some(store, 3)
        await until(lambda: uplink.status.left == 0 and uplink.status.last_checkpoint_ms is not None, uplink.on_change)
        await eventually(lambda: holds(centre, 3), uplinks)
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


async def holds(centre: Any, count: int) -> bool:
    return len(await centre.queries.requests()) == count


async def test_an_old_stick_is_not_shown_over_what_the_line_tells(tmp_path: Path) -> None:
    async with (
        prefecture(tmp_path / "centre") as line,
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        await write_some(store, 1)
        await until_sent(uplink)
        told = uplink.status
        identity = PREFECTURE.identity("centre", "prefecture")
        empty = [Held(CASES), Held(OFFICE)]
        older = write_checkpoint(
            identity.signing, acker="prefecture", audience=ANNEXE, counter=99, echo=None, held=empty
        )
        uplink.learn(older, restored=True)
        await write_some(store, 1, 1)
        await until_sent(uplink)
        assert (uplink.status.left, uplink.status.restored) == (0, told.restored)


async def test_an_annexe_restarted_between_two_conversations_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        for start in (0, 10, 20):
            async with annexe_in(tmp_path / "a") as store:
                await write_some(store, 2, start)
                async with running(make_uplink(store, line)) as uplink:
                    await until_sent(uplink)
        (annexe,) = await centre.queries.annexes()
        assert [len(stream.heads) for stream in annexe.streams] == [1]
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


async def test_a_prefecture_that_was_down_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        await write_some(store, 5)
        async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
            line.is_up = False
            async with running(make_uplink(store, line)) as uplink:
                await until(lambda: uplink.status.error == UNREACHABLE, uplink.on_change)
                assert uplink.status.left == 11
                line.is_up = True
                uplink.try_now()
                await until_sent(uplink)
                assert uplink.status.error is None
    assert at_centre(tmp_path / "centre") == at_edge(tmp_path / "a")


async def test_a_prefecture_restored_from_a_backup_gets_all_again(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        await write_some(store, 4)
        async with prefecture(tmp_path / "centre") as line, running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)
            await write_some(store, 2, 50)
            await until_sent(uplink)
        async with prefecture(tmp_path / "restored") as line, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.restored, uplink.on_change)
            await until_sent(uplink)
    assert at_centre(tmp_path / "restored") == at_edge(tmp_path / "a")


async def test_a_prefecture_restored_to_yesterday_gets_back_what_came_since(tmp_path: Path) -> None:
    restored = tmp_path / "restored"
    async with annexe_in(tmp_path / "a") as store:
        await write_some(store, 3)
        async with prefecture(tmp_path / "centre") as line, running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)
            restored.mkdir()
            copy_database(tmp_path / "centre" / SQLITE, restored / SQLITE, lambda _done, _total: None)
            shutil.copy(tmp_path / "centre" / VAULT_KEY, restored)
            await write_some(store, 3, 50)
            await until_sent(uplink)
        assert at_centre(restored) != at_edge(tmp_path / "a")
        async with prefecture(restored) as line, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.restored, uplink.on_change)
            await until_sent(uplink)
        async with store.reading() as reader:
            assert await put_back_ms(reader, PLACE) is not None
    assert at_centre(restored) == at_edge(tmp_path / "a")


async def test_a_prefecture_put_back_by_a_snapshot_learns_it_from_the_annexe_that_holds_more(tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    async with annexe_in(tmp_path / "a") as store:
        async with (
            centre_in(tmp_path / "centre") as centre,
            served(centre) as (line, _),
            running(make_uplink(store, line)) as uplink,
        ):
            await until(lambda: uplink.status.connected, uplink.on_change)
            snapshot.mkdir()
            copy_database(tmp_path / "centre" / SQLITE, snapshot / SQLITE, lambda _done, _total: None)
            shutil.copy(tmp_path / "centre" / VAULT_KEY, snapshot)
            arrived = asyncio.Event()

            def committed(told: Sequence[Committed]) -> None:
                if any(one.stream == "all" for one in told):
                    arrived.set()

            store.on_commit(committed)
            await centre.publish_credentials([PREFECTURE.credential("agent", "berkane-05/k.bennani", name="agent")])
            await arrived.wait()
            assert (await standing(centre.store, "prefecture", centre.now())).setback is None
        async with centre_in(snapshot) as centre, served(centre) as (line, uplinks):
            async with running(make_uplink(store, line)) as uplink:
                await until(lambda: uplink.status.connected, uplink.on_change)

                async def came_back() -> bool:
                    found = (await standing(centre.store, "prefecture", centre.now())).setback
                    return found is not None and found.came_back > 0

                await eventually(came_back, uplinks)
            found = await standing(centre.store, "prefecture", centre.now())
    assert (found.waits, found.parted) == (False, 0)
    assert found.setback is not None
    assert found.setback.annexe == ANNEXE


async def test_what_the_prefecture_publishes_comes_down_at_once(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        await until(lambda: uplink.status.connected, uplink.on_change)
        agent = PREFECTURE.credential("agent", "berkane-05/k.bennani", name="agent")
        seen: list[str] = []
        store.on_commit(lambda told: seen.extend(one.stream for one in told))
        assert await centre.publish_credentials([agent]) == 1
        assert await centre.publish_credentials([agent]) == 0
        await until(lambda: "all" in seen, store.on_commit)
    assert at_edge(tmp_path / "a")["all"] == at_centre(tmp_path / "centre")["all"]


async def test_a_record_damaged_on_the_annexes_disk_holds_back_no_other(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        async with annexe_in(tmp_path / "a") as store:
            await write_some(store, 3)
        with contextlib.closing(sqlite3.connect(tmp_path / "a" / DATABASE)) as connection:
            connection.execute("UPDATE records SET bytes = x'00ff' WHERE seq = 3")
            connection.commit()
        async with annexe_in(tmp_path / "a") as store, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.holes == 1, uplink.on_change)
            assert uplink.status.left == 1
        (annexe,) = await centre.queries.annexes()
        assert [hole.seq for hole in annexe.streams[0].holes] == [3]
    assert len(at_centre(tmp_path / "centre")[CASES]) == 6


async def test_a_record_damaged_at_the_prefecture_keeps_no_request_here(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await centre.publish_credentials([PREFECTURE.credential("annexe", ANNEXE)])
        async with centre.store.database.write() as connection:
            await connection.execute(update(records).where(records.c.stream == "all").values(encoded=b"damaged"))
        await write_some(store, 400)
        async with running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.error == FEED_STOPPED, uplink.on_change)
            await until(lambda: uplink.status.left == 0, uplink.on_change)
            assert uplink.status.connected
            assert uplink.status.error == FEED_STOPPED
        async with store.reading() as reader:
            assert await reader.credentials() == []


async def test_an_annexe_that_nobody_vouches_for_is_told_so(tmp_path: Path) -> None:
    stranger = make_prefecture("another/").identity("annexe", ANNEXE)
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 1)
        async with running(make_uplink(store, line, identity=stranger)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error == REFUSED
        assert "berkane-05/cases" not in at_centre(tmp_path / "centre")


async def test_a_false_prefecture_gets_nothing(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await write_some(store, 1)
        centre.identity = make_prefecture("another/").identity("centre", "prefecture")
        async with running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.error is not None, uplink.on_change)
            assert uplink.status.error in (NOT_TRUSTED, CUT)
        assert "berkane-05/cases" not in at_centre(tmp_path / "centre")


@pytest.mark.parametrize("hello", [None, "", "!!!", base64.urlsafe_b64encode(b"\x90").decode(), "A" * 5000])
async def test_a_request_without_a_good_hello_gets_401(tmp_path: Path, hello: str | None) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _), aiohttp.ClientSession() as http:
        headers = {} if hello is None else {"Mulhaqa-Hello": hello}
        async with http.get(f"http://127.0.0.1:{line.port}/uplink", headers=headers) as answer:
            assert answer.status == 401


async def test_a_second_connection_of_an_annexe_takes_the_place_of_the_first(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as first,
    ):
        await until(lambda: first.status.connected, first.on_change)
        async with running(make_uplink(store, line)) as second:
            await until(lambda: second.status.connected, second.on_change)
            await until(lambda: first.status.error is not None, first.on_change)
            assert [one.annexe for one in uplinks.open.values()] == [ANNEXE]


async def test_a_door_that_opens_and_says_nothing_is_left(tmp_path: Path) -> None:
    """A proxy that hangs, or a network that swallows the answer: the next try may reach the prefecture."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    line = Line(0)
    line.port = server.sockets[0].getsockname()[1]
    async with annexe_in(tmp_path) as store, running(make_uplink(store, line, patience_s=0.05)) as uplink:
        await until(lambda: uplink.status.error == UNREACHABLE, uplink.on_change)
    server.close()


async def test_a_server_that_takes_the_call_and_never_proves_who_it_is_is_left(tmp_path: Path) -> Any:
    async def silent(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()  # answers pings, and says nothing
        return socket

    app = web.Application()
    app.router.add_get("/uplink", silent)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    line = Line(0)
    line.port = runner.addresses[0][1]
    async with annexe_in(tmp_path) as store, running(make_uplink(store, line, patience_s=0.05)) as uplink:
        await until(lambda: uplink.status.error == NOT_TRUSTED, uplink.on_change)
    await runner.cleanup()


async def test_a_stranger_with_a_borrowed_hello_is_not_waited_for(tmp_path: Path) -> None:
    """Credentials are public: whoever shows one and proves nothing may not hold a connection open."""
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre, proof_s=0.05) as (line, uplinks),
        aiohttp.ClientSession() as http,
    ):
        hello = write_hello("edge", PREFECTURE.identity("annexe", ANNEXE), bytes(32)).encoded
        headers = {"Mulhaqa-Hello": base64.urlsafe_b64encode(hello).decode()}
        async with http.ws_connect(f"http://127.0.0.1:{line.port}/uplink", headers=headers) as socket:
            assert (await socket.receive()).type is aiohttp.WSMsgType.BINARY  # the welcome
            async with asyncio.timeout(10):
                await socket.receive()
            assert socket.closed
        assert not uplinks.open


async def test_a_damaged_key_on_the_annexes_disk_holds_back_no_other_case(tmp_path: Path) -> None:
    async with centre_in(tmp_path / "centre") as centre, served(centre) as (line, _):
        async with annexe_in(tmp_path / "a") as store:
            await write_some(store, 1)
            (case, other) = await write_some(store, 2, 1)
        with contextlib.closing(sqlite3.connect(tmp_path / "a" / DATABASE)) as connection:
            connection.execute("UPDATE keys SET wrapped = zeroblob(72) WHERE subject = ?", (case,))
            connection.commit()
        async with annexe_in(tmp_path / "a") as store, running(make_uplink(store, line)) as uplink:
            await until(lambda: uplink.status.holes == 1, uplink.on_change)
        (annexe,) = await centre.queries.annexes()
        assert [hole.why for hole in annexe.streams[0].holes] == ["key"]
        await centre.folder.fold()
        assert other in [row.subject for row in await centre.queries.requests()]


async def test_what_cannot_be_folded_keeps_nothing_else_from_being_folded(tmp_path: Path) -> Any:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, uplinks),
        annexe_in(tmp_path / "a") as store,
        running(make_uplink(store, line)) as uplink,
    ):
        centre.folder = Stumbling(centre.store)
        await write_some(store, 1)
        await until_sent(uplink)
        await centre.folder.stumbled.wait()
        (case,) = await write_some(store, 1, 1)

        async def folded() -> bool:
            return case in [row.subject for row in await centre.queries.requests()]

        await eventually(folded, uplinks)


class Stumbling(Folder):
    """A folder that fails the first time, as on a disk that is busy."""

    def __init__(self, store: CentralStore) -> None:
        super().__init__(store)
        self.stumbled = asyncio.Event()

    async def fold(self, annexe: str | None = None, *, rest: Callable[[], Awaitable[None]] | None = None) -> int:
        if not self.stumbled.is_set():
            self.stumbled.set()
            raise OperatorError("the database is locked")
        return await super().fold(annexe, rest=rest)
