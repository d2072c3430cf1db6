"""The search by name, in memory alone: names are never on the disk in a form that could be searched.

Names in Arabic and in Latin letters are folded (`protocol.office.folding`), so accents, hamza forms and tatweel do not
matter, and compared by likeness, so a slip of the finger does not either. Every word that was typed must resemble a
word of the name, or the beginning of one; the order of the words is free.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

from protocol.office.folding import fold_name

ALIKE = 75
"""Likeness (0 to 100) that each typed word needs: "Benali" finds "Ben Ali" and "Bennali", not "Belarbi"."""

LONGEST = 120
"""Characters of a search: more than any name has; a longer text is cut before it costs time."""


class NameIndex:
    """Who is called what; updated only with what has been committed."""

    def __init__(self) -> None:
        self._names: dict[bytes, tuple[tuple[str, ...], ...]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def put(self, subject: bytes, names: Iterable[str]) -> None:
        """Know this account by these names, instead of those before."""
        self._names[subject] = tuple(tuple(fold_name(name).split()) for name in names)

    def clear(self) -> None:
        """Forget everybody, before a rebuild."""
        self._names.clear()

    def search(self, text: str, limit: int) -> list[bytes]:
        """Return the accounts whose names resemble `text`, the likeliest first, at most `limit`."""
        typed = fold_name(text[:LONGEST]).split()
        if not typed:
            return []
        scored = ((-max(_likeness(typed, name) for name in names), subject) for subject, names in self._names.items())
        return [subject for score, subject in sorted(scored)[:limit] if score < 0]


def _likeness(typed: list[str], name: tuple[str, ...]) -> float:
    """How well what was typed fits one name: 0 when a word of it fits nothing, else the mean of its words.

    A name's words may be written together or apart ("Ben Ali", "Benali"): what was typed is also tried as one word.
    """
    apart = _all_fit(typed, name)
    return max(apart, _all_fit(["".join(typed)], name)) if len(typed) > 1 else apart


def _all_fit(typed: list[str], name: tuple[str, ...]) -> float:
    together = "".join(name)
    total = 0.0
    for word in typed:
        best = max((_fit(word, one) for one in (*name, together)), default=0.0)
        if best < ALIKE:
            return 0.0
        total += best
    return total / len(typed)


def _fit(word: str, one: str) -> float:
    """Likeness of a typed word and a word of the name, also when only its start was typed (a little less)."""
    if one.startswith(word):
        return 100.0 if one == word else 95.0
    return fuzz.ratio(word, one, score_cutoff=ALIKE)
