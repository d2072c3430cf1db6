"""Records: sealed into their place, and refused when a single bit of them changes."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.clock import Timestamp
from protocol.records.compression import compress
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import (
    MAX_EVENT,
    MAX_RECORD,
    PADDING,
    UNSEALED_KINDS,
    Record,
    open_body,
    pad,
    parse_record,
    unpad,
    unsealed_event,
    verify_record,
    write_record,
)
from protocol.records.hashing import record_hash
from protocol.records.keys import SigningKey, subject_of
from protocol.records.refusals import BadSignature, CannotOpen, NotARecord, TooLarge, WrongSigner
from protocol.records.sealing import seal

SIGNING = SigningKey(b"s" * 32)
STRANGER = SigningKey(b"t" * 32)
KEY = b"k" * 32
SEGMENT = b"segment1"
TIME = Timestamp(1_767_225_600_000, 3)
EVENT: dict[str, Value] = {"kind": "account.viewed", "reason": "السكنى", "by": {"role": "clerk", "id": "guichet1"}}
OPENED: dict[str, Value] = {"kind": "clock.changed", "label": "trusted", "ms": TIME.ms}

DETAILS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4),
    st.none() | st.integers(0, 1 << 60) | st.text(max_size=60) | st.binary(max_size=60),
    max_size=8,
)


def write(event: dict[str, Value] = EVENT, key: bytes | None = KEY, **changes: Any) -> Record:
    place: dict[str, Any] = {
        "stream": "berkane-05/cases",
        "segment": SEGMENT,
        "seq": 5,
        "prev": b"p" * 32,
        "time": TIME,
        "signing": SIGNING,
    }
    return write_record(event=event, key=key, **(place | changes))


def read(data: bytes, key: bytes | None = KEY) -> dict[str, Value]:
    """All that a reader does: parse, verify, open."""
    record = parse_record(data)
    verify_record(record, SIGNING.public)
    return open_body(record, key)


def signed_anew(record: Record) -> Record:
    return replace(record, signature=SIGNING.sign("record", record.signed_bytes()))


@given(DETAILS, st.binary(min_size=32, max_size=32), st.integers(0, (1 << 53) - 1))
def test_a_sealed_event_is_read_by_whoever_has_its_key(details: dict[str, Value], key: bytes, seq: int) -> None:
    event: dict[str, Value] = details | {"kind": "request.submitted"}
    record = write(event, key, seq=seq)
    assert read(record.encoded(), key) == event
    assert record.subject == subject_of(key)
    assert parse_record(record.encoded()) == record


@given(DETAILS, st.sampled_from(sorted(UNSEALED_KINDS)))
def test_an_unsealed_event_is_read_by_anybody(details: dict[str, Value], kind: str) -> None:
    event: dict[str, Value] = details | {"kind": kind}
    record = write(event, None)
    assert read(record.encoded(), None) == event
    assert record.subject is None
    assert record.body == encode(event)
    assert unsealed_event(record) == event


def test_a_record_is_an_array_of_its_ten_fields_and_its_hash_names_all_of_them() -> None:
    record = write()
    assert decode(record.encoded()) == [
        1,
        "berkane-05/cases",
        SEGMENT,
        5,
        b"p" * 32,
        [TIME.ms, TIME.counter],
        record.subject,
        SIGNING.id,
        record.body,
        record.signature,
    ]
    assert record.hash == record_hash(record.encoded())
    assert record.header() == encode(decode_list(record)[:8])
    assert record.signed_bytes() == encode(decode_list(record)[:9])


def decode_list(record: Record) -> list[Value]:
    value = decode(record.encoded())
    assert isinstance(value, list)
    return value


def test_the_same_event_at_the_same_place_is_the_same_record() -> None:
    assert write().encoded() == write().encoded()
    assert write().body != write(seq=6).body


@pytest.mark.parametrize("record", [write(), write(OPENED, None)], ids=["sealed", "unsealed"])
def test_every_bit_of_a_record_counts(record: Record) -> None:
    whole = record.encoded()
    key = KEY if record.sealed else None
    read(whole, key)
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PeerError):
            read(bytes(flipped), key)


HEADER = ["version", "stream", "segment", "seq", "prev", "time", "subject", "signer"]
CHANGES: dict[str, list[Any]] = {
    "version": [1 ^ (1 << bit) for bit in range(1, 16)],
    "stream": ["berkane-05/case", "berkane-05/office", "berkane-06/cases", "all"],
    "segment": [bytes([SEGMENT[0] ^ (1 << bit)]) + SEGMENT[1:] for bit in range(8)],
    "seq": [5 ^ (1 << bit) for bit in range(53)],
    "prev": [bytes([ord("p") ^ (1 << bit)]) + b"p" * 31 for bit in range(8)],
    "time": [TIME._replace(ms=TIME.ms ^ (1 << bit)) for bit in range(53)]
    + [TIME._replace(counter=3 ^ (1 << bit)) for bit in range(32)],
    "subject": [None, subject_of(b"l" * 32), bytes(16)],
    "signer": [STRANGER.id, bytes(16)],
}


@pytest.mark.parametrize("name", HEADER)
def test_a_field_that_changed_breaks_the_signature(name: str) -> None:
    for value in CHANGES[name]:
        with pytest.raises(BadSignature if name != "signer" else WrongSigner):
            verify_record(replace(write(), **{name: value}), SIGNING.public)


@pytest.mark.parametrize("name", HEADER)
def test_a_field_that_the_signer_himself_changed_keeps_the_body_shut(name: str) -> None:
    for value in CHANGES[name]:
        with pytest.raises(PeerError):
            open_body(signed_anew(replace(write(), **{name: value})), KEY)


def test_the_changed_fields_above_are_all_that_stand_before_the_body() -> None:
    named = [one.name for one in fields(Record) if one.init]
    assert named == [*HEADER, "body", "signature"]


def test_a_record_read_with_another_key_is_refused() -> None:
    with pytest.raises(CannotOpen):
        open_body(write(), b"l" * 32)
    with pytest.raises(WrongSigner):
        verify_record(write(), STRANGER.public)


def test_a_body_under_another_key_than_the_subject_names_is_refused_even_with_that_key() -> None:
    other = b"l" * 32
    record = write()
    body = seal(other, "record", record.header(), pad(compress(encode(EVENT))))
    with pytest.raises(CannotOpen):
        open_body(signed_anew(replace(record, body=body)), other)


def test_a_sealed_record_without_a_key_is_the_callers_mistake() -> None:
    with pytest.raises(CallerError):
        open_body(write(), None)


@pytest.mark.parametrize("kind", sorted(UNSEALED_KINDS))
def test_the_unsealed_kinds_are_never_sealed(kind: str) -> None:
    with pytest.raises(CallerError):
        write({"kind": kind}, KEY)


def test_no_other_kind_is_ever_written_in_the_clear() -> None:
    with pytest.raises(CallerError):
        write(EVENT, None)


def test_a_personal_event_published_in_the_clear_is_refused_and_not_shown() -> None:
    record = signed_anew(replace(write(), subject=None, body=encode(EVENT)))
    with pytest.raises(CannotOpen):
        open_body(record, None)
    assert unsealed_event(record) is None


@pytest.mark.parametrize("event", [{}, {"kind": ""}, {"kind": 1}, {"kind": None}], ids=repr)
def test_an_event_has_a_kind(event: dict[str, Value]) -> None:
    with pytest.raises(CallerError):
        write(event)


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": "Berkane"},
        {"segment": b"short"},
        {"seq": -1},
        {"seq": 1 << 53},
        {"prev": b""},
        {"time": Timestamp(-1, 0)},
        {"time": Timestamp(0, 1 << 32)},
        {"seq": 1 << 70},
    ],
    ids=repr,
)
def test_a_place_that_is_not_of_the_format_is_the_callers_mistake(changes: dict[str, Any]) -> None:
    with pytest.raises(CallerError):
        write(**changes)


def incompressible(size: int) -> dict[str, Value]:
    """An event of exactly this size that zstd cannot make smaller."""
    noise = b"".join(record_hash(seq.to_bytes(4, "big")) for seq in range(size // 32 + 1))
    return {"kind": "x", "noise": noise[: size - len(encode({"kind": "x", "noise": b""})) - 1]}


def test_the_largest_event_fits_into_a_record_even_when_it_cannot_be_compressed() -> None:
    largest = incompressible(MAX_EVENT)
    assert len(encode(largest)) == MAX_EVENT
    record = write(largest)
    assert MAX_EVENT < len(record.encoded()) <= MAX_RECORD
    assert read(record.encoded()) == largest


def test_a_larger_event_is_the_callers_mistake() -> None:
    with pytest.raises(CallerError):
        write(incompressible(MAX_EVENT + 1))


def test_a_larger_record_is_refused() -> None:
    record = write()
    with pytest.raises(NotARecord):
        replace(record, body=bytes(MAX_RECORD))
    fields_ = decode_list(record)
    fields_[8] = bytes(MAX_RECORD)
    with pytest.raises(TooLarge):
        parse_record(encode(fields_))


def test_a_record_that_decompresses_to_more_than_an_event_is_refused() -> None:
    small = encode({"kind": "x", "zeros": bytes(MAX_EVENT)})
    record = write()
    bomb = signed_anew(replace(record, body=seal(KEY, "record", record.header(), pad(compress(small)))))
    assert len(bomb.body) < 1000
    with pytest.raises(CannotOpen):
        open_body(bomb, KEY)


@given(st.binary(max_size=100))
def test_padding_is_undone(plain: bytes) -> None:
    padded = pad(plain)
    assert len(padded) % PADDING == 0
    assert len(plain) < len(padded) <= len(plain) + PADDING
    assert unpad(padded) == plain


@given(st.binary(max_size=64) | st.binary(max_size=40).map(lambda data: data + b"\x80" + bytes(20)))
def test_bytes_are_padded_in_one_way(padded: bytes) -> None:
    try:
        plain = unpad(padded)
    except PeerError:
        return
    assert pad(plain) == padded


@given(st.binary(max_size=400))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    with pytest.raises(PeerError):
        parse_record(data)


@given(st.integers(0, 9), st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=70))
def test_a_record_with_any_field_replaced_is_refused(place: int, value: Value) -> None:
    whole = decode_list(write())
    if isinstance(value, int) and abs(value) >= 1 << 63:
        value = 0
    changed = encode([*whole[:place], value, *whole[place + 1 :]])
    if changed == write().encoded():
        return
    with pytest.raises(PeerError):
        read(changed)
