"""Folding names, so that a search forgives spelling: accents, hamza and alif forms, tatweel, ta marbuta, case.

Two names that fold to the same text are not the same name; they are only found by the same search.
"""

from __future__ import annotations

import re
import unicodedata

ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ء": "",
        "ـ": "",
    }
)
LATIN = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
APOSTROPHES = re.compile(r"['’ʼ`´]")
SEPARATORS = re.compile(r"[\W_]+")


def fold_name(text: str) -> str:
    """Return `text` in the form that searches compare: small letters without marks, words parted by one space."""
    folded = text.casefold().translate(ARABIC).translate(LATIN)
    decomposed = unicodedata.normalize("NFKD", folded)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return SEPARATORS.sub(" ", APOSTROPHES.sub("", bare.translate(ARABIC))).strip()
