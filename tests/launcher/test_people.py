"""Who comes to a journey: read from a file or made up."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from launcher.people import TYPED, made_up, read_people, with_pins
from launcher.progress import Refusal
from protocol.office import identity

AMINA = {
    "cnie": "FA123456", "name_fr": "Amina Test", "name_ar": "أمينة", "phone": "0612345678", "birth_date": "1990-01-02",
    "address": "1, Rue A",
}  # fmt: skip


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "people.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return path


def test_people_are_taken_as_they_are_written(tmp_path: Path) -> None:
    assert read_people(written(tmp_path, [AMINA, AMINA])) == [AMINA, AMINA]


def test_a_phone_may_be_missing(tmp_path: Path) -> None:
    without = {name: value for name, value in AMINA.items() if name != "phone"}
    read = read_people(written(tmp_path, [without, {**AMINA, "phone": None}]))
    assert read == [{**AMINA, "phone": ""}] * 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ({"cnie": "x"}, "must be a JSON list"),
        ([AMINA], "2 to 200 people"),
        ([AMINA, {**AMINA, "age": 5}], "person 2: wants exactly"),
        ([AMINA, {"cnie": "FA1"}], "person 2: wants exactly"),
        ([AMINA, {**AMINA, "cnie": 5}], "every value is a text"),
        ([AMINA, "Amina"], "person 2"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_with_the_place(
    tmp_path: Path, content: Any, sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        read_people(written(tmp_path, content))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        read_people(tmp_path / "nobody.json")


@pytest.mark.parametrize("seed", range(50))
def test_made_up_people_and_their_pins_are_ones_that_the_annexe_takes(seed: int) -> None:
    people = with_pins(made_up(3, random.Random(seed)), random.Random(seed))
    assert len({person.cnie for person in people}) == 3
    for person in people:
        assert identity.fold_cnie(person.cnie) == person.cnie
        assert identity.is_mobile(identity.phone_e164(person.phone))
        identity.check_name_fr(person.name_fr)
        identity.check_name_ar(person.name_ar)
        identity.check_pin(person.pin)
        identity.check_address(person.address)


def test_every_seed_has_people_of_its_own() -> None:
    assert made_up(3, random.Random(1)) == made_up(3, random.Random(1)) != made_up(3, random.Random(2))
    assert set(made_up(1, random.Random(1))[0]) == set(TYPED)
