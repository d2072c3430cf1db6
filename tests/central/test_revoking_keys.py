"""A stolen appliance: its key is revoked at once, its log still taken in, and nothing more is given to it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from central.centre import Centre
from central.commands import main
from central.connections import Connections
from central.installation import open_installation
from central.renewing import renew_due
from central.sticks import Sticks
from central.store import schema
from central.telling_looks import PutOff, tell_looks
from disk.sticks import StickFolder
from edge.store.feeds import accept
from protocol.errors import OperatorError
from protocol.office.events import CredentialRevoked, RevokedAt, from_value
from protocol.records.credentials import Trust
from protocol.records.envelope import parse_record, unsealed_event
from protocol.records.keys import OpeningKey
from protocol.sync.batches import parse_batch
from protocol.sync.frames import unpack
from protocol.sync.intake import Outcome
from protocol.sync.session import Session
from tests.central.provisioned import provision as provisioned
from tests.central.store.support import ANNEXE, CASE_KEY, CASES, ready, send, submitted
from tests.central.support import PREFECTURE, open_centre
from tests.central.test_connections import Pipe
from tests.central.test_renewing import issuer
from tests.central.test_telling_looks import ask, look
from tests.edge.store.support import store_in
from tests.protocol.sync.support import NOW, seed

STOLEN = PREFECTURE.credential("annexe", ANNEXE)


async def revocation(centre: Centre) -> CredentialRevoked:
    events = [unsealed_event(parse_record(one)) for one in await centre.feeds.snapshot()]
    (found,) = [one for one in events if one is not None and one["kind"] == "credential.revoked"]
    event = from_value(found)
    assert isinstance(event, CredentialRevoked)
    return event


async def flags(centre: Centre) -> list[str]:
    query = select(schema.records.c.flags).where(schema.records.c.annexe == ANNEXE).order_by(schema.records.c.position)
    async with centre.store.database.read() as connection:
        return list((await connection.execute(query)).scalars())


async def test_its_log_is_taken_in_and_flagged_behind_the_head_that_the_revocation_names(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert await centre.revoke(STOLEN, "stolen")
        assert not await centre.revoke(STOLEN, "lost")
        (head,) = receipt.held[0].leaves
        event = await revocation(centre)
        assert (event.id, event.why) == (STOLEN.id, "stolen")
        assert event.heads == [RevokedAt(CASES, head.segment, head.seq, head.hash)]
        before = await flags(centre)
        log.append(CASES, submitted("B05-9BCVF-ZEKR0"), CASE_KEY)
        assert (await send(centre, log, CASES, CASE_KEY)).count(Outcome.REFUSED) == 0
        assert await flags(centre) == [*before, "revoked"]
        assert await renew_due(centre, issuer()) == []


async def test_every_annexe_hears_of_it_and_remembers_and_so_does_a_server_that_starts_anew(tmp_path: Path) -> None:
    centre = await open_centre(tmp_path / "centre")
    identity = PREFECTURE.identity("centre", "prefecture")
    await centre.publish_credentials([*reversed(identity.chain), STOLEN])
    await centre.revoke(STOLEN, "lost")
    await centre.close()
    again = await open_centre(tmp_path / "centre")
    assert again.trust.standing(STOLEN, NOW).revoked
    async with store_in(tmp_path / "edge") as store:
        trust = Trust([PREFECTURE.root])
        await accept(store, ANNEXE, await again.feeds.snapshot(), trust)
        assert trust.standing(STOLEN, NOW).revoked
        async with store.reading() as reader:
            assert await reader.revoked_keys() == [STOLEN.id]
    await again.close()


@pytest.mark.parametrize("is_stolen", [False, True])
async def test_who_took_it_away_hears_on_the_line_what_all_hear_and_nothing_else(
    tmp_path: Path, is_stolen: bool
) -> None:
    async with ready(tmp_path) as (centre, log):
        ask(log)
        await send(centre, log, CASES, CASE_KEY)
        await look(centre)
        log.append(CASES, {"kind": "account.viewed"}, b"a" * 32)
        await send(centre, log, CASES, b"a" * 32)
        assert await tell_looks(centre, PutOff()) == 1
        await centre.publish_credentials([*reversed(centre.identity.chain)])
        if is_stolen:
            await centre.revoke(STOLEN, "stolen")
        streams = await heard(centre, PREFECTURE.credential("annexe", "berkane-06"))
        assert "all" in streams
        assert (f"to/{ANNEXE}" in streams) != is_stolen


async def heard(centre: Centre, later: Any) -> set[str]:
    """The streams of which the annexe is sent batches before one that is published after all of them are due."""
    edge = Session("edge", PREFECTURE.identity("annexe", ANNEXE), PREFECTURE.trust(), seed("nonce"), versions=(2,))
    connections, pipe = Connections(centre), Pipe()
    centre.feeds.on_publish(connections.published)
    session = await connections.session_for(ANNEXE)
    session.receive(edge.hello, centre.now())
    serving = asyncio.create_task(connections.serve(session, pipe))
    edge.receive(await pipe.answers.get(), NOW)
    for frame in edge.outgoing():
        pipe.coming.put_nowait(frame)
    edge.committed(0, 1, [])
    for frame in edge.outgoing():
        pipe.coming.put_nowait(frame)
    streams = [await next_stream(pipe)]
    await centre.publish_credentials([later])
    streams.append(await next_stream(pipe))
    while streams.count("all") < 2:
        streams.append(await next_stream(pipe))
    pipe.coming.put_nowait(None)
    await serving
    await connections.close()
    return set(streams)


async def next_stream(pipe: Pipe) -> str:
    while True:
        tag, fields = unpack(await pipe.answers.get())
        if tag == "batch":
            return parse_batch(fields).records[0].stream


async def test_no_stick_is_written_for_it(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, _log):
        sticks = Sticks(centre, OpeningKey(seed("prefecture/x")))
        await centre.revoke(STOLEN, "stolen")
        with pytest.raises(OperatorError, match="its key was revoked"):
            await sticks.export(ANNEXE, StickFolder(tmp_path), lambda _progress: None)


def test_prefecture_staff_revoke_by_the_id_that_the_list_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    it, data = provisioned(tmp_path), str(tmp_path / "prefecture")
    assert main(["install", "--data", data, str(it.seed)]) == 0
    assert main(["annexe", "admit", "--data", data, str(it.credential)]) == 0
    capsys.readouterr()
    assert main(["credentials", "list", "--data", data, "--kind", "annexe"]) == 0
    found = re.search(r"annexe berkane-05 .* ([0-9a-f]{32})  by", capsys.readouterr().out)
    assert found is not None
    revoke = ["credentials", "revoke", "--data", data, found[1], "--why", "stolen"]
    assert main([*revoke, "--dry-run"]) == 0
    assert "evoked" not in capsys.readouterr().out
    assert main(revoke) == 0
    assert main(revoke) == 0
    assert "Revoked." in (said := capsys.readouterr().out)
    assert "already" in said
    assert main(["credentials", "list", "--data", data, "--kind", "annexe"]) == 0
    assert "(revoked)" in capsys.readouterr().out
    root = open_installation(Path(data)).root.id.hex()
    for other, says in ((root, "rotate"), ("00" * 16, "No key"), ("x", "no key's id")):
        assert main(["credentials", "revoke", "--data", data, other, "--why", "lost"]) == 1
        assert says in capsys.readouterr().err
