"""The short way from an event to a record's bytes gives what the long way gives, and refuses what readers refuse."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import CallerError
from protocol.office import synthetic
from protocol.office.encoded_events import decode_event, encode_event
from protocol.office.events import (
    Actor,
    Applicant,
    Event,
    RequestSubmitted,
    UnknownEvent,
    from_value,
    kind_of,
    to_value,
)
from protocol.records.encoding import decode, encode
from protocol.records.envelope import EncodedEvent

KINDS: tuple[type[Any], ...] = Event.__args__
TEXT = st.text(st.characters(codec="utf-8"))
INTEGERS = st.integers(-(2**63), 2**64 - 1)


LEAVES: dict[type[Any], st.SearchStrategy[Any]] = {
    msgspec.inspect.StrType: TEXT,
    msgspec.inspect.IntType: INTEGERS,
    msgspec.inspect.BytesType: st.binary(),
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.NoneType: st.none(),
    msgspec.inspect.AnyType: st.recursive(
        TEXT | INTEGERS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)
    ),
}


def of_type(info: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Whatever fits a field's type."""
    match info:
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: of_type(field.type) for field in fields})
        case msgspec.inspect.ListType(item_type=item):
            return st.lists(of_type(item), max_size=18)
        case msgspec.inspect.DictType(value_type=item):
            return st.dictionaries(TEXT, of_type(item), max_size=18)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*(of_type(one) for one in types))
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case _:
            return LEAVES[type(info)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)  # of each of two dozen kinds
@given(data=st.data())
def test_every_kind_of_event_is_encoded_as_its_map_is(kind: type[Any], data: st.DataObject) -> None:
    event = data.draw(of_type(msgspec.inspect.type_info(kind)))
    encoded = encode_event(event)
    assert encoded == EncodedEvent(kind_of(event), encode(to_value(event)))
    assert decode_event(encoded) == event


def test_a_years_work_is_encoded_as_its_maps_are() -> None:
    for event in synthetic.events(11, 500):
        encoded = encode_event(event)
        value = decode(encoded.plain)
        assert isinstance(value, dict)
        assert from_value(value) == decode_event(encoded) == event


def submitted(**changes: Any) -> RequestSubmitted:
    fields: dict[str, Any] = {
        "follows": [],
        "by": Actor(role="citizen", id="kiosk", name="Salma", name_ar="سلمى"),
        "account": b"a" * 16,
        "reference": "B05-7K3MQ-2X9RT",
        "procedure": "residence-autorite-locale",
        "procedure_version": 1,
        "answers": {"use": "school"},
        "applicant": Applicant("FA1", "Salma", "سلمى", None, "1990-04-01", "Berkane"),
        "language": "ar",
        "due": "2026-11-20",
    }
    return RequestSubmitted(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "text"},
        {"due": b"bytes"},
        {"language": "en"},
        {"procedure_version": 1.0},
        {"procedure_version": True},
        {"answers": {"use": 3}},
        {"applicant": None},
        {"follows": None},
    ],
    ids=str,
)
def test_an_event_that_no_reader_would_take_is_refused_by_its_writer(changes: dict[str, Any]) -> None:
    with pytest.raises(UnknownEvent):
        decode_event(encode_event(submitted(**changes)))


@pytest.mark.parametrize(
    "changes",
    [{"due": "\ud800"}, {"procedure_version": 2**64}, {"due": object()}, {"answers": {3: "use"}}],
    ids=("half a character", "too large a number", "no value", "a key that is no text"),
)
def test_an_event_that_has_no_encoding_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CallerError):
        encode_event(submitted(**changes))


def test_damaged_bytes_are_no_event() -> None:
    whole = encode_event(submitted())
    with pytest.raises(UnknownEvent):
        decode_event(EncodedEvent(whole.kind, whole.plain[:-1]))
    with pytest.raises(UnknownEvent):
        decode_event(EncodedEvent(whole.kind, whole.plain + b"\0"))
    with pytest.raises(UnknownEvent):
        decode_event(EncodedEvent(whole.kind, encode(["no", "map"])))


def test_there_are_events_to_encode() -> None:
    assert {kind.__name__ for kind in KINDS} >= {"RequestSubmitted", "CataloguePublished", "StaffAdded"}
