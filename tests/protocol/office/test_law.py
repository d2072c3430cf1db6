"""What law 55-19 and plain sense refuse in the catalogue: each wording names its finding, and its neighbours pass."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.office.catalogue import Bilingual, Choice, Declaration, Field, Piece, check_law
from protocol.office.forbidden import ABOLISHED, CARD, CERTIFIED, HELD, LEGALISED, ONE_COPY, forbidden_in
from tests.protocol.office.stories import PROCEDURE, TEXT

ON_HONOUR = Bilingual(ar="أصرح بشرفي بصحة هذا", fr="Je déclare sur l’honneur que cela est vrai")
DECLARATION = Declaration(id="vie", title=TEXT, text=ON_HONOUR)
GONE: dict[str, Any] = {
    "status": "abolished", "since": "2021-04", "instead": TEXT, "declarations": [DECLARATION],
    "pieces": [], "fields": [], "template": None, "decided_by": None, "field_enquiry": False,
}  # fmt: skip
RECEIVED: dict[str, Any] = GONE | {
    "status": "received_here", "since": None, "declarations": [], "decided_elsewhere_by": TEXT, "receipt": TEXT,
}  # fmt: skip
ELSEWHERE: dict[str, Any] = RECEIVED | {"status": "elsewhere", "receipt": None}

REFUSED = (
    ("Copie certifiée conforme de l’acte", CERTIFIED),
    ("Copies certifiées du bail", CERTIFIED),
    ("Copie conforme", CERTIFIED),
    ("Acte certifié conforme à l’original", CERTIFIED),
    ("Photocopies légalisées du bail", CERTIFIED),
    ("نسخة طبق الأصل من العقد", CERTIFIED),
    ("نسخة مطابقة للأصل", CERTIFIED),
    ("نسخة مصادق عليها من العقد", CERTIFIED),
    ("نسخة من العقد مشهود بمطابقتها للأصل", CERTIFIED),
    ("Engagement à signature légalisée", LEGALISED),
    ("Engagement légalisé", LEGALISED),
    ("Attestation de l’hébergeur avec légalisation", LEGALISED),
    ("Certification de la signature du propriétaire", LEGALISED),
    ("التزام مصحح الإمضاء", LEGALISED),
    ("التزام مع المصادقة على التوقيع", LEGALISED),
    ("تصريح مصادق على توقيعه", LEGALISED),
    ("Copie de la CNIE", CARD),
    ("CNIE (copie)", CARD),
    ("Carte nationale, photocopie", CARD),
    ("Copie recto verso de votre carte nationale", CARD),
    ("Copie de l’acte et de la carte nationale", CARD),
    ("Photocopie du titre de séjour", CARD),
    ("Scan de la carte d’identité", CARD),
    ("نسخة من البطاقة الوطنية", CARD),
    ("صورة من بطاقة التعريف", CARD),
    ("نسخ من بطائق التعريف", CARD),
    ("نسخة البطاقة", CARD),
    ("نسخة من عقد الكراء والبطاقة الوطنية", CARD),
    ("Trois exemplaires des statuts", ONE_COPY),
    ("Statuts (en double exemplaire)", ONE_COPY),
    ("2 copies du bail", ONE_COPY),
    ("نسختان من القانون الأساسي", ONE_COPY),
    ("ثلاث نسخ من القانون الأساسي", ONE_COPY),
    ("Certificat de célibat", ABOLISHED),
    ("Certificat de vie de moins de trois mois", ABOLISHED),
    ("Attestation de charge de famille", ABOLISHED),
    ("Attestation d’hérédité", ABOLISHED),
    ("شهادة العزوبة", ABOLISHED),
    ("شهادة الحياة الجماعية", ABOLISHED),
    ("شهادة القرابة", ABOLISHED),
    ("Certificat de résidence de moins de trois mois", HELD),
    ("Récépissé de dépôt de la demande", HELD),
    ("شهادة السكنى", HELD),
    ("شهادة إدارية تثبت ذلك", HELD),
)

ALLOWED = (
    "Carte nationale (CNIE), l’original, rien à copier",
    "Copie du bail et la carte nationale, montrée",
    "Bail (copie simple), carte nationale à montrer",
    "Engagement écrit, sans légalisation de la signature",
    "Engagement écrit et signé, non légalisé",
    "Copie simple, non certifiée",
    "Copie non certifiée du bail",
    "Aucune copie de la carte n’est gardée",
    "Copie de la carte grise",
    "Copie du titre de propriété",
    "Un exemplaire des statuts",
    "2 photos d’identité de 35 x 45 mm",
    "Deux témoins",
    "Acte de mariage",
    "Certificat de vie scolaire",
    "Certificat de nationalité",
    "Attestation de concordance",
    "Certificat de résidence délivré par la police",
    "Déclaration sur l’honneur de célibat",
    "البطاقة الوطنية للتعريف، النسخة الأصلية",
    "نسخة من عقد الكراء، والبطاقة الوطنية تعرض في الشباك",
    "نسخة غير مصادق عليها من العقد",
    "التزام مكتوب بدون تصحيح الإمضاء",
    "تعرض في الشباك، لا حاجة إلى نسخها",
    "دون نسخة من البطاقة الوطنية",
    "نسخة موجزة من رسم الولادة",
    "نسخة من البطاقة الرمادية",
    "صورتان شمسيتان",
    "شهادة الملكية",
    "شهادة المطابقة",
    "شهادة السكنى المسلمة من طرف الشرطة",
    "تصريح بالشرف بالعزوبة",
)


def findings(**changes: object) -> str:
    return "\n".join(check_law(msgspec.structs.replace(PROCEDURE, **changes)))


def both(text: str) -> Bilingual:
    """A text in its own language, with a harmless one beside it."""
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in text)
    return Bilingual(ar=text, fr="document") if arabic else Bilingual(ar="وثيقة", fr=text)


def piece(text: str = "Bail", **more: Any) -> list[Piece]:
    return [Piece(id="piece", label=both(text), needs=more.pop("needs", "original_shown"), **more)]


@pytest.mark.parametrize(
    "changes", [{}, GONE, RECEIVED, ELSEWHERE], ids=["active", "abolished", "received", "elsewhere"]
)
def test_a_whole_entry_is_lawful(changes: dict[str, Any]) -> None:
    assert findings(**changes) == ""


@pytest.mark.parametrize(("text", "finding"), REFUSED)
def test_a_piece_that_the_law_forbids_is_refused_by_name(text: str, finding: str) -> None:
    assert f"piece piece: {finding}" in findings(pieces=piece(text)).splitlines()


@pytest.mark.parametrize("text", ALLOWED)
def test_a_piece_near_to_it_passes(text: str) -> None:
    assert findings(pieces=piece(text)) == ""


@pytest.mark.parametrize(("text", "finding"), [pair for pair in REFUSED if pair[1] in (CERTIFIED, CARD)])
def test_what_no_label_may_ask_for_no_note_and_no_question_may(text: str, finding: str) -> None:
    assert finding in findings(pieces=piece(note=both(text)))
    asking = Field(id="question", kind="text", label=TEXT, hint=both(text))
    assert f"field question: {finding}" in findings(fields=[asking])


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_wording_is_judged_and_only_by_known_findings(ar: str, fr: str) -> None:
    known = {CERTIFIED, LEGALISED, CARD, ONE_COPY, ABOLISHED, HELD}
    assert set(forbidden_in(Bilingual(ar=ar, fr=fr))) <= known


@pytest.mark.parametrize(("text", "_finding"), REFUSED)
def test_capitals_and_marks_hide_nothing(text: str, _finding: str) -> None:
    assert forbidden_in(both(text.upper())) == forbidden_in(both(text))
    assert forbidden_in(both(text.replace("ة", "ـة"))) == forbidden_in(both(text))


def test_what_annexes_deliver_may_be_named_where_another_administration_asks() -> None:
    residence = piece("Certificat de résidence")
    assert HELD in findings(**(RECEIVED | {"pieces": residence}))
    assert findings(**(ELSEWHERE | {"pieces": residence})) == ""
    assert ABOLISHED in findings(**(ELSEWHERE | {"pieces": piece("Certificat de célibat")}))


def test_nothing_is_left_in_a_dossier_without_a_text_that_asks_for_it() -> None:
    read = "https://example.org/liste"
    assert "left in a dossier" in findings(pieces=piece(needs="left"))
    assert "left in a dossier" in findings(pieces=piece(needs="left", source=read)), "here only a text will do"
    assert findings(pieces=piece(needs="left", legal_basis=TEXT)) == ""
    assert "left in a dossier" in findings(**(RECEIVED | {"pieces": piece(needs="left")}))
    assert findings(**(RECEIVED | {"pieces": piece(needs="left", source=read)})) == ""


def test_no_delay_is_longer_than_sixty_days_and_nothing_softer_stands_beside_it() -> None:
    assert findings(deadline_days=60) == ""
    assert "allows 1 to 60" in findings(deadline_days=61)
    assert "allows 1 to 60" in findings(deadline_days=0)
    assert "deadline_days binds" in findings(delay=TEXT)
    assert findings(**(RECEIVED | {"delay": TEXT})) == ""


@pytest.mark.parametrize("id", ["cnie", "nom", "phone"])
def test_a_question_of_the_account_is_refused_by_its_id(id: str) -> None:  # noqa: A002 - the catalogue's own word
    assert "nothing is asked twice" in findings(fields=[Field(id=id, kind="text", label=TEXT)])


@pytest.mark.parametrize("text", ["Numéro de la CNIE", "Votre adresse", "رقم البطاقة الوطنية", "ما عنوانك؟"])
def test_and_by_its_words(text: str) -> None:
    assert "nothing is asked twice" in findings(fields=[Field(id="question", kind="text", label=both(text))])


@pytest.mark.parametrize(
    "text", ["Nom du fiancé ou de la fiancée", "Où est son siège ?", "بأي صفة تسكن هذا العنوان؟", "ما اسم الجمعية؟"]
)
def test_a_question_about_something_else_passes(text: str) -> None:
    assert findings(fields=[Field(id="question", kind="text", label=both(text))]) == ""


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (ELSEWHERE | {"instead": None}, "instead is missing"),
        (RECEIVED | {"instead": None}, "instead is missing"),
        (RECEIVED | {"receipt": None}, "what paper is given"),
        (RECEIVED | {"decided_elsewhere_by": None}, "who decides"),
        (RECEIVED | {"decided_by": "authority"}, "decided_by belongs"),
        (RECEIVED | {"template": "residence"}, "belong to what is asked for here"),
        (RECEIVED | {"print_on_spot": True}, "belong to what is asked for here"),
        (GONE | {"declarations": []}, "declarations to use instead"),
        (GONE | {"since": None}, "declarations to use instead"),
        (GONE | {"pieces": piece()}, "declarations to use instead"),
        (GONE | {"declarations": [DECLARATION, DECLARATION]}, "vie appears twice"),
        (GONE | {"declarations": [Declaration(id="vie", title=TEXT, text=TEXT)]}, "made on honour"),
        (
            GONE | {"declarations": [Declaration(id="a", title=both("Engagement légalisé"), text=ON_HONOUR)]},
            f"declaration a: {LEGALISED}",
        ),
        ({"decided_by": None}, "decided_by is missing"),
        ({"template": None}, "template is missing"),
        ({"template": "attestation", "fields": []}, "neither fields nor statement"),
        ({"template": "receipt"}, "statement is missing"),
        ({"statement": TEXT}, "belong to the templates"),
        ({"certificate_name": TEXT}, "belong to the templates"),
        ({"sources": []}, "sources is empty"),
        ({"sources": ["un blog"]}, "begins with no address"),
        ({"pieces": piece(source="page 3")}, "begins with no address"),
        ({"topic": None}, "topic is missing"),
        ({"verified_on": "24/11/2026"}, "verified_on"),
        ({"since": "April 2021"}, "since is"),
        ({"version": 0}, "version starts at 1"),
        ({"id": "Résidence"}, "is no id"),
        ({"validity_months": 0}, "validity_months"),
        ({"validity_months": 3, "validity": TEXT}, "one of the two"),
        ({"name": Bilingual(ar=" ", fr="Résidence")}, "name is empty"),
        ({"pieces": piece(note=Bilingual(ar="", fr="note"))}, "piece piece is empty"),
        ({"pieces": piece() + piece()}, "appears twice"),
        ({"fields": [Field(id="purpose", kind="choice", label=TEXT)]}, "offers no choices"),
        (
            {"fields": [Field(id="near", kind="text", label=TEXT, choices=[Choice("a", TEXT)])]},
            "not of the kind choice",
        ),
        ({"fields": [Field(id="a", kind="choice", label=TEXT, choices=[Choice("a", TEXT)] * 2)]}, "one choice twice"),
        ({"fields": [Field(id="near", kind="text", label=TEXT, max_length=5_000)]}, "max_length"),
        ({"fields": [Field(id="near", kind="text", label=TEXT, max_length=210)]}, "the code of the paper has room"),
    ],
)
def test_an_entry_that_would_mislead_people_is_not_published(changes: dict[str, object], finding: str) -> None:
    assert finding in findings(**changes)


def test_an_attestation_of_a_statement_and_a_receipt_of_one_are_lawful() -> None:
    assert findings(template="attestation", statement=TEXT, fields=[]) == ""
    assert findings(template="receipt", statement=TEXT, certificate_name=TEXT, receipt=TEXT) == ""
