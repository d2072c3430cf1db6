"""The prefecture's own feed: one writer, nothing twice, never a branch."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import CallerError
from protocol.office.events import CataloguePublished, from_value
from protocol.records.chain import Chain, Verdict
from protocol.records.envelope import open_body, parse_record, verify_record
from tests.central.support import PREFECTURE, centre_in


def chain_of(snapshot: list[bytes]) -> Chain:
    chain = Chain("all")
    for encoded in snapshot:
        record = parse_record(encoded)
        verify_record(record, PREFECTURE.credential("centre", "prefecture").public)
        assert chain.check(record) in (Verdict.OPENS, Verdict.EXTENDS)
        chain.accept(record)
    return chain


def document(version: int, name: str = "residence") -> dict[str, Any]:
    return {"id": name, "version": version, "text": "unknown"}


async def test_what_is_published_is_a_signed_chain_from_the_first_record(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as centre:
        assert await centre.feeds.snapshot() == []
        assert await centre.publish_credentials([PREFECTURE.credential("annexe", "berkane-05")]) == 1
        assert await centre.feeds.publish_procedure(document(1))
        snapshot = await centre.feeds.snapshot()
    assert len(snapshot) == 3
    chain_of(snapshot)
    event = from_value(open_body(parse_record(snapshot[-1]), None))
    assert isinstance(event, CataloguePublished)
    assert event.document == document(1)


async def test_nothing_is_published_twice_and_no_version_changes(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as centre:
        assert await centre.feeds.publish_procedure(document(1))
        assert not await centre.feeds.publish_procedure(document(1))
        with pytest.raises(CallerError, match="next version"):
            await centre.feeds.publish_procedure(document(1) | {"text": "another"})
        assert await centre.feeds.publish_procedure(document(2))
        assert len(await centre.feeds.snapshot()) == 3


async def test_two_processes_that_publish_the_same_at_once_publish_it_once(tmp_path: Path) -> None:
    annexe = PREFECTURE.credential("annexe", "berkane-05")
    async with centre_in(tmp_path) as server, centre_in(tmp_path) as command:
        asked = [one.feeds.publish_credentials([annexe, annexe]) for one in (server, command, server)]
        assert sorted(await asyncio.gather(*asked)) == [0, 0, 1]
        published = [one.feeds.publish_procedure(document(1)) for one in (server, command, server)]
        assert sorted(await asyncio.gather(*published)) == [False, False, True]
        kinds = [str(open_body(parse_record(one), None)["kind"]) for one in await server.feeds.snapshot()]
    assert sorted(kind for kind in kinds if kind != "segment.opened") == ["catalogue.published", "credential.published"]


async def test_two_processes_never_give_one_version_two_texts(tmp_path: Path) -> None:
    texts = (document(1), document(1) | {"text": "another"})
    async with centre_in(tmp_path) as server, centre_in(tmp_path) as command:
        asked = (one.feeds.publish_procedure(text) for one, text in zip((server, command), texts, strict=True))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        bodies = [open_body(parse_record(encoded), None) for encoded in await server.feeds.snapshot()]
    assert [type(answer) for answer in answers] in ([bool, CallerError], [CallerError, bool])
    assert sum(body["kind"] == "catalogue.published" for body in bodies) == 1


async def test_of_several_versions_all_are_published_or_none(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as centre:
        assert await centre.feeds.publish_procedures([document(1), document(1, "other")]) == 2
        with pytest.raises(CallerError, match="next version"):
            await centre.feeds.publish_procedures([document(2), document(1, "other") | {"text": "another"}])
        assert len(await centre.feeds.snapshot()) == 3
        assert await centre.feeds.publish_procedures([document(1), document(2)]) == 1


async def test_each_start_writes_in_a_segment_of_its_own_that_continues_the_last(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        async with centre_in(tmp_path) as centre:
            await centre.feeds.publish_procedure(document(version))
            snapshot = await centre.feeds.snapshot()
    chain = chain_of(snapshot)
    assert len(chain.states()) == 3
    assert len(chain.leaves()) == 1


async def test_two_processes_that_write_in_turn_make_no_branch(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as server, centre_in(tmp_path) as command:
        await server.feeds.publish_procedure(document(1))
        await command.feeds.publish_procedure(document(2))
        await server.feeds.publish_procedure(document(3))
        await command.feeds.publish_procedure(document(4))
        await command.feeds.publish_procedure(document(5))
        snapshot = await server.feeds.snapshot()
    chain = chain_of(snapshot)
    assert len(chain.leaves()) == 1
    assert chain.branches() == []


async def test_a_write_that_fails_leaves_the_feed_where_it_was(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as centre:
        await centre.feeds.publish_procedure(document(1))
        with closing(sqlite3.connect(tmp_path / "central.sqlite")) as connection:
            connection.execute("ALTER TABLE catalogue RENAME TO away")
            connection.commit()
            with pytest.raises(Exception, match="catalogue"):
                await centre.feeds.publish_procedure(document(2))
            connection.execute("ALTER TABLE away RENAME TO catalogue")
            connection.commit()
        await centre.feeds.publish_procedure(document(2))
        chain_of(await centre.feeds.snapshot())


async def test_whom_it_published_it_trusts_again_after_a_restart(tmp_path: Path) -> None:
    credential = PREFECTURE.credential("annexe", "berkane-05")
    async with centre_in(tmp_path) as centre:
        await centre.publish_credentials([credential])
    async with centre_in(tmp_path) as centre:
        assert centre.trust.signer(credential.id) == credential
        (published,) = await centre.queries.credentials("annexe")
        assert published.credential == credential
        assert [one.annexe for one in await centre.queries.annexes()] == ["berkane-05"]


async def test_a_turn_that_was_lost_with_its_transaction_makes_no_branch(tmp_path: Path) -> None:
    """Who wrote nothing holds no number of the fence: another process may have taken the same one since."""
    async with centre_in(tmp_path) as server, centre_in(tmp_path):
        with closing(sqlite3.connect(tmp_path / "central.sqlite")) as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON catalogue BEGIN SELECT RAISE (ABORT, 'the disk is full'); END"
            )
            with pytest.raises(Exception, match="the disk is full"):
                await server.feeds.publish_procedure(document(1))
            connection.execute("DROP TRIGGER full")
        async with centre_in(tmp_path) as command:
            await command.feeds.publish_procedure(document(1))
            await server.feeds.publish_procedure(document(2))
            await command.feeds.publish_procedure(document(3))
        snapshot = await server.feeds.snapshot()
    assert chain_of(snapshot).branches() == []
