"""The catalogue: the files that are published, the schema, and the answers to a form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PersonError, PersonErrors
from protocol.office.catalogue import (
    NotAProcedure,
    Procedure,
    check_answers,
    check_law,
    parse_procedure,
    procedure_value,
    requestable,
)
from protocol.records.encoding import MAX_VALUE, Value, decode, encode
from tests.protocol.office.stories import PROCEDURE

FILES = sorted((Path(__file__).parents[3] / "central" / "catalogue").glob("*.yaml"))


def document(path: Path) -> Value:
    value: Value = yaml.safe_load(path.read_text("utf-8"))
    return value


RESEARCHED = (
    "residence-autorite-locale", "residence-police", "attestation-fiances", "indigence", "attestation-terrain",
    "concordance", "individualite", "vie-individuelle", "vie-collective", "celibat", "charge-famille", "parente",
    "non-divorce-veuvage", "heredite-divers", "association", "passeport-majeur", "passeport-mineur", "rnp", "rsu",
    "naissance",
)  # fmt: skip
FOUND = {path.stem: parse_procedure(document(path)) for path in FILES}


def test_every_procedure_that_was_researched_is_there() -> None:
    assert set(FOUND) == set(RESEARCHED)


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
    asked_for = {name for name, procedure in FOUND.items() if requestable(procedure)}
    assert asked_for == {"residence-autorite-locale", "attestation-fiances", "attestation-terrain", "association"}
    assert all(FOUND[name].fields and FOUND[name].template for name in asked_for)
    assert FOUND["association"].receipt is not None, "its receipt is the provisional one"


def test_what_is_unknown_stays_unknown() -> None:
    assert FOUND["residence-autorite-locale"].fee is None
    assert FOUND["residence-autorite-locale"].legal_basis is None
    assert FOUND["rsu"].fee is None, "it was from memory only"
    assert FOUND["naissance"].fee is None
    assert FOUND["naissance"].pieces_to_confirm
    assert FOUND["attestation-terrain"].pieces_to_confirm
    assert {name for name, procedure in FOUND.items() if procedure.status == "to_confirm"} == {
        "indigence",
        "individualite",
    }


def test_every_abolished_certificate_has_its_declaration_and_its_date() -> None:
    abolished = [procedure for procedure in FOUND.values() if procedure.status == "abolished"]
    assert len(abolished) == 7
    assert all(procedure.since == "2021-04" and procedure.declarations for procedure in abolished)
    assert sum(len(procedure.declarations) for procedure in abolished) == 14


def test_what_is_received_here_says_who_decides_and_what_paper_is_given() -> None:
    received = {name: one for name, one in FOUND.items() if one.status == "received_here"}
    assert set(received) == {"passeport-majeur", "passeport-mineur", "rnp", "rsu"}
    assert all(one.decided_elsewhere_by and one.receipt and one.instead for one in received.values())


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
