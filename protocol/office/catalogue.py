"""The catalogue of procedures: data that an annexe works by, checked against its schema and against the law.

Rules:

- What is not known is None and shown as "to be confirmed". Nothing is guessed: a wrong fee sends people home.
- A procedure that is abolished, or delivered elsewhere, stays in the guide with what to do instead: people still ask.
- Law 55-19 is checked by `check_law` before anything is published: no certified copies, no legalised signatures, no
  copy of a card that is shown, no second copy, no abolished certificate, no more than 60 days, nothing left in a
  dossier without a stated basis, nothing asked that the annexe or the account holds already.
- A case keeps the version that it was opened under.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from protocol.errors import N_, PersonError, PersonErrors
from protocol.office.folding import western_digits
from protocol.office.identity import check_text
from protocol.office.law import check_law
from protocol.office.schema import (
    LONGEST_ANSWER,
    LONGEST_DELAY,
    Bilingual,
    Choice,
    Declaration,
    Field,
    NotAProcedure,
    Piece,
    Procedure,
    Silence,
    Status,
    Template,
    Topic,
    parse_procedure,
    procedure_value,
    requestable,
)

__all__ = [
    "LONGEST_ANSWER", "LONGEST_DELAY", "Bilingual", "Choice", "Declaration", "Field", "NotAProcedure", "Piece",
    "Procedure", "Silence", "Status", "Template", "Topic", "check_answer", "check_answers", "check_law",
    "parse_procedure", "procedure_value", "requestable",
]  # fmt: skip

MONTH = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")


def check_answers(procedure: Procedure, answers: Mapping[str, str], today: date | None = None) -> dict[str, str]:
    """Return the form's answers, checked, in canonical form; raises PersonErrors, each naming its field.

    `today` is for whoever asks now: see `check_answer`.
    """
    errors: list[PersonError] = []
    checked: dict[str, str] = {}
    for field in procedure.fields:
        try:
            answer = check_answer(field, answers.get(field.id, ""), today)
        except PersonError as error:
            errors.append(error)
        else:
            if answer:
                checked[field.id] = answer
    unknown = set(answers) - {field.id for field in procedure.fields}
    if unknown:
        errors.append(PersonError(N_("This form has changed meanwhile. Please start it again."), status=409))
    if errors:
        raise PersonErrors(errors)
    return checked


def check_answer(field: Field, answer: str, today: date | None = None) -> str:
    """Return one answer, checked; raises PersonError naming the field.

    A month tells since when something is so: with `today` one that is still to come is refused. Without it, as when a
    record is judged, no clock has a say.
    """
    answer = answer.strip()
    if field.kind == "month":
        answer = western_digits(answer)
    if not answer:
        if field.required:
            raise PersonError(N_("This question needs an answer."), field=field.id)
        return ""
    if field.kind == "choice" and answer not in {choice.id for choice in field.choices}:
        raise PersonError(N_("Choose one of the answers."), field=field.id)
    if field.kind == "month" and not MONTH.fullmatch(answer):
        raise PersonError(N_("Write the month and the year, for example 2019-03."), field=field.id)
    if field.kind == "month" and today is not None and answer > f"{today:%Y-%m}":
        raise PersonError(N_("This month is still to come: look at the year that you wrote."), field=field.id)
    return check_text(answer, field=field.id, longest=min(field.max_length, LONGEST_ANSWER))
