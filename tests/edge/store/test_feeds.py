"""What comes down from the prefecture, made here by a prefecture of the tests' own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.feeds import Accepted, FeedGap, FeedRefused, accept
from edge.store.flaws import Flaw, Flaws, flaw_count, flaws
from edge.store.rebuild import rebuild_views
from edge.store.store import Store
from edge.store.verify import verify_log
from protocol.errors import PeerError
from protocol.office.catalogue import Bilingual, Procedure, procedure_value
from protocol.office.events import (
    CalendarPublished,
    CataloguePublished,
    CredentialPublished,
    Event,
    Holiday,
    RevocationsPublished,
    to_value,
)
from protocol.records.chain import NO_PARENT, segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Credential, Trust, issue
from protocol.records.encoding import Value
from protocol.records.envelope import Record, write_record
from protocol.records.keys import SigningKey, subject_of
from protocol.records.vouching import believe
from tests.edge.store.support import ANNEXE, SIGNING, staff_added, store_in, vault_of

LATER = 4_000_000_000_000


def key(name: str) -> SigningKey:
    return SigningKey(hashlib.sha256(name.encode()).digest())


def credential(kind: str, name: str, issuer: str, rights: tuple[str, ...] = (), until: int = LATER) -> Credential:
    return issue(
        kind=kind,
        holder=name,
        public=key(name).public,
        sealing=None,
        area="berkane",
        rights=rights,
        role="",
        epoch=1,
        not_before=0,
        not_after=until,
        signing=key(issuer),
    )


ROOT = credential("root", "root", "root", ("issuer",))
ISSUER = credential("issuer", "issuer", "root", ("annexe", "centre", "agent"))
CENTRE = credential("centre", "centre", "issuer")


def procedure(version: int = 1, days: int = 30) -> Procedure:
    return Procedure(
        id="residence-autorite-locale",
        version=version,
        status="active",
        name=Bilingual(ar="شهادة السكنى", fr="Certificat de résidence"),
        summary=Bilingual(ar="…", fr="…"),
        sources=["test"],
        verified_on="2026-11-01",
        deadline_days=days,
    )


def published(version: int = 1, days: int = 30) -> dict[str, Value]:
    document = procedure_value(procedure(version, days))
    return to_value(CataloguePublished(id="residence-autorite-locale", version=version, document=document))


@dataclass
class Feed:
    """A feed that the prefecture writes."""

    stream: str = "all"
    signer: str = "centre"
    segment: bytes = b"segment1"
    begun_ms: int = 1_000
    records: list[Record] = field(default_factory=list)

    def put(self, event: dict[str, Value], data_key: bytes | None = None) -> Record:
        if not self.records:
            self._write(segment_opened(parent=None, software="0.1.0", fingerprint="test", clock="trusted"), None)
        return self._write(event, data_key)

    def _write(self, event: dict[str, Value], data_key: bytes | None) -> Record:
        record = write_record(
            stream=self.stream,
            segment=self.segment,
            seq=len(self.records),
            prev=self.records[-1].hash if self.records else NO_PARENT,
            time=Timestamp(self.begun_ms + len(self.records), 0),
            event=event,
            key=data_key,
            signing=key(self.signer),
        )
        self.records.append(record)
        return record

    def encoded(self) -> list[bytes]:
        return [record.encoded() for record in self.records]


def snapshot() -> Feed:
    feed = Feed()
    for one in (ISSUER, CENTRE):
        feed.put(to_value(CredentialPublished(credential=one.encoded())))
    feed.put(published(1))
    feed.put(published(2, 45))
    return feed


async def stored(store: Store) -> int:
    async with store.reading() as reader:
        return len(await reader.log_tail(1000))


async def test_a_seeds_snapshot_fills_the_guide_from_a_root_alone(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        assert await accept(store, ANNEXE, snapshot().encoded(), Trust([ROOT])) == Accepted(stored=5)
        async with store.reading() as reader:
            assert await reader.procedures() == [procedure(2, 45)]
            assert await reader.procedure("residence-autorite-locale", 1) == procedure(1)
            assert await reader.procedure("residence-autorite-locale") == procedure(2, 45)
            assert await reader.procedure("residence-autorite-locale", 3) is None
            assert await reader.procedure("other") is None
            assert {one.id for one in await reader.credentials()} == {ISSUER.id, CENTRE.id}
    report = await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public, trust=Trust([ROOT]))
    assert report.findings == ()


async def test_what_is_held_already_is_no_error(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        feed = snapshot()
        await accept(store, ANNEXE, feed.encoded(), Trust([ROOT]))
        feed.put(published(3))
        assert await accept(store, ANNEXE, feed.encoded(), Trust([ROOT])) == Accepted(stored=1, known=5)


async def test_a_published_version_never_changes(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        feed = snapshot()
        feed.put(published(2, 10))
        await accept(store, ANNEXE, feed.encoded(), Trust([ROOT]))
        async with store.reading() as reader:
            assert await reader.procedure("residence-autorite-locale", 2) == procedure(2, 45)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first branch first", "second branch first"])
async def test_a_feed_that_has_parted_tells_every_annexe_the_same_however_it_came(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    """The prefecture was put back to an earlier state, and published other things under the same names."""
    branches = [Feed(segment=b"branch.1", begun_ms=2_000), Feed(segment=b"branch.2", begun_ms=3_000)]
    for branch, days in zip(branches, (10, 20), strict=True):
        branch.put(published(3, days))
        holiday = Holiday(day=f"2027-01-{days}", name_ar="عيد", name_fr="fête")
        branch.put(to_value(CalendarPublished(year=2027, holidays=[holiday])))
    trust = Trust([ROOT])
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, snapshot().encoded(), trust)
        for number in order:
            await accept(store, ANNEXE, branches[number].encoded(), trust)
        async with store.reading() as reader:
            assert await reader.procedure("residence-autorite-locale") == procedure(3, 10), "a version never changes"
            assert await reader.rows("SELECT day FROM holidays") == [("2027-01-20",)], "the later one of a year stands"
    assert (await verify_log(tmp_path, own=SIGNING.public, vault=vault_of(tmp_path))).sound


async def test_an_expired_credential_still_feeds(tmp_path: Path) -> None:
    """Expiry is a flag: an annexe that was offline over New Year must still get its catalogue."""
    feed = Feed()
    expired = credential("centre", "centre", "issuer", until=1)
    for one in (ISSUER, expired):
        feed.put(to_value(CredentialPublished(credential=one.encoded())))
    feed.put(published())
    async with store_in(tmp_path) as store:
        assert (await accept(store, ANNEXE, feed.encoded(), Trust([ROOT]))).stored == 4


async def refused(store: Store, records: list[bytes], error: type[PeerError], trust: Trust | None = None) -> None:
    """The batch is refused with this error, and nothing of it is written."""
    before = await stored(store)
    with pytest.raises(error):
        await accept(store, ANNEXE, records, trust or Trust([ROOT]))
    assert await stored(store) == before


async def test_one_bad_record_refuses_its_batch_and_leaves_nothing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        good = snapshot().encoded()
        bad = bytearray(good[-1])
        bad[-1] ^= 1
        await refused(store, [*good[:-1], bytes(bad)], PeerError)
        await refused(store, [*good, b"no record at all"], PeerError)
        assert (await accept(store, ANNEXE, good, Trust([ROOT]))).stored == 5


async def test_a_feed_of_another_prefecture_is_refused(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await refused(
            store, snapshot().encoded(), PeerError, Trust([credential("root", "other", "other", ("issuer",))])
        )


async def test_an_annexes_own_key_writes_no_feed(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        feed = Feed(signer=ANNEXE)
        for one in (ISSUER, credential("annexe", ANNEXE, "issuer")):
            feed.put(to_value(CredentialPublished(credential=one.encoded())))
        await refused(store, feed.encoded(), FeedRefused)


async def test_a_stream_that_is_no_feed_of_this_annexe_is_refused(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, snapshot().encoded(), trust := Trust([ROOT]))
        for stream in ("to/berkane-06", "berkane-05/cases"):
            feed = Feed(stream=stream)
            feed.put(published(9))
            await refused(store, feed.encoded(), FeedRefused, trust)


async def test_a_gap_says_that_records_are_missing(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        encoded = snapshot().encoded()
        await refused(store, [*encoded[:3], encoded[4]], FeedGap)


OUTSIDE = replace(credential("annexe", "berkane-06", "issuer"), area="oujda")
CANNOT_BE: dict[str, tuple[Credential | Event, str]] = {
    "an issuer that a leaf vouches for": (credential("issuer", "self", "centre", ("annexe",)), "credential-refused"),
    "a kind that its issuer may not give": (credential("seal", "berkane-06", "issuer"), "credential-refused"),
    "an annexe outside its issuer's area": (OUTSIDE, "credential-refused"),
    "a root that no root has signed": (credential("root", "another", "another", ("issuer",)), "credential-refused"),
    "no credential at all": (CredentialPublished(credential=b"none"), "not-canonical"),
    "a day that no calendar has": (
        CalendarPublished(year=2027, holidays=[Holiday(day="2027-13-45", name_ar="", name_fr="")]),
        "content-refused",
    ),
    "a part that its list has not": (
        RevocationsPublished(number=1, issued_ms=1, next_update_ms=2, annulled=[], replaced=[], part=1, parts=1),
        "content-refused",
    ),
    "a year that no database keeps": (CalendarPublished(year=1 << 63, holidays=[]), "content-refused"),
}


@pytest.mark.parametrize("case", CANNOT_BE)
async def test_one_record_that_says_what_cannot_be_is_flagged_and_what_follows_is_taken(
    tmp_path: Path, case: str
) -> None:
    what, why = CANNOT_BE[case]
    event = CredentialPublished(credential=what.encoded()) if isinstance(what, Credential) else what
    feed, trust = snapshot(), Trust([ROOT])
    bad = feed.put(to_value(event))
    feed.put(published(3, 20))
    async with store_in(tmp_path) as store:
        assert (await accept(store, ANNEXE, feed.encoded(), trust)).stored == 7
        assert (await accept(store, ANNEXE, feed.encoded(), trust)).known == 7
        if isinstance(what, Credential):
            assert trust.signer(what.id) is None, "it has no effect"
        async with store.reading() as reader:
            assert await reader.procedure("residence-autorite-locale") == procedure(3, 20)
            assert await reader.rows("SELECT day FROM holidays") == []
            found = await flaws(reader)
        assert found == Flaws(1, (Flaw("all", bad.segment, bad.seq, bad.time.ms, why),))
        await rebuild_views(store)
        async with store.reading() as reader:
            assert await flaws(reader) == found
    assert (await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public, trust=Trust([ROOT]))).sound
    assert (await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public)).sound


async def test_a_sealed_record_that_does_not_open_is_flagged_and_what_follows_is_taken(tmp_path: Path) -> None:
    data_key = hashlib.sha256(b"shared").digest()
    feed = Feed(stream=f"to/{ANNEXE}")
    feed.put(to_value(staff_added("visitor")), data_key)
    whole = feed.records[-1]
    body = bytes([whole.body[0] ^ 1]) + whole.body[1:]
    damaged = replace(whole, body=body, signature=bytes(64))
    feed.records[-1] = replace(damaged, signature=key("centre").sign("record", damaged.signed_bytes()))
    feed.put(to_value(staff_added("another")), data_key)
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, snapshot().encoded(), trust := Trust([ROOT]))
        await accept(store, ANNEXE, feed.encoded(), trust, keys=[(subject_of(data_key), data_key)])
        async with store.reading() as reader:
            assert await reader.staff("visitor") is None
            assert await reader.staff("another") is not None
            assert [one.why for one in (await flaws(reader)).newest] == ["cannot-open"]


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_which_credentials_are_believed_does_not_depend_on_how_they_came(data: st.DataObject) -> None:
    good = [ISSUER, CENTRE, credential("annexe", "berkane-06", "issuer"), credential("agent", "a1", "issuer")]
    bad = [one for one, _ in CANNOT_BE.values() if isinstance(one, Credential)]
    trust = Trust([ROOT])
    assert believe(trust, data.draw(st.permutations(good + bad))).keys() == set(bad)
    assert {one.id for one in trust.credentials()} == {ROOT.id, *(one.id for one in good)}


async def test_a_credential_ahead_of_who_vouches_for_it_is_believed_once_that_one_is_here(tmp_path: Path) -> None:
    late = credential("issuer", "late", "root", ("annexe",))
    early = credential("annexe", "berkane-06", "late")
    feed, trust = snapshot(), Trust([ROOT])
    feed.put(to_value(CredentialPublished(credential=early.encoded())))
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, feed.encoded(), trust)
        async with store.reading() as reader:
            assert await flaw_count(reader) == 1
        last = feed.put(to_value(CredentialPublished(credential=late.encoded())))
        await accept(store, ANNEXE, [last.encoded()], trust)
        assert trust.signer(early.id) == early
        async with store.reading() as reader:
            assert await flaw_count(reader) == 0


async def test_what_stands_on_a_root_from_before_the_annexes_is_no_flaw(tmp_path: Path) -> None:
    """The annexe began after a change of roots, and finds in the feed what the root before vouched for."""
    before = [credential("root", "old", "old", ("issuer",)), credential("issuer", "of-old", "old", ("annexe",))]
    before += [credential("annexe", "berkane-06", "of-old"), credential("root", "root", "old", ("issuer",))]
    feed = Feed()
    for one in (*before, ISSUER, CENTRE):
        feed.put(to_value(CredentialPublished(credential=one.encoded())))
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, feed.encoded(), Trust([ROOT]))
        async with store.reading() as reader:
            assert await flaw_count(reader) == 0


async def test_a_second_record_under_one_name_is_kept_as_proof_and_not_folded(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        feed, other = snapshot(), snapshot()
        feed.put(published(3, 20))
        other.put(published(3, 50))
        await accept(store, ANNEXE, feed.encoded(), trust := Trust([ROOT]))
        assert await accept(store, ANNEXE, other.encoded(), trust) == Accepted(known=5, contradictions=1)
        assert await accept(store, ANNEXE, other.encoded(), trust) == Accepted(known=5, contradictions=1)
        async with store.reading() as reader:
            assert await reader.procedure("residence-autorite-locale", 3) == procedure(3, 20)
            assert await reader.rows("SELECT hash FROM contradictions") == [(other.records[-1].hash,)]


async def test_a_sealed_record_opens_with_the_key_that_came_ahead_of_it(tmp_path: Path) -> None:
    data_key = hashlib.sha256(b"shared").digest()
    feed = Feed(stream=f"to/{ANNEXE}")
    feed.put(to_value(staff_added("visitor")), data_key)
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, snapshot().encoded(), trust := Trust([ROOT]))
        with pytest.raises(FeedRefused):
            await accept(store, ANNEXE, feed.encoded(), trust, keys=[(bytes(16), data_key)])
        await accept(store, ANNEXE, feed.encoded(), trust, keys=[(subject_of(data_key), data_key)])
        async with store.reading() as reader:
            assert await reader.staff("visitor") is not None


async def test_a_sealed_record_without_its_key_is_kept_for_later(tmp_path: Path) -> None:
    feed = Feed(stream=f"to/{ANNEXE}")
    feed.put(to_value(staff_added("visitor")), hashlib.sha256(b"shared").digest())
    async with store_in(tmp_path) as store:
        await accept(store, ANNEXE, snapshot().encoded(), trust := Trust([ROOT]))
        assert (await accept(store, ANNEXE, feed.encoded(), trust)).stored == 2
        async with store.reading() as reader:
            assert await reader.staff("visitor") is None
            assert (await reader.log_tail(1))[0].kind is None
    report = await verify_log(tmp_path, vault=vault_of(tmp_path), own=SIGNING.public, trust=Trust([ROOT]))
    assert (report.findings, report.unopened) == ((), 1)
