"""A real annexe and a real prefecture over a loopback line that breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.sync.sentences import UNREACHABLE
from protocol.office.casework import State
from protocol.sync.checkpoint import Held, write_checkpoint
from tests.central.support import PREFECTURE, centre_in
from tests.edge.store.support import ANNEXE
from tests.edge.sync.support import (
    annexe_in,
    at_centre,
    at_edge,
    eventually,
    make_uplink,
    prefecture,
    running,
    served,
    until,
    until_sent,
)
from tests.edge.sync.writing import work_in_the_office, write_some

CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"


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
