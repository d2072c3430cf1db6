from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from protocol.errors import OperatorError, PersonError, PersonErrors
from screens.languages import LANGUAGES, Languages

ROOT = Path(__file__).parents[2]
MINE = ("screens", "edge/web/kiosk*.py", "edge/web/templates/kiosk", "edge/web/templates/shared")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


@pytest.fixture(scope="module")
def languages() -> Languages:
    return Languages.load()


def sources() -> list[Path]:
    found = [path for pattern in MINE for path in ROOT.glob(pattern)]
    return [file for path in found for file in ([path] if path.is_file() else path.rglob("*.*"))]


def said() -> set[str]:
    sentences: set[str] = set()
    for path in sources():
        method = {".html": "jinja2.ext:babel_extract", ".py": "python"}.get(path.suffix)
        if method:
            for _line, message, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS):
                sentences.add(message if isinstance(message, str) else message[0])
    return sentences


def test_every_sentence_of_the_shared_screens_and_the_kiosk_has_its_arabic_and_its_french(languages: Languages) -> None:
    sentences = said()
    assert len(sentences) > 150
    for code in ("ar", "fr"):
        assert not {sentence for sentence in sentences if sentence not in languages[code]}, code


def test_facts_of_a_sentence_are_the_same_in_each_language(languages: Languages) -> None:
    for sentence in said():
        facts = {part.split(")")[0] for part in sentence.split("%(")[1:]} - {"num"}
        for code in ("ar", "fr"):
            told = languages[code].gettext(sentence)
            assert {part.split(")")[0] for part in told.split("%(")[1:]} - {"num"} == facts, (code, sentence)


def test_tamazight_says_in_arabic_what_it_has_no_words_for(languages: Languages) -> None:
    zgh = languages["zgh"]
    assert zgh.gettext("Listen") == "ⵙⴼⵍⴷ"
    assert zgh.gettext("to be confirmed") == languages["ar"].gettext("to be confirmed")
    assert (zgh.lang_of("Listen"), zgh.lang_of("to be confirmed")) == ("zgh", "ar")


def test_an_unknown_language_is_arabic(languages: Languages) -> None:
    assert languages["en"].code == "ar"
    assert not languages.known("en")


@pytest.mark.parametrize(
    ("days", "ar", "fr"),
    [
        (1, "يوم واحد على الأكثر", "1 jour au plus"),
        (2, "يومان على الأكثر", "2 jours au plus"),
        (7, "7 أيام على الأكثر", "7 jours au plus"),
        (60, "60 يوما على الأكثر", "60 jours au plus"),
        (100, "100 يوم على الأكثر", "100 jours au plus"),
    ],
)
def test_days_are_counted_as_each_language_counts(languages: Languages, days: int, ar: str, fr: str) -> None:
    singular, plural = "%(num)s day at most", "%(num)s days at most"
    assert languages["ar"].ngettext(singular, plural, days) % {"num": days} == ar
    assert languages["fr"].ngettext(singular, plural, days) % {"num": days} == fr


def test_dates_have_western_digits_and_moroccan_months(languages: Languages) -> None:
    day = date(2026, 11, 16)
    assert languages["ar"].date(day) == "16 نونبر 2026"
    assert languages["fr"].date("2026-11-16") == "16 novembre 2026"
    assert languages["fr"].date(None) == ""


def test_an_instant_is_written_in_office_time(languages: Languages) -> None:
    assert languages["fr"].moment(1_795_600_000_000) == "25.11.2026 09:46"


def test_the_errors_of_a_form_come_by_field_in_the_persons_language(languages: Languages) -> None:
    error = PersonErrors(
        [PersonError("received", field="cnie"), PersonError("to bring", field="pin"), PersonError("none")]
    )
    assert languages["fr"].errors(error) == {"cnie": "reçue", "pin": "à apporter", "": "aucun"}


def test_facts_are_filled_into_the_translated_sentence(languages: Languages) -> None:
    error = PersonError(
        "Too many attempts from this screen. Wait %(minutes)s minutes, or ask at the counter.", minutes=7
    )
    assert "7 minutes" in languages["fr"].error(error)


def test_a_damaged_catalogue_names_itself(tmp_path: Path) -> None:
    (tmp_path / "ar").mkdir()
    (tmp_path / "ar" / "kiosk.po").write_bytes(b'msgid "a"\nwhat is this?\nmsgstr "b"\n')
    with pytest.raises(OperatorError, match=r"kiosk\.po of ar"):
        Languages.load(tmp_path)


def test_each_language_names_itself_and_its_direction() -> None:
    assert [(one.code, one.direction) for one in LANGUAGES.values()] == [("ar", "rtl"), ("fr", "ltr"), ("zgh", "ltr")]
