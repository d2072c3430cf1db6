"""References: drawn by chance, read forgivingly, every slip caught."""

from __future__ import annotations

from itertools import count, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PersonError
from protocol.office import references

CHANCE = st.integers(0, 2**32).map(lambda seed: Random(seed).randbytes)
DRAWN = CHANCE.map(lambda entropy: references.draw("B05", entropy))


def test_the_check_character_is_that_of_the_standard() -> None:
    # ISO 7064 MOD 37,36 is also the check of the Global Release Identifier; this one is IFPI's own published example.
    assert references.check_character("A12425GABC1234002") == "M"


@given(DRAWN)
def test_a_drawn_reference_has_its_form_and_reads_back(reference: str) -> None:
    prefix, first, second = reference.split("-")
    assert (prefix, len(first), len(second)) == ("B05", 5, 5)
    assert set(first + second) <= set(references.CROCKFORD)
    assert references.parse(reference) == reference


@given(DRAWN, st.data())
def test_what_does_not_matter_is_forgiven(reference: str, data: st.DataObject) -> None:
    typed = reference.lower() if data.draw(st.booleans()) else reference
    typed = typed.replace("-", data.draw(st.sampled_from(["", " ", "-", "–", " - ", "‑", "."])))
    head, tail = typed[:1], typed[1:]
    tail = tail.replace("0", data.draw(st.sampled_from("0oO"))).replace("1", data.draw(st.sampled_from("1iIlL")))
    assert references.parse(f"  {head}{tail}\n") == reference


def test_digits_of_another_keyboard_are_digits() -> None:
    reference = references.draw("B05", Random(1).randbytes)
    assert references.parse(reference.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))) == reference


@given(DRAWN)
def test_every_slip_of_one_symbol_is_caught(reference: str) -> None:
    bare = reference.replace("-", "")
    for place in range(3, len(bare)):
        for other in set(references.CROCKFORD) - {bare[place]}:
            with pytest.raises(PersonError):
                references.parse(bare[:place] + other + bare[place + 1 :])


def test_nearly_every_swap_of_neighbours_is_caught() -> None:
    swaps = missed = 0
    for seed in range(400):
        bare = references.draw("B05", Random(seed).randbytes).replace("-", "")
        for place, (one, other) in enumerate(pairwise(bare)):
            if place < 3 or one == other:
                continue
            swaps += 1
            try:
                references.parse(bare[:place] + other + one + bare[place + 2 :])
            except PersonError:
                continue
            missed += 1
    assert swaps > 3000
    assert missed / swaps < 0.01


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "B05",
        "B05-7K3MQ",
        "hello",
        "B05-7K3MQ-2X9RU",
        "B05-7K3MQ-2X9RT!",
        "<b>B05",
        "B05-7K3MQ-2X9RT" * 10,
        "\x00" * 13,
    ],
)
def test_what_is_no_reference_gets_a_sentence_that_shows_one(typed: str) -> None:
    with pytest.raises(PersonError) as caught:
        references.parse(typed)
    assert caught.value.field == "reference"
    assert "B05-7K3MQ-2X9RT" in caught.value.message


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_reference_or_refused(typed: str) -> None:
    try:
        reference = references.parse(typed)
    except PersonError:
        return
    assert references.parse(reference) == reference


def test_a_draw_whose_check_would_be_confusing_is_drawn_again() -> None:
    numbers = count()
    drawn = {references.draw("B05", lambda size: next(numbers).to_bytes(size, "big")) for _ in range(200)}
    assert len(drawn) == 200
    assert next(numbers) > 200
    assert not any(set("ILOU") & set(reference) for reference in drawn)


def test_a_generator_that_repeats_itself_is_not_waited_for() -> None:
    stuck = next(
        number
        for number in count()
        if references.check_character("B05" + references.CROCKFORD[number % 32] + "0" * 8) not in references.CROCKFORD
    )
    with pytest.raises(CallerError):
        references.draw("B05", lambda size: stuck.to_bytes(size, "big"))


@pytest.mark.parametrize("prefix", ["", "05", "B5", "b05", "O05", "B0505", "B٠٥"])
def test_a_prefix_is_a_letter_and_two_digits(prefix: str) -> None:
    with pytest.raises(CallerError):
        references.draw(prefix, Random(0).randbytes)
