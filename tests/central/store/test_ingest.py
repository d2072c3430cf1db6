"""What the prefecture takes in, refuses, folds, and leaves on its disk."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from central.centre import Centre
from central.store import schema
from central.store.decision_check import DecisionCheck
from central.store.folding import Folder
from central.verifying import verify_here
from protocol.errors import OperatorError
from protocol.office.casework import State
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, sheet_bytes, sign_sheet
from protocol.office.events import (
    Actor,
    AgentKeyEnrolled,
    Applicant,
    DecisionTaken,
    DecisionUndone,
    DossierCompleted,
    EnquiryReported,
    PieceSeen,
    Representative,
    RequestSubmitted,
    RequestWithdrawn,
    to_value,
)
from protocol.records.keys import OpeningKey, SigningKey, seal_to, subject_of
from protocol.records.refusals import CannotOpen
from protocol.sync.batches import Arrived, SealedKey, Stored
from protocol.sync.intake import Outcome
from protocol.sync.refusals import GapTooWide
from tests.central.support import PREFECTURE, centre_in, open_centre
from tests.protocol.sync.support import NOW, Writer, seed

ANNEXE = "berkane-05"
CASES, OFFICE = f"{ANNEXE}/cases", f"{ANNEXE}/office"
CASE_KEY, OFFICE_KEY = b"c" * 32, b"o" * 32
CASE = subject_of(CASE_KEY)
AGENT = SigningKey(seed("agent"))
CITIZEN = Actor(role="citizen", id="kiosk", name="Salma Idrissi")
CLERK = Actor(role="clerk", id="n.amrani", name="Nadia Amrani")
CAID = Actor(role="authority", id="k.bennani", name="Karim Bennani")
TYPED = ("Salma Idrissi", "FA123456", "+212612345678", "rue de Saïdia", "B05-7K3MQ-2X9RT", "k.bennani", "سلمى")


@asynccontextmanager
async def ready(folder: Path) -> Any:
    """A prefecture that knows the annexe, and the annexe's log."""
    async with centre_in(folder) as centre:
        centre.trust.add(PREFECTURE.credential("annexe", ANNEXE))
        yield centre, Writer(SigningKey(seed(ANNEXE)))


def arrived(stream: str, stored: list[Stored]) -> list[Arrived]:
    return [Arrived(stream, one.segment, one.seq, one.encoded, one.record) for one in stored]


def sealed(*keys: bytes) -> list[SealedKey]:
    public = OpeningKey(seed("prefecture/x")).public
    return [SealedKey(subject_of(key), seal_to(public, key, bytes([n + 1]) * 32)) for n, key in enumerate(keys)]


async def send(centre: Centre, log: Writer, stream: str = CASES, *keys: bytes) -> Any:
    records = arrived(stream, log.streams[stream])
    receipt = await centre.ingest.take(ANNEXE, sealed(*keys), records)
    await centre.folder.fold(ANNEXE)
    return receipt


def submitted(reference: str = "B05-7K3MQ-2X9RT") -> dict[str, Any]:
    applicant = Applicant(
        cnie="FA123456",
        name_fr="Salma Idrissi",
        name_ar="سلمى الإدريسي",
        phone="+212612345678",
        birth_date="1990-04-01",
        address="12, rue de Saïdia, Berkane",
    )
    return to_value(
        RequestSubmitted(
            follows=[],
            by=CITIZEN,
            account=bytes(16),
            reference=reference,
            procedure="residence",
            procedure_version=1,
            answers={"purpose": "school"},
            applicant=applicant,
            language="ar",
            due="2026-11-20",
        )
    )


def decide(log: Writer, *, signing: SigningKey = AGENT, outcome: Any = "approved", **read: Any) -> tuple[Any, bytes]:
    """A request from its receipt to its decision; `read`: what the signed sheet says otherwise than the log. Returns
    the decision and its record's hash."""
    head = log.append(CASES, submitted(), CASE_KEY).hash
    pieces = [PieceSeen(id="card", provenance="shown")]
    head = append(log, DossierCompleted(follows=[head], by=CLERK, pieces=pieces, due="2026-11-20", enquiry=True))
    head = append(
        log,
        EnquiryReported(
            follows=[head], by=CLERK, outcome="favourable", by_title="moqaddem", on="2025-10-09", note="seen at home"
        ),
    )
    sheet = sheet_bytes(DecisionSheet(**{**SHEET, "follows": [head], "credential": signing.id, **read}))
    decision = DecisionTaken(
        follows=[head],
        by=CAID,
        sheet=sheet,
        signature=sign_sheet(sheet, signing),
        signer=signing.public,
        outcome=outcome,
        reason_code="",
        reason_text="",
    )
    return decision, append(log, decision)


def append(log: Writer, event: Any) -> bytes:
    return log.append(CASES, {**to_value(event)}, CASE_KEY).hash


STRANGER = Representative(capacity="proxy", cnie="FA77", name_fr="Ali Idrissi", name_ar="علي الإدريسي", basis="none")
ENQUIRY = {"outcome": "favourable", "by_title": "moqaddem", "on": "2025-10-09", "note": "seen at home"}
PERSON: dict[str, Any] = {
    "cnie": "FA123456",
    "name_fr": "Salma Idrissi",
    "name_ar": "سلمى الإدريسي",
    "birth_date": "1990-04-01",
    "address": "12, rue de Saïdia, Berkane",
}
SHEET: dict[str, Any] = {
    "annexe": ANNEXE,
    "case": CASE,
    "procedure": "residence",
    "procedure_version": 1,
    "reference": "B05-7K3MQ-2X9RT",
    "identity": Identity(**PERSON),
    "answers": {"purpose": "school"},
    "pieces": ["card"],
    "enquiry": EnquiryLine(**ENQUIRY),
    "outcome": "approved",
    "reason_code": "",
    "reason_text": "",
    "agent": "k.bennani",
    "claimed_ms": NOW,
}


def enrol(log: Writer, public: bytes = AGENT.public) -> None:
    log.append(OFFICE, {**to_value(AgentKeyEnrolled(login="k.bennani", public=public))}, OFFICE_KEY)


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


async def test_an_agents_decision_is_checked_against_the_key_that_the_annexe_vouches_for(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        decide(log)
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.case.state is State.APPROVED
        assert row.decision is DecisionCheck.UNKNOWN_KEY
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision is DecisionCheck.VERIFIED


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        ({"outcome": "refused"}, DecisionCheck.MISMATCH),
        ({"agent": "somebody"}, DecisionCheck.MISMATCH),
        ({"signing": SigningKey(seed("thief"))}, DecisionCheck.UNKNOWN_KEY),
        ({"annexe": "berkane-06"}, DecisionCheck.MISMATCH),
        ({"case": bytes(16)}, DecisionCheck.MISMATCH),
        ({"reference": "B05-00000-00000"}, DecisionCheck.MISMATCH),
        ({"follows": [bytes(32)]}, DecisionCheck.MISMATCH),
        ({"credential": bytes(16)}, DecisionCheck.MISMATCH),
        ({"answers": {"purpose": "bank"}}, DecisionCheck.MISMATCH),
        ({"pieces": ["card", "lease"]}, DecisionCheck.MISMATCH),
        ({"enquiry": None}, DecisionCheck.MISMATCH),
        ({"enquiry": EnquiryLine(**ENQUIRY | {"outcome": "unfavourable"})}, DecisionCheck.MISMATCH),
        ({"identity": Identity(**PERSON | {"name_fr": "Somebody Else"})}, DecisionCheck.MISMATCH),
        ({"identity": Identity(**PERSON | {"document": "residence_card"})}, DecisionCheck.MISMATCH),
        ({"represented_by": STRANGER}, DecisionCheck.MISMATCH),
    ],
)
async def test_a_swapped_decision_is_shown_as_such(
    tmp_path: Path, swap: dict[str, Any], expected: DecisionCheck
) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decide(log, **swap)
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision is expected


async def test_a_decision_that_was_taken_back_does_not_count_when_its_sheet_is_entered_again(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decision, head = decide(log)
        head = append(log, DecisionUndone(follows=[head], by=CAID))
        append(log, structs.replace(decision, follows=[head]))
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.case.state is State.APPROVED
        assert row.decision is DecisionCheck.MISMATCH


async def test_nor_does_it_when_it_is_entered_beside_the_first(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decision, head = decide(log)
        append(log, DecisionUndone(follows=[head], by=CAID))
        append(log, structs.replace(decision, by=structs.replace(CAID, name="K. Bennani")))
        await send(centre, log, CASES, CASE_KEY)
        (row,) = await centre.queries.requests()
        assert row.decision in (DecisionCheck.NONE, DecisionCheck.MISMATCH)


def whole(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_typed_is_in_clear_on_the_disk(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        enrol(log)
        await send(centre, log, OFFICE, OFFICE_KEY)
        decide(log)
        await send(centre, log, CASES, CASE_KEY)
        assert (await centre.queries.requests())[0].case.applicant.name_fr == "Salma Idrissi"
        everything = whole(tmp_path)
    for word in TYPED:
        for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
            assert form not in everything
    assert CASE_KEY not in everything


async def test_a_view_moved_to_another_case_does_not_open(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
        async with centre.store.database.write() as connection:
            await connection.execute(update(schema.case_views).values(annexe="berkane-06"))
            await centre.store.put_keys(connection, "berkane-06", {CASE: CASE_KEY})
        with pytest.raises(CannotOpen):
            await centre.queries.request("berkane-06", CASE)


async def test_a_dossier_that_the_disk_damaged_is_counted_and_holds_back_no_other(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        other = b"o" * 32
        log.append(CASES, submitted(), CASE_KEY)
        log.append(CASES, submitted(), other)
        await send(centre, log, CASES, CASE_KEY, other)
        damaged = update(schema.case_views).where(schema.case_views.c.subject == CASE).values(sealed=b"x" * 80)
        async with centre.store.database.write() as connection:
            await connection.execute(damaged)
        page = await centre.queries.page()
        assert ([row.subject for row in page.rows], page.unreadable) == ([subject_of(other)], 1)


async def test_a_key_moved_to_another_annexe_does_not_open(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
    async with ready(tmp_path) as (centre, _), centre.store.database.write() as connection:
        await connection.execute(update(schema.data_keys).values(annexe="berkane-06"))
        assert not await centre.store.keys_of(connection, "berkane-06", [CASE])


async def test_a_damaged_key_is_asked_for_again_and_holds_no_other_case_back(tmp_path: Path) -> None:
    other = b"d" * 32
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        await send(centre, log, CASES, CASE_KEY)
        async with centre.store.database.write() as connection:
            await connection.execute(update(schema.data_keys).values(sealed=b"damaged"))
    async with ready(tmp_path) as (centre, _):
        log.append(CASES, {"kind": "request.teleported", "follows": [head]}, CASE_KEY)
        log.append(CASES, submitted("B05-00000-00000"), other)
        receipt = await send(centre, log, CASES, other)
        assert [hole.why for hole in receipt.held[0].holes] == ["key"]
        assert await centre.queries.request(ANNEXE, subject_of(other)) is not None
        receipt = await send(centre, log, CASES, CASE_KEY)
        assert not receipt.held[0].holes
        assert {row.subject for row in await centre.queries.requests()} == {CASE, subject_of(other)}


async def test_a_damaged_record_freezes_its_own_case_and_holds_no_other_back(tmp_path: Path) -> None:
    other = b"d" * 32
    async with ready(tmp_path) as (centre, log):
        head = log.append(CASES, submitted(), CASE_KEY).hash
        log.append(CASES, to_value(RequestWithdrawn(follows=[head], by=CITIZEN)), CASE_KEY)
        log.append(CASES, submitted("B05-00000-00000"), other)
        await centre.ingest.take(ANNEXE, sealed(CASE_KEY, other), arrived(CASES, log.streams[CASES]))
        async with centre.store.database.write() as connection:
            damaged = update(schema.records).where(schema.records.c.seq == 2).values(encoded=b"damaged")
            await connection.execute(damaged)
    async with ready(tmp_path) as (centre, _):  # it starts all the same, and folds what waits
        rows = {row.subject: row.case for row in await centre.queries.requests()}
        assert (rows[CASE].frozen, rows[subject_of(other)].frozen) == (True, False)
        assert await centre.folder.fold(ANNEXE) == 0


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


async def test_the_centres_key_must_be_its_own_and_closed_to_others(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, log):
        log.append(CASES, submitted(), CASE_KEY)
        await send(centre, log, CASES, CASE_KEY)
    key = tmp_path / "centre.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(OperatorError, match="chmod"):
        await open_centre(tmp_path)
    key.unlink()
    with pytest.raises(OperatorError, match="backup"):
        await open_centre(tmp_path)


async def test_the_disk_is_told_to_keep_what_it_acknowledged(tmp_path: Path) -> None:
    async with ready(tmp_path) as (centre, _), centre.store.database.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"


async def test_a_database_of_another_release_is_refused(tmp_path: Path) -> None:
    async with ready(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "central.sqlite")) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
        connection.commit()
    with pytest.raises(OperatorError, match="schema 99"):
        await open_centre(tmp_path)


def test_the_annexe_is_in_every_key() -> None:
    for table in schema.metadata.tables.values():
        if table.name != "schema_version":
            assert "annexe" in table.primary_key.columns


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
        receipt = await centre.ingest.take(ANNEXE, [], records, claims.keys())
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
