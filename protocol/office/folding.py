"""Folding names, so that a search forgives spelling: accents, hamza and alif forms, tatweel, ta marbuta, case.

Two names that fold to the same text are not the same name; they are only found by the same search. Folded text is
never shown. Folding twice changes nothing more.
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
        "ی": "ي",
        "ک": "ك",
        "ڭ": "ك",
        "ݣ": "ك",
        "گ": "ك",
        "ڤ": "ف",
        "پ": "ب",
    }
)
"""The last seven: letters of Moroccan names and of other keyboards, which registers write by their plain neighbours."""

LATIN = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})
APOSTROPHES = re.compile(r"['’ʼ`´]")
SEPARATORS = re.compile(r"[\W_]+")


def fold_name(text: str) -> str:
    """Return `text` in the form that searches compare: small letters without marks, words parted by one space."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(ARABIC).translate(LATIN)
    decomposed = unicodedata.normalize("NFKD", folded)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return SEPARATORS.sub(" ", APOSTROPHES.sub("", western_digits(bare.translate(ARABIC)))).strip()


def western_digits(text: str) -> str:
    """Return `text` with the digits of every script (٠ to ٩ among them) as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
