from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PersonError
from screens.forms import Form, command_of
from screens.pages import ltr, own_path
from screens.states import look


@given(st.binary(min_size=16, max_size=16))
def test_a_command_is_read_from_its_hidden_field(command: bytes) -> None:
    assert command_of({"command": command.hex()}) == command


@given(st.text().filter(lambda text: len(text) != 32))
def test_anything_else_is_no_command(text: str) -> None:
    with pytest.raises(PersonError):
        command_of({"command": text})


def test_a_form_forgets_what_must_never_be_given_back() -> None:
    form = Form({"cnie": "FA1", "pin": "135790"})
    form.forget(["pin", "pin_again"])
    assert form.values == {"cnie": "FA1"}


@given(st.text())
def test_nobody_is_sent_elsewhere(text: str) -> None:
    path = own_path(text)
    assert path is None or (path.startswith("/") and not path.startswith("//") and "\\" not in path)


def test_what_runs_left_to_right_is_isolated_and_escaped() -> None:
    assert str(ltr("<B05>")) == '<bdi dir="ltr">&lt;B05&gt;</bdi>'


def test_a_state_of_a_newer_release_still_has_a_look() -> None:
    assert look("ready").colour == "ready"
    assert look("something new").label == "being checked"
