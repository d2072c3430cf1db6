"""Whatever the annexe says to a person is said in Arabic and in French, with the same facts, by one room alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
LOCALE = ROOT / "screens" / "locale"
SPOKEN_BY = ("edge/services", "edge/store", "edge/sync", "edge/press", "edge/reencoding", "protocol/office", "edge")
FACT = re.compile(r"%\((\w+)\)s")


def sentences() -> Iterator[str]:
    """Every sentence marked with N_ where people are answered."""
    for folder in SPOKEN_BY:
        for path in sorted((ROOT / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                    sentence = ast.literal_eval(node.args[0])
                    assert isinstance(sentence, str)
                    yield sentence


def rooms(language: str) -> dict[str, dict[str, str]]:
    """The sentences of each room of a language, with what they are in it."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = {str(each.id): str(each.string) for each in read_po(file, abort_invalid=True) if each.id}
    return found


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_sentence_is_said_with_its_facts(language: str) -> None:
    said = {msgid: text for room in rooms(language).values() for msgid, text in room.items()}
    for sentence in sentences():
        assert said.get(sentence), f"not said in {language}: {sentence}"
        assert set(FACT.findall(said[sentence])) == set(FACT.findall(sentence))
        if language == "ar":
            assert re.search(r"[\u0621-\u064a]", said[sentence])


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_no_two_rooms_say_the_same_sentence_differently(language: str) -> None:
    said: dict[str, str] = {}
    for room in rooms(language).values():
        for msgid, text in room.items():
            assert said.setdefault(msgid, text) == text


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_services_room_holds_nothing_that_nobody_says(language: str) -> None:
    assert set(rooms(language)["services"]) <= set(sentences())
