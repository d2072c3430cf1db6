"""What the prefecture takes in, refuses, and folds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from central.store import schema
from central.store.folding import Folder
from central.store.prepared import Prepared
from central.verifying import verify_here
from protocol.office.casework import State
from protocol.records.encoding import Value, encode
from protocol.records.envelope import Record, pad
from protocol.records.keys import OpeningKey, SigningKey, seal_to, subject_of
from protocol.sync.batches import Arrived, SealedKey
from protocol.sync.boxed import parse_boxed
from protocol.sync.intake import Outcome
from protocol.sync.refusals import GapTooWide
from tests.central.store.support import (
    ANNEXE,
    CASE,
    CASE_KEY,
    CASES,
    arrived,
    ready,
    sealed,
    send,
    submitted,
)
from tests.central.support import PREFECTURE, centre_in
from tests.protocol.sync.support import NOW, Writer, seed

OWN_KEY = b"x" * 32
OPENING = OpeningKey(seed("prefecture/x"))


async def test_a_request_is_held_folded_and_answered(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert receipt.counter == 1
        assert receipt.held[0].leaves[0].seq == 1
        row = await centre.queries.request(ANNEXE, CASE)
        assert row is not None
        assert row.case.applicant.cnie == "FA123456"
        assert row.case.state is State.SUBMITTED
        assert (await centre.queries.counts())[State.SUBMITTED] == 1


async def test_the_same_batch_twice_is_held_once_and_the_counter_grows(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        first = await send(centre, log, CASES, CASE_KEY)
        second = await send(centre, log, CASES, CASE_KEY)
        assert second.count(Outcome.DUPLICATE) == 2
        assert second.held == first.held
        assert second.counter == first.counter + 1
        assert (await centre.queries.annexe(ANNEXE)).records == 2


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        before = await centre.ingest.take(ANNEXE, sealed(CASE_KEY), arrived(CASES, log.streams[CASES]))
    async with ready(tmp_path) as (centre, _):  # stopped before it folded: the start folds
        after = await centre.ingest.greet(ANNEXE, software="0.1.0", flags="")
        assert after.held == before.held
        assert after.counter == before.counter + 1
        assert len(await centre.queries.requests()) == 1


async def test_a_batch_that_fails_halfway_leaves_nothing(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        records = arrived(CASES, log.streams[CASES])
        far = records[1]
        with pytest.raises(GapTooWide):
            await centre.ingest.take(ANNEXE, sealed(CASE_KEY), [records[0], _at(far, log, 999)])
        receipt = await centre.ingest.greet(ANNEXE, software="", flags="")
        assert receipt.held[0].leaves == ()
        assert (await send(centre, log, CASES, CASE_KEY)).count(Outcome.ACCEPTED) == 2


@pytest.mark.parametrize("is_held", [True, False])
async def test_no_box_gives_a_key_for_what_another_key_seals(tmp_path: Path, is_held: bool) -> None:
    """An annexe that was enrolled and turned hostile makes boxes of its own. It says all of its records, also that a
    case is theirs which another key seals; but never whose key is whose."""
    async with ready(tmp_path) as (centre, log):
        if is_held:
            log.append(CASES, submitted(), CASE_KEY)
            await send(centre, log, CASES, CASE_KEY)
        own = Writer(log.signing)
        own.append(CASES, submitted("B05-00000-00000"), OWN_KEY)
        first, honest = (one.record for one in own.streams[CASES])
        assert first is not None
        assert honest is not None
        opened = _signed(replace(first, segment=b"hostile!"), log.signing)
        theirs = _signed(replace(honest, segment=b"hostile!", prev=opened.hash, subject=CASE), log.signing)
        bodies: Value = [[None, opened.body], [CASE, theirs.body]]
        run: Value = [CASES, 1, b"hostile!", 0, bytes(32), first.signer, NOW, 0, [0], bodies]
        content = encode([OWN_KEY, opened.signature + theirs.signature, [run]])
        batch = parse_boxed(1, seal_to(OPENING.public, pad(content), bytes(32)), OPENING)
        assert [one.subject for one in batch.keys] == [subject_of(OWN_KEY)]
        receipt = await centre.ingest.take(ANNEXE, batch.keys, batch.records)
        assert [one.why for one in receipt.judged] == [None, "body" if is_held else "key"]
        async with centre.store.database.read() as connection:
            held = await centre.store.keys_of(connection, ANNEXE, [CASE, subject_of(OWN_KEY)])
        assert held == ({CASE: CASE_KEY} if is_held else {})


def _signed(record: Record, signing: SigningKey) -> Record:
    return replace(record, signature=signing.sign("record", record.signed_bytes()))


def _at(one: Arrived, log: Writer, seq: int) -> Arrived:
    """A good signature far ahead of what is held."""
    last = log.streams[CASES][-1].record
    assert last is not None
    record = log._write(CASES, one.segment, seq, bytes(32), last, submitted("B05-00000-00000"), CASE_KEY)
    log.streams[CASES].pop()
    return Arrived(CASES, record.segment, record.seq, record.encoded(), record)


async def test_a_contradiction_that_comes_twice_in_one_batch_is_kept_once(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        await send(centre, log, CASES, CASE_KEY)
        for _ in range(2):
            head = log.append(CASES, {"kind": "request.teleported", "follows": [head]}, CASE_KEY).hash
        opening, _, third, fourth = arrived(CASES, log.streams[CASES])
        contradiction = _at(opening, log, 1)
        batch = [contradiction, third, contradiction, fourth]
        receipt = await centre.ingest.take(ANNEXE, sealed(CASE_KEY), batch)
        assert [one.outcome.value for one in receipt.judged] == ["proof", "accepted", "proof", "accepted"]
        state = await centre.queries.annexe(ANNEXE)
        assert state is not None
        assert (state.records, state.streams[0].proofs) == (4, 1)


async def test_a_record_without_its_key_waits_in_a_hole_until_the_key_comes(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        receipt = await send(centre, log, CASES)
        assert [hole.why for hole in receipt.held[0].holes] == ["key"]
        assert not await centre.queries.requests()
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert not receipt.held[0].holes
        assert len(await centre.queries.requests()) == 1


async def test_a_key_that_is_not_the_subjects_is_no_key(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        false = SealedKey(CASE, sealed(b"x" * 32)[0].sealed)
        receipt = await centre.ingest.take(ANNEXE, [false], arrived(CASES, log.streams[CASES]))
        assert [hole.why for hole in receipt.held[0].holes] == ["key"]


async def test_another_annexes_signature_is_refused(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, _):
        centre.trust.add(PREFECTURE.credential("annexe", "berkane-06"))
        log = Writer(SigningKey(seed("berkane-06")))
        log.append(CASES, submitted(), CASE_KEY)
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert receipt.count(Outcome.REFUSED) == 2
        assert {hole.why for hole in receipt.held[0].holes} == {"signer"}


async def test_an_expired_credential_is_a_flag_on_its_records(tmp_path: Path) -> None:
    async with centre_in(tmp_path) as centre:
        log = Writer(SigningKey(seed(ANNEXE)))
        centre.trust.add(PREFECTURE.credential("annexe", ANNEXE, until=NOW - 1))
        log.append(CASES, submitted(), CASE_KEY)
        assert (await send(centre, log, CASES, CASE_KEY)).count(Outcome.ACCEPTED) == 2
        async with centre.store.database.read() as connection:
            flags = (await connection.execute(select(schema.records.c.flags))).scalars().all()
        assert flags == ["expired", "expired"]


async def test_an_event_of_a_later_release_freezes_its_case_visibly(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        log.append(CASES, {"kind": "request.teleported", "follows": [head]}, CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.case.frozen


async def test_a_second_annexe_is_kept_apart(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
        centre.trust.add(PREFECTURE.credential("annexe", "berkane-06"))
        other = Writer(SigningKey(seed("berkane-06")))
        other.append("berkane-06/cases", submitted(), CASE_KEY)
        records = arrived("berkane-06/cases", other.streams["berkane-06/cases"])
        receipt = await centre.ingest.take("berkane-06", [], records)
        assert [hole.why for hole in receipt.held[0].holes] == ["key"]  # the other annexe's key is not lent
        assert len(await centre.queries.requests(annexe=ANNEXE)) == 1
        assert not await centre.queries.requests(annexe="berkane-06")


async def test_only_what_its_signer_signed_is_taken_for_signed(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        for number in range(3):
            log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
        good = log.streams[CASES]
        forged = Writer(SigningKey(seed("somebody else")))
        forged.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 9})
        records = arrived(CASES, good)
        claims = centre.ingest.claims([*records, *arrived(CASES, forged.streams[CASES])])
        assert list(claims) == [one.hash for one in records]
        assert await verify_here(list(claims.values())) == [True] * len(records)
        receipt = await centre.ingest.take(ANNEXE, [], records, Prepared(signed=frozenset(claims)))
        assert receipt.count(Outcome.ACCEPTED) == len(records)


async def test_what_waited_before_a_start_is_folded_and_what_comes_after_it_too(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await centre.ingest.take(ANNEXE, sealed(CASE_KEY), arrived(CASES, log.streams[CASES]))
        folder = Folder(centre.store)
        assert await folder.fold() == 2
        known = len(log.streams[CASES])
        log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": 1})
        await centre.ingest.take(ANNEXE, [], arrived(CASES, log.streams[CASES][known:]))
        assert await folder.fold(ANNEXE) == 1
        assert await folder.fold() == 0
        assert [row.subject for row in await centre.queries.requests()] == [CASE]
