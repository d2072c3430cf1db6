"""The decision sheet: what the agent reads is what he signs, byte for byte."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.office import synthetic
from protocol.office.decision import (
    MAX_SHEET,
    DecisionSheet,
    EnquiryLine,
    Identity,
    NotASheet,
    parse_sheet,
    sheet_bytes,
    sign_sheet,
    verify_sheet,
)
from protocol.office.events import DecisionTaken, Representative
from protocol.records.encoding import decode, encode
from protocol.records.keys import SigningKey
from protocol.records.refusals import BadSignature

AGENT = SigningKey(b"\x07" * 32)
SHEET = DecisionSheet(
    annexe="berkane-05",
    case=b"c" * 16,
    follows=[b"h" * 32],
    procedure="residence",
    procedure_version=3,
    reference="B05-7K3MQ-2X9RT",
    identity=Identity(
        cnie="FA123456",
        name_fr="Fatima El Amrani",
        name_ar="فاطمة العمراني",
        birth_date="1987-03-12",
        address="12, rue de Fès, Berkane",
    ),
    answers={"purpose": "school"},
    pieces=["cnie", "bill"],
    enquiry=EnquiryLine(outcome="favourable", by_title="moqaddem", on="2026-11-26", note=""),
    outcome="refused",
    reason_code="other",
    reason_text="Not found at this address.",
    agent="driss",
    credential=AGENT.id,
    claimed_ms=1_795_500_000_000,
)


def test_a_sheet_reads_back_as_it_was_written() -> None:
    assert parse_sheet(sheet_bytes(SHEET)) == SHEET
    without = msgspec.structs.replace(SHEET, enquiry=None)
    assert parse_sheet(sheet_bytes(without)) == without


def test_made_up_decisions_carry_sheets_that_say_the_same() -> None:
    decisions = [event for event in synthetic.events(3, 500) if isinstance(event, DecisionTaken)]
    assert len(decisions) > 20
    for event in decisions:
        sheet = parse_sheet(event.sheet)
        assert (sheet.outcome, sheet.reason_code, sheet.follows) == (event.outcome, event.reason_code, event.follows)


def test_the_agents_signature_holds_for_his_sheet_only() -> None:
    signed = sheet_bytes(SHEET)
    signature = sign_sheet(signed, AGENT)
    verify_sheet(signed, AGENT.public, signature)
    swapped = sheet_bytes(msgspec.structs.replace(SHEET, outcome="approved"))
    with pytest.raises(BadSignature):
        verify_sheet(swapped, AGENT.public, signature)
    with pytest.raises(BadSignature):
        verify_sheet(signed, SigningKey(b"\x08" * 32).public, signature)


def test_a_signature_made_for_another_purpose_signs_no_decision() -> None:
    signed = sheet_bytes(SHEET)
    with pytest.raises(BadSignature):
        verify_sheet(signed, AGENT.public, AGENT.sign("record", signed))


@given(st.integers(0), st.integers(1, 255))
def test_a_byte_changed_anywhere_breaks_the_signature(place: int, flip: int) -> None:
    signed = bytearray(sheet_bytes(SHEET))
    signature = sign_sheet(bytes(signed), AGENT)
    signed[place % len(signed)] ^= flip
    with pytest.raises(BadSignature):
        verify_sheet(bytes(signed), AGENT.public, signature)


def test_a_sheet_has_exactly_its_fields() -> None:
    value = decode(sheet_bytes(SHEET))
    assert isinstance(value, dict)
    for name in value:
        with pytest.raises(NotASheet):
            parse_sheet(encode({key: inner for key, inner in value.items() if key != name}))
    for wrong in ({"mood": "good"}, {"outcome": "maybe"}, {"case": "text"}, {"claimed_ms": True}):
        with pytest.raises(NotASheet):
            parse_sheet(encode({**value, **wrong}))


BY_PROXY = msgspec.structs.replace(
    SHEET,
    identity=msgspec.structs.replace(SHEET.identity, document="passport", cnie="FRA 12AB34567"),
    represented_by=Representative(
        capacity="proxy", cnie="FA77", name_fr="Ali El Amrani", name_ar="علي العمراني", basis="procuration, Oujda"
    ),
)


def test_who_asks_for_another_and_a_foreigners_document_stand_on_the_sheet() -> None:
    assert parse_sheet(sheet_bytes(BY_PROXY)) == BY_PROXY
    value = decode(sheet_bytes(SHEET))
    assert isinstance(value, dict)
    assert "represented_by" not in value
    assert "document" not in str(value["identity"])


def test_a_sheet_that_spells_out_what_goes_without_saying_is_another_sheet() -> None:
    value = decode(sheet_bytes(SHEET))
    assert isinstance(value, dict)
    identity = value["identity"]
    assert isinstance(identity, dict)
    for wrong in ({"represented_by": None}, {"identity": {**identity, "document": "cnie"}}):
        with pytest.raises(NotASheet):
            parse_sheet(encode({**value, **wrong}))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_sheet_are_refused(data: bytes) -> None:
    with pytest.raises(PeerError):
        parse_sheet(data)


def test_a_sheet_has_a_bound() -> None:
    with pytest.raises(PeerError):
        parse_sheet(sheet_bytes(msgspec.structs.replace(SHEET, reason_text="x" * MAX_SHEET)))
