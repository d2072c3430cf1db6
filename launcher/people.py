"""The people of a journey: read from a file, or made up, each typed at the screens exactly as written."""

from __future__ import annotations

import json
import random
import unicodedata
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from launcher.progress import Refusal

FEWEST = 2  # one who is granted and one who is refused
MOST = 200  # a journey is some seconds a person; more is a load test, which is another command


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who comes to the annexe. `phone` may be empty: then there is no SMS. `birth_date`: ISO (1987-03-12)."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str
    birth_date: str
    address: str
    pin: str = field(default="", repr=False)


def plain(text: str) -> str:
    """A text without what the annexe may tidy: blanks, dashes, case, the way in which accents are composed."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text))).casefold()


TYPED = tuple(each.name for each in fields(Person) if each.name != "pin")


def read_people(path: Path) -> list[dict[str, str]]:
    """Read `--people FILE`; Refusal with the place of whatever is not as it should be."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Refusal(f"{path} is no JSON: {error}") from error
    if not isinstance(found, list) or not FEWEST <= len(found) <= MOST:
        raise Refusal(f"{path} must be a JSON list of {FEWEST} to {MOST} people.")
    return [_entry(each, f"{path}, person {number}") for number, each in enumerate(found, 1)]


def _entry(found: Any, where: str) -> dict[str, str]:
    if not isinstance(found, dict) or not set(TYPED) - {"phone"} <= set(found) <= set(TYPED):
        raise Refusal(f"{where}: wants exactly {', '.join(TYPED)}.")
    values = {name: found.get(name) or "" for name in TYPED}
    if not all(isinstance(value, str) for value in values.values()):
        raise Refusal(f"{where}: every value is a text.")
    return values


def with_pins(entries: list[dict[str, str]], chance: random.Random) -> list[Person]:
    """Give each person a PIN of his own that the kiosk takes: six digits, neither all the same nor in a row."""
    return [Person(**values, pin=_pin(chance)) for values in entries]


def _pin(chance: random.Random) -> str:
    while True:
        pin = "".join(chance.choice("0123456789") for _ in range(6))
        steps = {int(after) - int(before) for before, after in pairwise(pin)}
        if len(set(pin)) > 3 and len(steps) > 2:
            return pin


FIRST = (
    ("Amina", "أمينة"), ("Hassan", "حسن"), ("Khadija", "خديجة"), ("Mimoun", "ميمون"), ("Rachida", "رشيدة"),
    ("Driss", "إدريس"), ("Souad", "سعاد"), ("Mounir", "منير"), ("Latifa", "لطيفة"), ("Abdelkader", "عبد القادر"),
)  # fmt: skip
LAST = (
    ("El Yaakoubi", "اليعقوبي"), ("Benhaddou", "بن حدو"), ("Zeroual", "زروال"), ("Mansouri", "المنصوري"),
    ("Ait Lahcen", "آيت لحسن"), ("Bouazza", "بوعزة"), ("Chergui", "الشركي"), ("Tahiri", "الطاهري"),
)  # fmt: skip
STREETS = ("Rue Moulay Youssef", "Avenue Hassan II", "Hay Salam", "Boulevard Mohammed V", "Rue Sidi Ahmed Aberkane")


def made_up(count: int, chance: random.Random) -> list[dict[str, str]]:
    """People who do not exist, other ones for every seed."""
    cards = chance.sample(range(100_000, 999_999), count)
    return [_one(card, chance) for card in cards]


def _one(card: int, chance: random.Random) -> dict[str, str]:
    (first_fr, first_ar), (last_fr, last_ar) = chance.choice(FIRST), chance.choice(LAST)
    return {
        "cnie": f"FA{card}",
        "name_fr": f"{first_fr} {last_fr}",
        "name_ar": f"{first_ar} {last_ar}",
        "phone": f"066{chance.randrange(1_000_000, 9_999_999)}",  # a range that every operator's table knows
        "birth_date": f"{chance.randrange(1945, 2004)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 28):02}",
        "address": f"{chance.randrange(1, 180)}, {chance.choice(STREETS)}, Berkane",
    }
