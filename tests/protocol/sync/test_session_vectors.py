"""The committed conversation, heard by each end alone: what another implementation must do with the same frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vectors.make import path_of
from tests.vectors.session_vectors import at_both_ends, refusal

VECTORS: Any = json.loads(path_of("sessions").read_text("utf-8"))
raw = bytes.fromhex


@pytest.mark.parametrize("role", ["edge", "centre"])
def test_an_end_that_hears_the_conversation_comes_to_the_same_states_and_events(role: Any) -> None:
    edge, centre = at_both_ends().connect()
    end = edge if role == "edge" else centre
    for spoken in VECTORS["conversation"]:
        if spoken["to"] != role:
            continue
        heard = len(end.events)
        end.feed(raw(spoken["frame"]))
        assert [type(event).__name__ for event in end.events[heard:]] == spoken["events"]
        assert end.session.state.value == spoken["state"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in VECTORS["refused"]])
def test_a_bad_frame_ends_the_conversation_with_the_kind_that_is_named(case: Any) -> None:
    before = [raw(one["frame"]) for one in VECTORS["conversation"][: case["after"]] if one["to"] == case["to"]]
    assert refusal(case["to"], tuple(before), raw(case["frame"])) == case["kind"]
