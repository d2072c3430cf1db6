"""An installed folder becomes an office: with its guide, its trust, and a clock believed as far as it can be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.installation import Installation, install
from edge.opening import (
    clock_label,
    fingerprint_of,
    open_store,
    opened_office,
    take_snapshot,
    trust_now,
    trust_of,
)
from edge.services import guide
from edge.services.sealing import usable_seals
from edge.store.feeds import ALL, accept
from edge.store.store import Store, Transaction
from protocol.errors import OperatorError
from protocol.office.events import CredentialPublished, StaffAdded, to_value
from protocol.office.seed import parse_centre_seed
from protocol.records.chain import segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Credential, parse_credential
from protocol.records.encoding import Value
from protocol.records.envelope import parse_record, unsealed_event, write_record
from protocol.records.keys import SigningKey
from tests.edge.support import DAY, DESCRIBED, made_seed, typed
from tests.edge.web.support import Clock


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return install(tmp_path / "annexe", made_seed(tmp_path).read_bytes(), os.urandom)


@pytest.fixture
def clock(installation: Installation) -> Clock:
    """The day after the annexe's keys were made."""
    clock = Clock()
    clock.ms = parse_credential(installation.seed.credential).not_before + 2 * DAY
    return clock


async def test_an_office_opens_with_the_guide_that_the_seed_brought(installation: Installation, clock: Clock) -> None:
    """Even when the power failed between the seed and its snapshot: it is taken over at the next start."""
    for _ in range(2):
        async with opened_office(installation, clock, os.urandom) as office:
            assert len(await guide.procedures(office)) == 3
            assert usable_seals(office) is office.seals
            assert office.annexe.name_fr == "Annexe 5"


async def test_the_snapshot_is_taken_over_once(installation: Installation, clock: Clock) -> None:
    store = await open_store(installation, clock, os.urandom)
    try:
        assert await take_snapshot(installation, store) == 4
        assert await take_snapshot(installation, store) == 0
    finally:
        await store.close()


async def test_an_empty_snapshot_is_an_empty_guide(tmp_path: Path) -> None:
    seed = made_seed(tmp_path, documents=())
    installation = install(tmp_path / "annexe", seed.read_bytes(), os.urandom)
    clock = Clock()
    async with opened_office(installation, clock, os.urandom) as office:
        assert await guide.procedures(office) == []


async def test_whom_the_annexe_trusts_is_what_its_seed_names(installation: Installation) -> None:
    kinds = [credential.kind for credential in trust_of(installation).credentials()]
    assert kinds == ["root", "issuer", "centre", "annexe"]


async def test_whom_the_prefecture_has_published_is_still_trusted_after_a_restart(
    installation: Installation, clock: Clock, tmp_path: Path
) -> None:
    typed([
        "annexe", "--authority", tmp_path / "authority", *DESCRIBED, "--id", "berkane-06", "--prefix", "B06",
        "--out", tmp_path / "other.keys",
    ])  # fmt: skip
    other = parse_credential((tmp_path / "other.credential").read_bytes())
    signing = SigningKey(parse_centre_seed((tmp_path / "centre.seed").read_bytes()).signing_seed)
    store = await open_store(installation, clock, os.urandom)
    await take_snapshot(installation, store)
    await accept(store, "berkane-05", published(other, signing), trust_of(installation))
    await store.close()
    store = await open_store(installation, clock, os.urandom)
    try:
        trust = await trust_now(installation, store)
        assert trust.signer(other.id) == other
        assert trust.signer(parse_credential(installation.seed.centre).id) is not None
    finally:
        await store.close()


def published(credential: Credential, signing: SigningKey) -> list[bytes]:
    """A segment of `all` that publishes one credential."""
    opening = segment_opened(parent=None, software="test", fingerprint="test", clock="trusted")
    records: list[bytes] = []
    previous = bytes(32)
    for seq, event in enumerate([opening, to_value(CredentialPublished(credential=credential.encoded()))]):
        record = write_record(
            stream="all", segment=b"segment2", seq=seq, prev=previous, time=Timestamp(5_000 + seq, 0), event=event,
            key=None, signing=signing,
        )  # fmt: skip
        records, previous = [*records, record.encoded()], record.hash
    return records


def test_a_clock_before_the_annexes_own_credential_is_not_believed(installation: Installation) -> None:
    made = parse_credential(installation.seed.credential).not_before
    assert clock_label(installation, made - 1) == "unknown"
    assert clock_label(installation, 0) == "unknown"
    assert clock_label(installation, made) == "estimated"


async def test_what_is_written_by_an_unbelievable_clock_says_so_and_nothing_is_sealed_by_it(
    installation: Installation, clock: Clock
) -> None:
    right, clock.ms = clock.ms, 1_000_000
    async with opened_office(installation, clock, os.urandom) as office:
        await write_something(office.store)
        assert await label_of_the_last_segment(office.store) == "unknown"
        assert office.clock() == "unknown"
        with pytest.raises(OperatorError, match="not to be believed"):
            usable_seals(office)
        clock.ms = right
        assert usable_seals(office) is office.seals


async def write_something(store: Store) -> None:
    async def decide(tx: Transaction) -> Value:
        added = StaffAdded(login="n", name_fr="N", name_ar="ن", role="clerk", password_hash="$argon2id$", language="ar")
        await tx.append("office", added, key_of=tx.office)
        return None

    await store.execute(os.urandom(16), decide)


async def label_of_the_last_segment(store: Store) -> Value:
    async with store.reading() as reader:
        rows = await reader.rows("SELECT bytes FROM records ORDER BY position")
    records = [parse_record(row[0]) for row in rows if isinstance(row[0], bytes)]
    openings = [unsealed_event(record) for record in records if record.seq == 0 and record.stream != ALL]
    assert openings
    assert openings[-1] is not None
    return openings[-1]["clock"]


def test_a_machine_is_told_from_its_clones_without_showing_its_id(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("0123456789abcdef\n")
    second.write_text("fedcba9876543210\n")
    assert fingerprint_of([first]) == fingerprint_of([tmp_path / "no serial", first]) != fingerprint_of([second])
    assert "0123" not in fingerprint_of([first])
    assert fingerprint_of([tmp_path / "nowhere"]) == "unknown"
