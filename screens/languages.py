"""The languages of the screens: gettext catalogues read straight from `.po` files, dates, and which way text runs.

Rules:

- A msgid is an English sentence. Each room (`kiosk.po`, `staff.po`, `services.po`, ...) translates what it says;
  all rooms of a language are merged, `shared.po` first, and an earlier room's word for a msgid stands.
- Tamazight covers the kiosk's navigation; whatever it lacks is said in Arabic. What Arabic lacks shows its msgid.
- Digits are Western in every language, dates Gregorian, months by their Moroccan names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Literal

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from protocol.errors import Fact, OperatorError, PersonError, PersonErrors
from protocol.wall_clock import CASABLANCA

LOCALE_FOLDER = Path(__file__).parent / "locale"
DEFAULT = "ar"


@dataclass(frozen=True, slots=True)
class Language:
    """A language as its speakers write its name; `locale` is Babel's, `fallback` what to say where it has no words."""

    code: str
    name: str
    direction: str
    locale: str
    fallback: str | None = None


LANGUAGES: Mapping[str, Language] = {
    "ar": Language("ar", "العربية", "rtl", "ar_MA"),
    "fr": Language("fr", "Français", "ltr", "fr_MA"),
    "zgh": Language("zgh", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ltr", "ar_MA", fallback="ar"),
}


class Tongue:
    """One language at work: what a template is handed as `tongue`."""

    def __init__(self, language: Language, catalogs: Sequence[Catalog], fallback: Tongue | None = None) -> None:
        self.language = language
        self._fallback = fallback
        self._words: dict[str, str | Sequence[str]] = {}
        self._plural = c2py(catalogs[0].plural_expr if catalogs else "n != 1")
        for catalog in catalogs:
            self._merge(catalog)

    def _merge(self, catalog: Catalog) -> None:
        for message in catalog:
            key = message.id if isinstance(message.id, str) else message.id[0]
            if key and message.string and all(message.string) and not message.fuzzy:
                self._words.setdefault(key, message.string)

    def __contains__(self, message: str) -> bool:
        """Say whether this language itself has words for a msgid."""
        return message in self._words

    @property
    def code(self) -> str:
        """The language's code, as in `lang="..."`."""
        return self.language.code

    @property
    def direction(self) -> str:
        """Which way the page runs: rtl or ltr."""
        return self.language.direction

    @property
    def content(self) -> Literal["ar", "fr"]:
        """The language of bilingual data (names of procedures, of people) on this page: ar or fr."""
        return "fr" if self.code == "fr" else "ar"

    def lang_of(self, message: str) -> str:
        """The language in which `gettext(message)` answers: another than the page's where it had to fall back."""
        if message in self._words or self._fallback is None:
            return self.code
        return self._fallback.lang_of(message)

    def gettext(self, message: str) -> str:
        """Translate `message`."""
        found = self._words.get(message)
        if found is None:
            return self._fallback.gettext(message) if self._fallback else message
        return found if isinstance(found, str) else found[0]

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Translate a sentence that counts `n` things."""
        found = self._words.get(singular)
        if found is None:
            if self._fallback:
                return self._fallback.ngettext(singular, plural, n)
            return singular if n == 1 else plural
        return found if isinstance(found, str) else found[int(self._plural(n))]

    def say(self, message: str, facts: Mapping[str, Fact] | None = None) -> str:
        """Translate `message` and fill in its facts."""
        text = self.gettext(message)
        return text % facts if facts else text

    def error(self, error: PersonError) -> str:
        """Say what was wrong and what to do, in this language."""
        return self.say(error.message, error.facts)

    def errors(self, error: PersonError) -> dict[str, str]:
        """Map each field's name to what was wrong with it; the empty name holds what is about no field."""
        parts = error.errors if isinstance(error, PersonErrors) else (error,)
        return {part.field or "": self.error(part) for part in parts}

    def choose(self, ar: str, fr: str) -> str:
        """Pick the text of bilingual data that this page shows."""
        return (fr or ar) if self.content == "fr" else (ar or fr)

    def date(self, value: date | str | int | None, pattern: str = "d MMMM y") -> str:
        """Write a day in words: a date, an ISO string, or milliseconds since the epoch (in office time)."""
        day = _day(value)
        return _in_words(day, pattern, self.language.locale) if day else ""

    def moment(self, ms: int | None) -> str:
        """Write an instant (milliseconds) as day and minute in office time, left to right: 16.11.2026 09:42."""
        return "" if ms is None else _local(ms).strftime("%d.%m.%Y %H:%M")


@lru_cache(maxsize=1024)  # the days of a few months, in each language's few patterns
def _in_words(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


def _local(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(CASABLANCA)


def _day(value: date | str | int | None) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, int):
        return _local(value).date()
    return date.fromisoformat(value) if isinstance(value, str) else value


class Languages:
    """All languages, loaded once at start."""

    def __init__(self, tongues: Mapping[str, Tongue]) -> None:
        self._tongues = tongues

    @classmethod
    def load(cls, folder: Path = LOCALE_FOLDER) -> Languages:
        """Read `folder/<language>/*.po`. Raises OperatorError when a catalogue cannot be read."""
        tongues: dict[str, Tongue] = {}
        for code, language in LANGUAGES.items():
            fallback = tongues[language.fallback] if language.fallback else None
            tongues[code] = Tongue(language, _catalogs(folder / code), fallback)
        return cls(tongues)

    def __getitem__(self, code: str) -> Tongue:
        return self._tongues.get(code) or self._tongues[DEFAULT]

    def __iter__(self) -> Iterator[Tongue]:
        return iter(self._tongues.values())

    def known(self, code: str) -> bool:
        """Say whether `code` is one of the screens' languages."""
        return code in self._tongues


def _catalogs(folder: Path) -> list[Catalog]:
    rooms = sorted(folder.glob("*.po"), key=lambda path: (path.stem != "shared", path.stem))
    return [_read(path) for path in rooms]


def _read(path: Path) -> Catalog:
    try:
        with path.open("rb") as file:
            return read_po(file, locale=None, abort_invalid=True)
    except (OSError, ValueError, PoFileError) as error:
        raise OperatorError(f"The catalogue {path.name} of {path.parent.name} cannot be read: reinstall it.") from error
