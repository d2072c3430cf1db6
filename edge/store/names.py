"""The search by name, in memory alone: names are never on the disk in a form that could be searched.

Names in Arabic and in Latin letters are folded (`protocol.office.folding`), so accents, hamza forms and tatweel do not
matter, and compared by likeness, so a slip of the finger does not either. Every word that was typed must resemble a
word of the name, or the beginning of one; the order of the words is free. A short word may stand apart from the next
or be one with it ("Ben Ali", "Benali"); who is not found by words is looked for by the whole name as one word.

A town has many people and few different words in their names. So each typed word is compared with the words, once
each, and only those who bear a word that resembles it are looked at: a search among 50,000 people takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from rapidfuzz import fuzz, process

from protocol.office.folding import fold_name

ALIKE = 75
"""Likeness (0 to 100) that each typed word needs: "Benali" finds "Ben Ali" and "Bennali", not "Belarbi"."""

BEGUN = 95.0
"""Likeness of a word of which only the beginning was typed: all that was typed is right."""

LONGEST = 120
"""Characters of a search: more than any name has; a longer text is cut before it costs time."""

MOST_WORDS = 8
"""Words of a search, for the same reason; the longest compound names have six."""

PARTICLE = 4
"""Letters of a word that may be written together with the next: el, al, ben, bou, aït, abd, ould, sidi."""

Scores = Mapping[str, float]
Names = tuple[tuple[str, ...], ...]


class NameIndex:
    """Who is called what; updated only with what has been committed."""

    def __init__(self) -> None:
        self._words = _Bearers()
        self._wholes = _Bearers()

    def __len__(self) -> int:
        return len(self._words.names)

    def __contains__(self, subject: bytes) -> bool:
        return subject in self._words.names

    def put(self, subject: bytes, names: Iterable[str]) -> None:
        """Know this account by these names, instead of those before."""
        apart = [fold_name(name).split() for name in names]
        self._words.put(subject, tuple((*words, *_joined(words)) for words in apart))
        self._wholes.put(subject, tuple(("".join(words),) for words in apart))

    def clear(self) -> None:
        """Forget everybody, before a rebuild."""
        self._words = _Bearers()
        self._wholes = _Bearers()

    def search(self, text: str, limit: int) -> list[bytes]:
        """Return the accounts whose names resemble `text`, the likeliest first, at most `limit`."""
        typed = fold_name(text[:LONGEST]).split()[:MOST_WORDS]
        if not typed:
            return []
        readings = {tuple(typed), _merged(typed)}
        found = _best(self._words.resembling(reading) for reading in readings)
        found = found or self._wholes.resembling(("".join(typed),))
        return sorted(found, key=lambda subject: (-found[subject], subject))[:limit]


class _Bearers:
    """Who bears which words."""

    def __init__(self) -> None:
        self.names: dict[bytes, Names] = {}
        self._bearers: dict[str, set[bytes]] = {}

    def put(self, subject: bytes, names: Names) -> None:
        for word in _distinct(self.names.get(subject, ())):
            self._bearers[word].discard(subject)
            if not self._bearers[word]:
                del self._bearers[word]
        self.names[subject] = names
        for word in _distinct(names):
            self._bearers.setdefault(word, set()).add(subject)

    def resembling(self, typed: tuple[str, ...]) -> dict[bytes, float]:
        """Return who bears a name that all typed words fit, and how well: the mean over the words."""
        scored = [self._scores(word) for word in typed]
        bearers = (set().union(*(self._bearers[one] for one in scores)) for scores in scored)
        fits = {subject: _fit(self.names[subject], scored) for subject in set.intersection(*bearers)}
        return {subject: fit for subject, fit in fits.items() if fit}

    def _scores(self, word: str) -> Scores:
        """Return every word in somebody's name that a typed word resembles, or begins, and how well."""
        vocabulary = list(self._bearers)
        alike = process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        begun = {one: BEGUN for one in vocabulary if one.startswith(word)}
        return begun | {one: max(score, begun.get(one, 0)) for one, score, _ in alike}


def _joined(words: list[str]) -> list[str]:
    return [one + following for one, following in pairwise(words) if len(one) <= PARTICLE]


def _merged(words: list[str]) -> tuple[str, ...]:
    """Return the words with each short one merged into the next."""
    merged, waiting = [], ""
    for word in words:
        waiting += word
        if len(word) > PARTICLE:
            merged.append(waiting)
            waiting = ""
    return (*merged, waiting) if waiting else tuple(merged)


def _distinct(names: Names) -> set[str]:
    return {word for name in names for word in name}


def _best(found: Iterable[dict[bytes, float]]) -> dict[bytes, float]:
    best: dict[bytes, float] = {}
    for one in found:
        best |= {subject: max(fit, best.get(subject, 0)) for subject, fit in one.items()}
    return best


def _fit(names: Names, typed: list[Scores]) -> float:
    """Return how well all typed words fit the best of these names: 0 when one of them fits nothing in it."""
    fits = ([max((scores.get(word, 0.0) for word in name), default=0.0) for scores in typed] for name in names)
    return max((sum(fit) / len(fit) if all(fit) else 0.0 for fit in fits), default=0.0)
