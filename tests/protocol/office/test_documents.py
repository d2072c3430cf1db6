"""The number of each kind of document: one form however it is typed, and a sentence for what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PersonError
from protocol.office.documents import DOCUMENTS, check_number, document_of, mask_number


@pytest.mark.parametrize(
    ("document", "typed", "folded"),
    [
        ("cnie", " fa 123 456", "FA123456"),
        ("residence_card", "b 012345 x", "B012345X"),
        ("residence_card", "abc-1234567", "ABC1234567"),
        ("residence_card", "B٠١٢٣٤٥X", "B012345X"),
        ("passport", "fra 12ab34567", "FRA 12AB34567"),
        ("passport", "FRA<12AB34567", "FRA 12AB34567"),
        ("passport", "D<<C01X00T47", "D C01X00T47"),
        ("association", "123 / 2019", "123/2019"),
        ("association", "45–2020/ق.ش.د", "45-2020/ق.ش.د"),
        ("none", " ", ""),
    ],
)
def test_a_number_has_one_form_however_it_is_typed(document: str, typed: str, folded: str) -> None:
    assert check_number(document, typed) == folded
    assert check_number(document, folded) == folded


def test_a_passports_country_may_be_typed_apart() -> None:
    assert check_number("passport", "12AB34567", state="fra") == "FRA 12AB34567"


@pytest.mark.parametrize(
    ("document", "typed"),
    [
        ("residence_card", "123456"),
        ("residence_card", "B0123456789X"),
        ("residence_card", "B01\u202e2345X"),
        ("passport", "12AB34567"),
        ("passport", "FRA ABCDEFG"),
        ("passport", "FRA 12AB345678"),
        ("passport", "FR 12AB34567"),
        ("association", "بدون رقم"),
        ("association", "1/2/"),
        ("association", "1" * 31),
        ("none", "FA123456"),
        ("cnie", ""),
        ("driving-licence", "1"),
    ],
)
def test_what_is_no_number_of_its_document_is_sent_back_with_a_sentence(document: str, typed: str) -> None:
    with pytest.raises(PersonError) as caught:
        check_number(document, typed, field="number")
    assert caught.value.field in {"number", "document", "state"}
    assert typed == "" or typed not in str(caught.value)


@given(st.sampled_from(sorted(DOCUMENTS)), st.text(max_size=50))
def test_whatever_is_typed_is_folded_once_for_all_or_refused(document: str, typed: str) -> None:
    try:
        folded = check_number(document, typed)
    except PersonError:
        return
    assert check_number(document, folded) == folded


def test_a_masked_number_gives_no_document_away_but_an_associations() -> None:
    assert mask_number("cnie", "FA123456") == "FA••••56"
    assert mask_number("residence_card", "B012345X") == "B••••5X"
    assert mask_number("passport", "FRA 12AB34567") == "FRA ••••67"
    assert mask_number("association", "123/2019") == "123/2019"
    assert mask_number("none", "") == ""


def test_a_form_names_a_kind_that_there_is() -> None:
    assert document_of("passport") == "passport"
    with pytest.raises(PersonError) as caught:
        document_of("visa")
    assert caught.value.field == "document"
