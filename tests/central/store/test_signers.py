"""Who signs in an annexe's name: looked up once, and judged by the time of each record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from central.store.signers import Signers
from protocol.records.clock import Timestamp
from protocol.records.credentials import Credential, Trust
from protocol.records.envelope import Record
from protocol.records.keys import SigningKey
from tests.central.support import PREFECTURE
from tests.protocol.sync.support import NOW, Writer, seed

ANNEXE = "berkane-05"
ENDS = NOW + 1000


def trusting(*credentials: Credential) -> Trust:
    trust = Trust([PREFECTURE.root])
    for one in (PREFECTURE.issuer, *credentials):
        trust.add(one)
    return trust


def annexe() -> Credential:
    return PREFECTURE.credential("annexe", ANNEXE, until=ENDS)


def written_at(ms: int, by: str = ANNEXE) -> Record:
    record = Writer(SigningKey(seed(by))).append(f"{ANNEXE}/cases", {"kind": "request.submitted"}, bytes(32))
    return replace(record, time=Timestamp(ms, 0))


def test_each_record_is_judged_by_its_own_time() -> None:
    signers = Signers(trusting(annexe()), ANNEXE)
    begins = annexe().not_before
    times = (begins, NOW, ENDS, ENDS + 1, begins - 1, NOW)
    assert [signers.words(written_at(ms)) for ms in times] == [[], [], [], ["expired"], ["not_yet"], []]


def test_what_does_not_depend_on_time_is_said_of_each() -> None:
    trust = trusting(annexe())
    trust.revoke(annexe().id)
    signers = Signers(trust, ANNEXE)
    assert [signers.words(written_at(ms)) for ms in (NOW, ENDS + 1)] == [["revoked"], ["expired", "revoked"]]


@pytest.mark.parametrize("stranger", ["berkane-06", "nobody"])
def test_another_annexe_and_a_stranger_sign_nothing_here(stranger: str) -> None:
    signers = Signers(trusting(annexe(), PREFECTURE.credential("annexe", "berkane-06")), ANNEXE)
    record = written_at(NOW, by=stranger)
    assert signers.of(record) is None
    assert signers.words(record) == []
