"""Events are closed: what one release writes it reads back the same, and what it does not know it never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.office import synthetic
from protocol.office.case import State
from protocol.office.changes import CHANGES
from protocol.office.events import (
    CASE_KINDS,
    AccountOpened,
    Actor,
    AgentKeyEnrolled,
    CataloguePublished,
    CredentialPublished,
    CredentialRevoked,
    DelegationEnded,
    Event,
    RevokedAt,
    RoleDelegated,
    ScreenPaired,
    ScreenRemoved,
    ScreenRenamed,
    StaffAdded,
    StaffEnded,
    StaffPasswordChanged,
    StaffResumed,
    UnknownEvent,
    from_value,
    kind_of,
    to_value,
)
from protocol.office.labels import STATE_LABELS, STEP_LABELS
from protocol.records.encoding import decode, encode
from tests.protocol.office.stories import WRITERS, completed

SUPERVISOR = Actor(role="supervisor", id="nadia", name="Nadia Filali", name_ar="نادية الفيلالي")
OTHERS: list[Event] = [
    StaffAdded(
        login="driss", name_fr="Driss", name_ar="إدريس", role="authority", password_hash="$argon2id$", language="ar"
    ),
    StaffPasswordChanged(login="driss", password_hash="$argon2id$"),
    AgentKeyEnrolled(login="driss", public=b"k" * 32),
    StaffEnded(login="driss", by=SUPERVISOR),
    StaffResumed(login="driss", by=SUPERVISOR),
    RoleDelegated(login="salma", role="authority", first="2026-12-01", last="2026-12-14", by=SUPERVISOR),
    DelegationEnded(login="salma", by=SUPERVISOR),
    ScreenPaired(screen=b"s" * 16, screen_kind="counter", name="Guichet 2", token_hash=b"h" * 32, by=SUPERVISOR),
    ScreenRenamed(screen=b"s" * 16, name="Guichet 3", by=SUPERVISOR),
    ScreenRemoved(screen=b"s" * 16, by=SUPERVISOR),
    CredentialPublished(credential=b"c" * 200),
    CredentialRevoked(id=b"i" * 16, why="stolen", heads=[RevokedAt("berkane-05/cases", b"segment1", 7, b"h" * 32)]),
    CataloguePublished(id="residence", version=1, document={"id": "residence", "pieces": [{"id": "cnie"}]}),
]
EVENTS = [*synthetic.events(5, 400), *(write([b"h" * 32]) for write in WRITERS), *OTHERS]


def test_every_kind_of_event_about_a_case_has_a_writer_a_fold_and_a_name() -> None:
    assert {kind_of(write([])) for write in WRITERS} == CASE_KINDS
    assert set(CHANGES) | {"request.submitted"} == CASE_KINDS
    assert set(STEP_LABELS) == CASE_KINDS
    assert set(STATE_LABELS) == set(State)


def test_events_read_back_as_they_were_written() -> None:
    assert len({kind_of(event) for event in EVENTS}) >= 22
    for event in EVENTS:
        value = to_value(event)
        assert value["kind"] == kind_of(event)
        again = decode(encode(value))
        assert isinstance(again, dict)
        assert from_value(again) == event


def spoiled(value: Any, into: Any) -> list[Any]:
    """The value with, in turn, each of its leaves replaced."""
    if isinstance(value, dict):
        return [{**value, key: other} for key, inner in value.items() for other in spoiled(inner, into)]
    if isinstance(value, list):
        return [
            [*value[:at], other, *value[at + 1 :]] for at, inner in enumerate(value) for other in spoiled(inner, into)
        ]
    return [into]


@pytest.mark.parametrize("into", [7.5, {"x": 1}, [[]]], ids=["float", "map", "list"])
def test_a_field_of_another_type_is_no_event(into: object) -> None:
    for event in (*(write([b"h" * 32]) for write in WRITERS), *OTHERS[:8]):
        for value in spoiled(to_value(event), into):
            with pytest.raises(UnknownEvent):
                from_value(value)


def test_text_is_never_taken_for_bytes_nor_a_truth_for_a_number() -> None:
    value = to_value(completed([b"h" * 32]))
    for wrong in ({"follows": ["aGVhZA=="]}, {"enquiry": 1}, {"due": None}, {"pieces": [{"id": "cnie"}]}):
        with pytest.raises(UnknownEvent):
            from_value({**value, **wrong})  # type: ignore[dict-item]  # that is the point


@pytest.mark.parametrize("event", EVENTS[:6] + OTHERS, ids=kind_of)
def test_a_field_more_or_less_is_of_another_release(event: Event) -> None:
    value = to_value(event)
    with pytest.raises(UnknownEvent):
        from_value({**value, "mood": "good"})
    for name in value:
        with pytest.raises(UnknownEvent):
            from_value({key: inner for key, inner in value.items() if key != name})


@pytest.mark.parametrize("value", [{}, {"kind": "request.teleported"}, {"kind": 7}, {"kind": None}, {"by": {}}])
def test_an_unknown_kind_is_never_guessed(value: Mapping[str, Any]) -> None:
    with pytest.raises(UnknownEvent):
        from_value(dict(value))


@given(
    st.dictionaries(
        st.text(max_size=8), st.one_of(st.none(), st.integers(), st.text(max_size=8), st.binary(max_size=8))
    )
)
def test_no_map_makes_the_reader_fall_over(value: dict[str, Any]) -> None:
    with pytest.raises(UnknownEvent):
        from_value(value)


def test_a_refusal_never_repeats_what_the_event_held() -> None:
    opened = next(event for event in EVENTS if isinstance(event, AccountOpened))
    with pytest.raises(UnknownEvent) as caught:
        from_value({**to_value(opened), "mood": "good"})
    for secret in (opened.cnie, opened.name_fr, opened.name_ar):
        assert secret not in str(caught.value)


def test_an_actor_may_lack_an_arabic_name() -> None:
    assert Actor(role="system", id="annexe", name="Mulhaqa").name_ar == ""
