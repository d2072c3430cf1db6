"""The reasons for which a request is refused: a code that can be counted, and a text that a person can answer.

Law 55-19 wants a refusal justified: both are required. The labels are data in both languages, since the notice, the
SMS and the certificate's register show them in the citizen's language, whatever that of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import N_, PersonError
from protocol.office.catalogue import Bilingual
from protocol.office.identity import check_text

LONGEST_REASON = 600
"""Characters of a reason: a paragraph, which fits the notice's page beside the way to appeal."""

SHORTEST_REASON = 10
"""Characters of a reason: fewer say nothing that a citizen could answer."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for refusal."""

    code: str
    label: Bilingual


REASONS: tuple[Reason, ...] = (
    Reason(
        "not_resident",
        Bilingual(
            ar="البحث لم يثبت السكنى بالعنوان المصرح به",
            fr="L’enquête n’a pas établi la résidence à l’adresse déclarée",
        ),
    ),
    Reason(
        "too_recent",
        Bilingual(ar="مدة السكنى بالعنوان غير كافية", fr="La durée de résidence à l’adresse est insuffisante"),
    ),
    Reason(
        "pieces_do_not_prove",
        Bilingual(
            ar="الوثائق المدلى بها لا تثبت المطلوب", fr="Les pièces présentées n’établissent pas ce qui est demandé"
        ),
    ),
    Reason("identity", Bilingual(ar="هوية صاحب الطلب غير مؤكدة", fr="L’identité du demandeur n’est pas établie")),
    Reason(
        "not_competent",
        Bilingual(ar="الطلب لا يدخل في اختصاص هذه الملحقة", fr="La demande ne relève pas de cette annexe"),
    ),
    Reason("other", Bilingual(ar="سبب آخر مبين في التعليل", fr="Autre motif, exposé dans la justification")),
)

BY_CODE = {reason.code: reason for reason in REASONS}


def check_refusal(code: str, text: str) -> tuple[str, str]:
    """Return the code and the text of a refusal; PersonError for the one that is missing."""
    if code not in BY_CODE:
        raise PersonError(N_("Choose the reason for the refusal."), field="reason_code")
    text = text.strip()
    if len(text) < SHORTEST_REASON:
        raise PersonError(
            N_("Explain the refusal in a sentence: the law wants it justified, and the citizen can appeal."),
            field="reason_text",
        )
    return code, check_text(text, field="reason_text", longest=LONGEST_REASON)
