"""The committed conversation, heard by each end alone: what another implementation must do with the same frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vectors.make import path_of
from tests.vectors.session_vectors import EARLIER, NEWEST, at_both_ends, refusal

VECTORS: Any = json.loads(path_of("sessions").read_text("utf-8"))
TOLD = {NEWEST: VECTORS, EARLIER: VECTORS["earlier"]}
raw = bytes.fromhex


def cases() -> list[Any]:
    return [
        pytest.param(versions, case, id=case["name"]) for versions, told in TOLD.items() for case in told["refused"]
    ]


@pytest.mark.parametrize("versions", TOLD)
@pytest.mark.parametrize("role", ["edge", "centre"])
def test_an_end_that_hears_the_conversation_comes_to_the_same_states_and_events(role: Any, versions: Any) -> None:
    edge, centre = at_both_ends().connect(versions=versions)
    end = edge if role == "edge" else centre
    for spoken in TOLD[versions]["conversation"]:
        if spoken["to"] != role:
            continue
        heard = len(end.events)
        end.feed(raw(spoken["frame"]))
        assert [type(event).__name__ for event in end.events[heard:]] == spoken["events"]
        assert end.session.state.value == spoken["state"]


@pytest.mark.parametrize(("versions", "case"), cases())
def test_a_bad_frame_ends_the_conversation_with_the_kind_that_is_named(versions: Any, case: Any) -> None:
    told = TOLD[versions]["conversation"][: case["after"]]
    before = [raw(one["frame"]) for one in told if one["to"] == case["to"]]
    assert refusal(case["to"], tuple(before), raw(case["frame"]), versions) == case["kind"]
