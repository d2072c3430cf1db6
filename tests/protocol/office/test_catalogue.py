"""The catalogue: the files that are published, the schema, the law's checker, and the answers to a form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PersonError, PersonErrors
from protocol.office.catalogue import (
    Bilingual,
    Choice,
    Field,
    NotAProcedure,
    Piece,
    Procedure,
    check_answers,
    check_law,
    parse_procedure,
    procedure_value,
    requestable,
)
from protocol.records.encoding import MAX_VALUE, Value, decode, encode
from tests.protocol.office.stories import PROCEDURE, TEXT

FILES = sorted((Path(__file__).parents[3] / "central" / "catalogue").glob("*.yaml"))


def document(path: Path) -> Value:
    value: Value = yaml.safe_load(path.read_text("utf-8"))
    return value


def test_the_first_four_procedures_are_there() -> None:
    assert {path.stem for path in FILES} >= {
        "residence-autorite-locale",
        "attestation-fiances",
        "residence-police",
        "vie-individuelle",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_published_file_is_a_procedure_that_the_law_allows(path: Path) -> None:
    value = document(path)
    procedure = parse_procedure(value)
    assert procedure.id == path.stem
    assert check_law(procedure) == []
    assert parse_procedure(decode(encode(value), max_size=MAX_VALUE)) == procedure, "it travels as a record"
    assert parse_procedure(procedure_value(procedure)) == procedure


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_arabic_texts_are_in_arabic_letters_and_french_ones_in_latin(path: Path) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict) and set(value) == {"ar", "fr"}:
            assert any("\u0600" <= letter <= "\u06ff" for letter in value["ar"]), value
            assert not any("\u0600" <= letter <= "\u06ff" for letter in value["fr"]), value
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    walk(document(path))


def test_what_can_be_asked_for_here_and_what_not() -> None:
    found = {path.stem: parse_procedure(document(path)) for path in FILES}
    assert requestable(found["residence-autorite-locale"])
    assert requestable(found["attestation-fiances"])
    assert not requestable(found["residence-police"])
    assert not requestable(found["vie-individuelle"])
    assert found["attestation-fiances"].field_enquiry
    assert found["residence-autorite-locale"].fee is None, "unknown stays unknown"
    assert found["vie-individuelle"].declaration is not None


@pytest.mark.parametrize(
    "change",
    [
        {"status": "closed"},
        {"fee": 20},
        {"version": "1"},
        {"name": {"ar": "نص"}},
        {"name": {"ar": "نص", "fr": "texte", "en": "text"}},
        {"pieces": [{"id": "cnie", "label": {"ar": "نص", "fr": "texte"}, "needs": "certified_copy"}]},
        {"unheard_of": True},
    ],
)
def test_a_document_with_a_slip_is_no_procedure(change: dict[str, Value]) -> None:
    with pytest.raises(NotAProcedure):
        parse_procedure({**procedure_value(PROCEDURE), **change})


@pytest.mark.parametrize("value", [None, [], "procedure", {}, 7])
def test_what_is_no_document_is_no_procedure(value: Value) -> None:
    with pytest.raises(NotAProcedure):
        parse_procedure(value)


def findings(**changes: object) -> str:
    return "\n".join(check_law(msgspec.structs.replace(PROCEDURE, **changes)))


def piece(ar: str, fr: str, **more: Any) -> list[Piece]:
    return [Piece(id="piece", label=Bilingual(ar=ar, fr=fr), needs=more.pop("needs", "original_shown"), **more)]


def test_the_procedure_of_the_stories_is_lawful() -> None:
    assert findings() == ""


@pytest.mark.parametrize(
    ("ar", "fr"),
    [
        ("نسخة", "Copie certifiée conforme de l’acte"),
        ("نسخة", "Copie conforme"),
        ("نسخة طبق الأصل من العقد", "Acte"),
        ("نسخة مصادق عليها", "Acte"),
        ("التزام مصحح الإمضاء", "Engagement"),
        ("تصريح مصادق على توقيعه", "Déclaration"),
        ("التزام", "Engagement à signature légalisée"),
        ("التزام", "Engagement légalisé"),
        ("البطاقة", "Copie de la CNIE"),
        ("البطاقة", "Photocopie de la carte nationale"),
        ("نسخة من البطاقة الوطنية", "Carte nationale"),
    ],
)
def test_the_law_forbids_to_ask_for_certified_copies_and_legalised_signatures(ar: str, fr: str) -> None:
    assert "law 55-19" in findings(pieces=piece(ar, fr))


def test_nothing_is_left_in_a_dossier_without_a_text_that_asks_for_it() -> None:
    assert "left in a dossier" in findings(pieces=piece("عقد", "Bail", needs="left"))
    assert findings(pieces=piece("عقد", "Bail", needs="left", legal_basis=TEXT)) == ""


def test_no_delay_is_longer_than_sixty_days() -> None:
    assert findings(deadline_days=60) == ""
    assert "allows 1 to 60" in findings(deadline_days=61)
    assert "allows 1 to 60" in findings(deadline_days=0)


def test_nothing_is_asked_that_the_account_holds() -> None:
    assert "nothing is asked twice" in findings(fields=[Field(id="cnie", kind="text", label=TEXT)])


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"status": "elsewhere"}, "instead is missing"),
        ({"status": "abolished", "instead": TEXT}, "declaration to use instead"),
        ({"decided_by": None}, "decided_by is missing"),
        ({"template": None}, "template is missing"),
        ({"sources": []}, "sources is empty"),
        ({"verified_on": "24/11/2026"}, "verified_on"),
        ({"since": "April 2021"}, "since is"),
        ({"version": 0}, "version starts at 1"),
        ({"id": "Résidence"}, "is no id"),
        ({"validity_months": 0}, "validity_months"),
        ({"name": Bilingual(ar=" ", fr="Résidence")}, "name is empty"),
        ({"pieces": piece("أ", "a") + piece("ب", "b")}, "appears twice"),
        ({"fields": [Field(id="purpose", kind="choice", label=TEXT)]}, "offers no choices"),
        (
            {"fields": [Field(id="near", kind="text", label=TEXT, choices=[Choice("a", TEXT)])]},
            "not of the kind choice",
        ),
        ({"fields": [Field(id="a", kind="choice", label=TEXT, choices=[Choice("a", TEXT)] * 2)]}, "one choice twice"),
        ({"fields": [Field(id="near", kind="text", label=TEXT, max_length=5_000)]}, "max_length"),
    ],
)
def test_an_entry_that_would_mislead_people_is_not_published(changes: dict[str, object], finding: str) -> None:
    assert finding in findings(**changes)


def errors_of(answers: dict[str, str], procedure: Procedure = PROCEDURE) -> dict[str | None, str]:
    with pytest.raises(PersonErrors) as caught:
        check_answers(procedure, answers)
    return {error.field: error.message for error in caught.value.errors}


def test_answers_are_kept_tidied_and_the_optional_ones_may_be_left_out() -> None:
    given = {"purpose": " school ", "since": "٢٠١٩-٠٣", "near": "  "}
    assert check_answers(PROCEDURE, given) == {"purpose": "school", "since": "2019-03"}
    assert check_answers(PROCEDURE, given | {"near": " the mosque "})["near"] == "the mosque"


def test_each_wrong_answer_is_named_by_its_field() -> None:
    assert set(errors_of({})) == {"purpose", "since"}
    assert set(errors_of({"purpose": "holiday", "since": "2019-13", "near": "x" * 21})) == {"purpose", "since", "near"}
    assert set(errors_of({"purpose": "school", "since": "hier"})) == {"since"}
    assert set(errors_of({"purpose": "school", "since": "2019-03", "near": "the\u202emosque"})) == {"near"}


def test_a_question_that_the_form_does_not_have_is_not_answered() -> None:
    assert set(errors_of({"purpose": "school", "since": "2019-03", "colour": "blue"})) == {None}


@given(st.dictionaries(st.sampled_from(["purpose", "since", "near"]), st.text(max_size=30)))
def test_checked_answers_pass_again_unchanged(answers: dict[str, str]) -> None:
    try:
        checked = check_answers(PROCEDURE, answers)
    except PersonError:
        return
    assert check_answers(PROCEDURE, checked) == checked
