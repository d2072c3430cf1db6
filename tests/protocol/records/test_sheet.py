"""The sealed roots on paper, and typed back by somebody in a hurry."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.sheet import SheetRefused, code_of, lines_of, typed_back

BOX = bytes(range(7, 7 + 150))
LINES = lines_of(BOX)


@given(st.binary(min_size=1, max_size=1200))
def test_what_is_printed_is_read_back_from_the_lines_and_from_the_code(box: bytes) -> None:
    assert typed_back("\n".join(lines_of(box))) == box
    assert len(code_of(box)) <= 24 or typed_back(code_of(box)) == box


def test_capitals_blanks_and_signs_that_look_alike_do_not_matter() -> None:
    lazily = "\n\n".join(re.sub("[ :=]", "", line).lower().replace("0", "o").replace("1", "l") for line in LINES)
    assert typed_back(lazily) == BOX
    assert typed_back("\n".join(reversed(LINES))) == BOX


@given(st.data())
def test_a_wrong_sign_is_found_in_its_line(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(LINES) - 1))
    places = [place for place, sign in enumerate(LINES[number]) if place > 3 and sign.isalnum()]
    place, other = data.draw(st.sampled_from(places)), data.draw(st.sampled_from("23456789ABCD"))
    wrong = LINES[number][:place] + other + LINES[number][place + 1 :]
    lines = [*LINES[:number], wrong, *LINES[number + 1 :]]
    try:
        read = typed_back("\n".join(lines))
    except SheetRefused as refused:
        assert f"line {number + 1}." in str(refused)  # noqa: PT017 - one wrong sign in a thousand passes, and says nothing
    else:
        assert read == BOX or sum(one != two for one, two in zip(code_of(read), code_of(BOX), strict=True)) == 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (LINES[:-1], "The last line is missing"),
        ([*LINES[:2], *LINES[4:]], "Missing: line 3, 4."),
        ([LINES[0].replace("01:", "02:", 1), *LINES[1:]], "Not as on the sheet: line 2."),
        (["dance"], "Not as on the sheet: line 1."),
        ([], "The last line is missing"),
        (["UUUUU" * 10], "Only the signs on the sheet"),
        (["A" * 20_000], "longer than any sheet"),
    ],
)
def test_what_is_missing_or_strange_is_named(lines: list[str], says: str) -> None:
    with pytest.raises(SheetRefused, match=re.escape(says)):
        typed_back("\n".join(lines))


@given(st.text(max_size=200))
def test_nothing_that_is_typed_does_more_than_be_refused(text: str) -> None:
    try:
        typed_back(text)
    except PeerError:
        return
