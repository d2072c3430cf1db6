"""Nothing that a person reads is untranslated: every msgid of the tree has its Arabic and its French, facts too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
ROOMS = ("protocol", "screens", "edge", "central")
KEYWORDS = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
FACT = re.compile(r"%\((\w+)\)")
COUNT = {"num", "n", "count"}
"""What is counted may be left to the plural's own word: Arabic says one and two without a digit."""


def written() -> Iterator[tuple[str, Path]]:
    """Every msgid in code and templates, and where it stands."""
    for room in ROOMS:
        for method, pattern in (("python", "*.py"), ("jinja2", "*.html")):
            for path in sorted((ROOT / room).rglob(pattern)):
                for _, message, *_ in extract_from_file(method, path, keywords=KEYWORDS):
                    yield (message if isinstance(message, str) else message[0]), path


def translated(language: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((ROOT / "screens" / "locale" / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                key = message.id if isinstance(message.id, str) else message.id[0]
                texts = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                if key and texts and all(texts):
                    found[key] = texts
    return found


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_msgid_of_the_tree_is_translated(language: str) -> None:
    known = translated(language)
    messages = dict(written())
    assert len(messages) > 300
    missing = {message: str(path.relative_to(ROOT)) for message, path in messages.items() if message not in known}
    assert missing == {}


@pytest.mark.parametrize("language", ["ar", "fr", "zgh"])
def test_a_translation_says_the_facts_of_its_msgid_and_no_others(language: str) -> None:
    known = translated(language)
    assert known
    for message, texts in known.items():
        facts = set(FACT.findall(message)) - COUNT
        for text in texts:
            said = set(FACT.findall(text))
            assert said <= facts | COUNT, message
            assert said >= facts, message


def test_tamazight_stays_in_the_kiosks_navigation() -> None:
    """A sentence that matters is said in Arabic, whole, rather than half of it in Tifinagh."""
    refusals = {message for message, path in written() if path.suffix == ".py" and "services" in path.parts}
    assert set(translated("zgh")) & refusals == set()


def test_a_law_is_read_by_its_number_in_arabic() -> None:
    """Behind Arabic letters a hyphen turns the two numbers round (UAX 9, W2): law 09-08 is written 09.08, as the
    Bulletin officiel does."""
    turned = re.compile(r"[\u0600-\u06ff][^\n]*?\b\d+-\d+\b")
    found = [text for texts in translated("ar").values() for text in texts if turned.search(text)]
    assert found == []
