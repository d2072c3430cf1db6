"""The notices as a reader gets them: both languages, one page, what they prove and what they do not."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from edge.press.client import Press
from edge.press.documents import Language
from edge.press.notice_pages import notice_page
from edge.press.notices import AppealReceipt, IncompleteReceipt, Notice, RefusalNotice, SilenceProof
from edge.press.typesetter import Typesetter
from tests.edge.press.papers import FATIMA, ISSUED_MS, ISSUER, LONGEST, both, codes_in, text_of

LANGUAGES: list[Language] = ["ar", "fr"]
FOLLOW = "https://berkane-05.annexe.internal/kiosk/follow/B05-7K3MQ-2X9RT"
BILL = both("فاتورة الماء أو الكهرباء", "Une facture d’eau ou d’électricité")
DAY = date(2027, 1, 12)
LONG = "J’habite à cette adresse depuis 2019, mes voisins peuvent le confirmer. " * 8


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "issuer": ISSUER, "reference": "B05-7K3MQ-2X9RT", "procedure": both("شهادة السكنى", "Certificat de résidence"),
        "person": FATIMA, "submitted_ms": ISSUED_MS, "made_ms": ISSUED_MS, "follow_url": FOLLOW,
    } | changes  # fmt: skip


def notices(**changes: Any) -> list[Notice]:
    common, reason = facts(**changes), both("الهوية غير مؤكدة", "Identité non établie")
    return [
        IncompleteReceipt(**common, missing=[BILL] * 6, asked_ms=ISSUED_MS, until=DAY),
        SilenceProof(**common, complete_ms=ISSUED_MS, due=DAY, noted_ms=ISSUED_MS, scope=None),
        RefusalNotice(**common, decided_ms=ISSUED_MS, reason=reason, justification=LONG, until=DAY),
        AppealReceipt(
            **common, decided_ms=ISSUED_MS, lodged_ms=ISSUED_MS, grounds=LONG, late=True, helper=both("سلمى", "Salma")
        ),
    ]


def set_in(typesetter: Typesetter, data: Notice, language: Language) -> bytes:
    return typesetter.set("notice", notice_page(data, language), ISSUED_MS)


def read(typesetter: Typesetter, data: Notice, language: Language = "fr") -> str:
    return " ".join(text_of(set_in(typesetter, data, language)).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("person", [FATIMA, LONGEST])
def test_each_notice_is_one_page_whatever_it_holds_and_leads_to_its_request(
    typesetter: Typesetter, tmp_path: Path, language: Language, person: Any
) -> None:
    for data in notices(person=person):
        pdf = set_in(typesetter, data, language)
        folder = tmp_path / type(data).__name__
        folder.mkdir()
        assert len(PdfReader(BytesIO(pdf)).pages) == 1
        assert codes_in(pdf, folder) == [FOLLOW]


def test_each_names_the_request_the_person_and_itself_in_both_languages(typesetter: Typesetter) -> None:
    titles = {
        IncompleteReceipt: ("Récépissé de dossier incomplet", "وصل عن ملف غير مكتمل"),
        SilenceProof: ("Preuve d'absence de réponse dans le délai", "إثبات عدم الجواب داخل الأجل"),
        RefusalNotice: ("Notification de refus", "إشعار برفض طلب"),
        AppealReceipt: ("Récépissé de recours", "وصل إيداع طعن"),
    }
    for data in notices():
        text = read(typesetter, data)
        for said in (*titles[type(data)], "B05-7K3MQ-2X9RT", "FA123456", "Certificat de résidence", "شهادة السكنى"):
            assert said in text, said


def test_the_incomplete_receipt_lists_what_is_missing_and_until_when(typesetter: Typesetter) -> None:
    text = read(typesetter, notices()[0])
    for said in ("facture d’eau", "فاتورة الماء", "avant la fin du 12 janvier 2027", "une seule fois"):
        assert said in text, said


@pytest.mark.parametrize(
    ("scope", "says", "never"),
    [
        (None, "reste à confirmer", "vaut accord (loi"),
        ("nothing", "ne donne pas droit", "reste à confirmer"),
        ("acceptance", "Ce document n'est pas cet accord", "reste à confirmer"),
    ],
)
def test_the_proof_of_silence_says_what_the_law_makes_of_it_and_grants_nothing(
    typesetter: Typesetter, scope: Any, says: str, never: str
) -> None:
    proof = SilenceProof(**facts(), complete_ms=ISSUED_MS, due=DAY, noted_ms=ISSUED_MS, scope=scope)
    text = read(typesetter, proof)
    assert "Jusqu'à la fin du 12 janvier 2027, aucune réponse" in text
    assert "ne remplace pas le certificat demandé et ne l'accorde pas" in text
    assert says in text
    assert never not in text


def test_the_refusal_gives_its_reason_and_the_way_to_appeal(typesetter: Typesetter) -> None:
    text = read(typesetter, notices()[2])
    for said in ("Identité non établie", "mes voisins", "30 jours, soit jusqu'au 12 janvier 2027 (à confirmer"):
        assert said in text, said
    unknown = RefusalNotice(**facts(), decided_ms=1, reason=BILL, justification="x", until=None)
    assert "Le délai de recours est à confirmer" in read(typesetter, unknown)


def test_an_appeals_receipt_says_whether_it_came_late_and_who_wrote_it(typesetter: Typesetter) -> None:
    late = notices()[3]
    assert "déposé après le délai" in read(typesetter, late)
    assert "Salma" in read(typesetter, late)
    by_himself = AppealReceipt(**facts(), decided_ms=1, lodged_ms=1, grounds="أسكن بهذا العنوان.", late=False)
    alone = read(typesetter, by_himself)
    assert "déposé après le délai" not in alone
    assert "Avec l'aide de" not in alone
    assert "أسكن بهذا العنوان" in alone


async def test_the_press_makes_a_notice_in_its_own_process() -> None:
    press = Press.start()
    try:
        assert (await press.notice(notices()[1], "ar")).startswith(b"%PDF")
    finally:
        await press.close()
