"""Who asks for himself, and who needs another to ask for him.

Rules:

- A child is under eighteen full years of the Gregorian calendar (law 70-03, article 209). He does nothing alone: who
  has his legal guardianship asks for him (article 231).
- An association asks through who presides over it.
- An adult asks himself, or through the holder of a power of attorney (D.O.C., article 879).
- Whoever asks for another shows his own card and the paper that gives him the right; both stand in the request.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Final

from protocol.errors import N_, PersonError
from protocol.office.identity import LONGEST_NAME, check_text
from protocol.office.parties import Capacity, Document, Representative

MAJORITY: Final = 18
"""Full years of the Gregorian calendar (law 70-03, article 209)."""


ASSOCIATION_FR = re.compile(r"(?=.*[A-Za-z\u00c0-\u017f])[0-9A-Za-z\u00c0-\u017f '’\"«».,&/()°\-]+")
ASSOCIATION_AR = re.compile(r"(?=.*[\u0621-\u064a])[0-9\u0621-\u065f\u0670-\u06d3 '’\"«».,،/()\-]+")
"""An association is named with digits and signs as well ("Association Al Amal 2000"); each name in its own script."""


class Standing(Enum):
    """How an applicant stands before the office on a day."""

    ADULT = "adult"
    CHILD = "child"
    ASSOCIATION = "association"


CAPACITIES: Final[Mapping[Capacity, str]] = {
    "guardian": N_("legal guardian"),
    "proxy": N_("holder of a power of attorney"),
    "president": N_("president of the association"),
}
"""Capacity -> its name on a screen."""

FITTING: Final[Mapping[Standing, frozenset[Capacity]]] = {
    Standing.ADULT: frozenset({"proxy", "guardian"}),  # an adult under legal protection has a guardian too (art. 212)
    Standing.CHILD: frozenset({"guardian"}),
    Standing.ASSOCIATION: frozenset({"president"}),
}
"""In what capacity someone may ask for whom."""


def is_child(birth_date: str, today: date) -> bool:
    """Say whether who was born on this day (ISO) is under eighteen; for 29 February the years are full on 1 March."""
    born = date.fromisoformat(birth_date)
    return (today.year - MAJORITY, today.month, today.day) < (born.year, born.month, born.day)


def standing(document: Document, birth_date: str, today: date) -> Standing:
    """Return how the holder of a document stands today."""
    if document == "association":
        return Standing.ASSOCIATION
    return Standing.CHILD if is_child(birth_date, today) else Standing.ADULT


def check_represented(stands: Standing, by: Representative | None) -> None:
    """Raise PersonError when nobody asks for who cannot ask himself, or someone who may not."""
    if by is None:
        if stands is Standing.CHILD:
            raise PersonError(N_("A child's request is made by who answers for him: show that person's card."))
        if stands is Standing.ASSOCIATION:
            raise PersonError(N_("An association asks through its president: show that person's card."))
    elif by.capacity not in FITTING[stands]:
        raise PersonError(N_("In this capacity nobody can ask for this applicant. Choose another."), field="capacity")


def check_association_fr(text: str) -> str:
    """Return an association's name in Latin letters; PersonError when it is none."""
    name = " ".join(check_text(text, field="name_fr", longest=LONGEST_NAME).split())
    if len(name) < 2 or not ASSOCIATION_FR.fullmatch(name):
        raise PersonError(N_("Write the association's name in Latin letters, as on its receipt."), field="name_fr")
    return name


def check_association_ar(text: str) -> str:
    """Return an association's name in Arabic letters; PersonError when it is none."""
    typed = unicodedata.normalize("NFKC", check_text(text, field="name_ar", longest=LONGEST_NAME))
    name = " ".join(typed.split())
    if len(name) < 2 or not ASSOCIATION_AR.fullmatch(name):
        raise PersonError(N_("Write the association's name in Arabic letters, as on its receipt."), field="name_ar")
    return name
