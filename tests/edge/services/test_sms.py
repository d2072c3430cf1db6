"""The texts: short enough to be paid for twice at most, and silent about who and what."""

from __future__ import annotations

import pytest

from edge.services.sms import ANSWERED, MOST_PARTS, READY, TEXTS, parts_of, text_of
from protocol.office.catalogue import Bilingual
from tests.edge.services.support import PROCEDURES, PROFILE

REFERENCE = "B05-7K3MQ-2X9RT"
OURS = Bilingual(ar=PROFILE.name_ar, fr=PROFILE.name_fr)
LONGEST = Bilingual(
    ar="الملحقة الإدارية الثالثة والعشرون بحي سيدي عثمان بمقاطعة سيدي عثمان عمالة مقاطعات",
    fr="23e annexe administrative de Hay Sidi Othmane Echchraïbi, arrondissement de Sidi Oth",
)
"""As long as provisioning lets a name be (80 characters), longer than any that is known."""


@pytest.mark.parametrize("template", sorted(TEXTS))
@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("annexe", [OURS, LONGEST], ids=["ours", "longest"])
def test_every_text_takes_two_parts_at_most_and_names_the_request(
    template: str, language: str, annexe: Bilingual
) -> None:
    text = text_of(template, language, annexe=annexe, reference=REFERENCE)
    assert parts_of(text) <= MOST_PARTS
    assert REFERENCE in text
    name = annexe.fr if language == "fr" else annexe.ar
    assert text.startswith(name.split()[0])
    assert len(text) <= 134 or language == "fr"


@pytest.mark.parametrize("template", sorted(TEXTS))
def test_a_french_text_of_an_ordinary_annexe_takes_one_part(template: str) -> None:
    assert parts_of(text_of(template, "fr", annexe=OURS, reference=REFERENCE)) == 1


def test_an_ordinary_name_is_never_cut() -> None:
    for template in (READY, ANSWERED):
        assert OURS.ar in text_of(template, "ar", annexe=OURS, reference=REFERENCE)
        assert OURS.fr in text_of(template, "fr", annexe=OURS, reference=REFERENCE)


def test_no_text_tells_the_kind_of_certificate() -> None:
    said = " ".join(each for text in TEXTS.values() for each in (text.ar, text.fr)).casefold()
    for document in PROCEDURES:
        for word in (*document["name"]["fr"].split(), *document["name"]["ar"].split()):
            assert len(word) < 4 or word.casefold() not in said
    for word in ("résidence", "certificat", "شهادة", "السكنى", "refus", "رفض"):
        assert word not in said


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts_are_counted_as_the_network_counts_them(text: str, parts: int) -> None:
    assert parts_of(text) == parts
