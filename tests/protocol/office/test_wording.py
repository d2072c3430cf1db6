"""Whatever these rules say to a person is said in Arabic and in French too, with the same facts in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "protocol" / "office").glob("*.py"))
FACT = re.compile(r"%\((\w+)\)s")


def msgids() -> Iterator[str]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                sentence = ast.literal_eval(node.args[0])
                assert isinstance(sentence, str), f"{source.name}: a msgid is written out"
                yield sentence


def spoken(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for room in sorted((ROOT / "screens" / "locale" / language).glob("*.po")):
        with room.open("rb") as file:
            words = [(message.id, message.string) for message in read_po(file) if not message.fuzzy]
        found.update({one: said for one, said in words if isinstance(one, str) and isinstance(said, str) and said})
    return found


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_sentence_is_translated_with_its_facts(language: str) -> None:
    words, wanted = spoken(language), list(msgids())
    assert len(wanted) > 50
    assert [one for one in wanted if one not in words] == []
    for one in wanted:
        assert set(FACT.findall(words[one])) == set(FACT.findall(one)), one


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_room_of_these_rules_holds_nothing_that_is_not_said(language: str) -> None:
    with (ROOT / "screens" / "locale" / language / "office.po").open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    assert kept <= set(msgids())
