"""What people type of themselves: what is taken, in which form, and which sentence sends them back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PersonError
from protocol.office import identity, synthetic

TODAY = date(2026, 11, 24)


def refusal(check: Callable[[], object]) -> PersonError:
    with pytest.raises(PersonError) as caught:
        check()
    return caught.value


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("FA123456", "FA123456"),
        (" fa 123 456 ", "FA123456"),
        ("fa-123456", "FA123456"),
        ("FA١٢٣٤٥٦", "FA123456"),
        ("ＦＡ１２３４５６", "FA123456"),
        ("A1", "A1"),
        ("bk9z", "BK9Z"),
    ],
)
def test_a_card_number_has_one_form_however_it_is_typed(typed: str, folded: str) -> None:
    assert identity.fold_cnie(typed) == folded


@pytest.mark.parametrize(
    "typed",
    ["", "123456", "FAB123", "FA", "FA12345678", "FA12AB", "FA12 34\x0056", "FA\u202e123456", "ف١٢٣", "F" * 500],
)
def test_what_is_no_card_number_is_sent_back(typed: str) -> None:
    assert refusal(lambda: identity.fold_cnie(typed)).field == "cnie"


@given(st.text(max_size=60))
def test_a_card_number_is_capital_letters_and_western_digits_or_refused(typed: str) -> None:
    try:
        folded = identity.fold_cnie(typed)
    except PersonError:
        return
    assert folded.isascii()
    assert identity.fold_cnie(folded) == folded


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("0612345678", "+212612345678"),
        ("06 12 34 56 78", "+212612345678"),
        ("06.12.34.56.78", "+212612345678"),
        ("+212 (0)612-345678", "+212612345678"),
        ("00212612345678", "+212612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "+212612345678"),
        ("0536612345", "+212536612345"),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_phone_number_is_kept_as_e164(typed: str, e164: str) -> None:
    assert identity.phone_e164(typed) == e164


def test_a_mobile_range_opened_after_the_appliance_was_made_is_taken() -> None:
    assert identity.phone_e164("0799999999") == "+212799999999"


@pytest.mark.parametrize(
    "typed", ["", "12", "0612", "061234567890123", "0612ABCDEF", "numero", "06\u202e12345678", "0" * 300]
)
def test_what_is_no_phone_number_is_sent_back(typed: str) -> None:
    assert refusal(lambda: identity.phone_e164(typed)).field == "phone"


def test_only_mobile_numbers_get_an_sms() -> None:
    assert identity.is_mobile("+212612345678")
    assert identity.is_mobile("+212712345678")
    assert not identity.is_mobile("+212536612345")
    assert identity.is_mobile("+33612345678")
    assert not identity.is_mobile("+33123456789")


@pytest.mark.parametrize("name", ["Fatima El Amrani", "Aïcha", "M'hamed", "Jean-Éric d’Août", "El 'Ayachi", "Œuvrard"])
def test_names_in_latin_letters_are_taken(name: str) -> None:
    assert identity.check_name_fr(name) == name


@pytest.mark.parametrize("name", ["فاطمة الزهراء", "عبد-القادر", "أݣنو", "محمّد", "لَحْلُو"])
def test_names_in_arabic_letters_are_taken(name: str) -> None:
    assert unicodedata.normalize("NFC", identity.check_name_ar(name)) == unicodedata.normalize("NFC", name)


def test_spaces_are_tidied_and_accents_composed() -> None:
    assert identity.check_name_fr("  Ai\u0308cha \t El   Amrani ") == "Aïcha El Amrani"
    assert identity.check_name_ar(" ﻓﺎﻃﻤﺔ ") == "فاطمة"


@pytest.mark.parametrize(
    "typed",
    ["", " ", "-", "A", "Fatima2", "فاطمة", "Фатима", "Fatima<b>", "Fatima;", "Fatima\x00", "Fat\u202eima", "F" * 81],
)
def test_what_is_no_latin_name_is_sent_back(typed: str) -> None:
    assert refusal(lambda: identity.check_name_fr(typed)).field == "name_fr"


@pytest.mark.parametrize("typed", ["", "ف", "Fatima", "فاطمة2", "فاطمة٢", "فاطمة Fatima", "فاط\u200fمة", "ف" * 81])
def test_what_is_no_arabic_name_is_sent_back(typed: str) -> None:
    assert refusal(lambda: identity.check_name_ar(typed)).field == "name_ar"


def test_the_longest_name_is_eighty_characters() -> None:
    assert identity.check_name_fr("F" * 80) == "F" * 80
    assert refusal(lambda: identity.check_name_fr("F" * 81)).facts == {"longest": 80}


def test_an_address_is_one_line_that_leads_to_a_door() -> None:
    assert identity.check_address(" 12, rue de Fès\r\nHay Salam ") == "12, rue de Fès Hay Salam"
    assert identity.check_address("زنقة 5، رقم 12، حي السلام")
    for typed in ("", "12", "12345 678", "x" * 201, "rue\u2028de Fès", "12, rue \u202eseF"):
        assert refusal(lambda typed=typed: identity.check_address(typed)).field == "address"  # type: ignore[misc]  # a default binds the loop's own


HIDDEN = [
    "\x00",
    "\x07",
    "\x1b",
    "\x7f",
    "\u200b",
    "\u200e",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\ue000",
]


@pytest.mark.parametrize("hidden", HIDDEN)
def test_nothing_that_nobody_sees_gets_in_anywhere(hidden: str) -> None:
    checks: list[Callable[[str], object]] = [
        identity.fold_cnie,
        identity.phone_e164,
        identity.check_name_fr,
        identity.check_name_ar,
        identity.check_address,
        lambda text: identity.parse_birth_date(text, TODAY),
        lambda text: identity.check_text(text, field="note", longest=100),
    ]
    good = ["FA123456", "0612345678", "Fatima Amrani", "فاطمة العمراني", "12, rue de Fès", "12/03/1987", "une note"]
    for check, text in zip(checks, good, strict=True):
        check(text)
        refusal(lambda check=check, text=text: check(text[:4] + hidden + text[4:]))  # type: ignore[misc]  # a default binds the loop's own


@pytest.mark.parametrize(
    "typed", ["1987-03-12", "12/03/1987", "12.03.1987", "12-3-1987", " 12/3/1987 ", "١٢/٠٣/١٩٨٧", "12 03 1987"]
)
def test_a_date_of_birth_is_read_as_people_write_it(typed: str) -> None:
    assert identity.parse_birth_date(typed, TODAY) == date(1987, 3, 12)


@pytest.mark.parametrize(
    "typed",
    ["", "hier", "31/02/1987", "1987-13-01", "03/15/1987", "12/03/87", "19870312", "1987-W11-4", "1899-12-31",
     "2026-11-25", "12/03/19877", "0" * 100],
)  # fmt: skip
def test_what_is_no_date_of_birth_is_sent_back(typed: str) -> None:
    assert refusal(lambda: identity.parse_birth_date(typed, TODAY)).field == "birth_date"


def test_today_and_the_first_day_of_1900_are_dates_of_birth() -> None:
    assert identity.parse_birth_date("2026-11-24", TODAY) == TODAY
    assert identity.parse_birth_date("1900-01-01", TODAY) == date(1900, 1, 1)


@pytest.mark.parametrize("pin", ["280194", "112233", "123465", "909090", "000001"])
def test_a_pin_has_six_digits(pin: str) -> None:
    assert identity.check_pin(pin) == pin


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567", "12345a", "٢٨٠١٩٤", "000000", "777777", "123456", "654321", "456789"]
)
def test_what_anybody_tries_first_is_no_pin(pin: str) -> None:
    assert refusal(lambda: identity.check_pin(pin)).field == "pin"


def test_no_refusal_repeats_what_was_typed() -> None:
    for check in (identity.fold_cnie, identity.phone_e164, identity.check_name_fr, identity.check_pin):
        error = refusal(lambda check=check: check("Secret9!"))  # type: ignore[misc]  # a default binds the loop's own
        assert "Secret9" not in str(error)


@pytest.mark.parametrize(
    ("cnie", "masked"), [("FA123456", "FA••••56"), ("A1", "A••••"), ("A123", "A••••"), ("BK1234567Z", "BK••••7Z")]
)
def test_a_masked_card_number_hides_most_of_it(cnie: str, masked: str) -> None:
    assert identity.mask_cnie(cnie) == masked


def test_a_masked_phone_shows_its_last_two_digits() -> None:
    assert identity.mask_phone("+212612345678") == "06 •• •• •• 78"
    assert identity.mask_phone("+33612345678") == "+33 •••••• 78"


def test_people_who_were_made_up_pass_every_check() -> None:
    for one in synthetic.people(7, 300):
        assert identity.fold_cnie(one.cnie) == one.cnie
        assert identity.phone_e164(one.phone) == one.phone
        assert identity.is_mobile(one.phone)
        assert identity.check_name_fr(one.name_fr) == one.name_fr
        assert identity.check_name_ar(one.name_ar) == one.name_ar
        assert identity.check_address(one.address) == one.address
        assert identity.parse_birth_date(one.birth_date, TODAY).isoformat() == one.birth_date
