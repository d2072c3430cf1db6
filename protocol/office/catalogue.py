"""The catalogue of procedures: data that an annexe works by, checked against its schema and against the law.

Rules:

- What is not known is None and shown as "to be confirmed". Nothing is guessed: a wrong fee sends people home.
- A procedure that is abolished, or delivered elsewhere, stays in the guide with what to do instead: people still ask.
- Law 55-19 is checked by `check_law` before anything is published: no certified copies, no legalised signatures, no
  more than 60 days, no piece without a stated basis, nothing published that cannot be asked for.
- A case keeps the version that it was opened under.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from protocol.errors import N_, PeerError, PersonError, PersonErrors
from protocol.office.folding import fold_name
from protocol.office.identity import check_text
from protocol.records.encoding import Value

LONGEST_DELAY = 60
"""Calendar days: the most that law 55-19 (article 16) allows an administration."""

LONGEST_ANSWER = 300
"""Characters of a free answer: a few lines; whatever is longer belongs in a piece."""

MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")

Status: TypeAlias = Literal["active", "received_here", "abolished", "elsewhere", "abroad_only", "to_confirm"]
Template: TypeAlias = Literal["residence", "attestation"]


class NotAProcedure(PeerError):
    """A document does not have the shape of a procedure."""

    kind = "not-a-procedure"


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Arabic and in French, neither a translation note of the other."""

    ar: str
    fr: str

    def text(self, language: str) -> str:
        """Return the text in `language`: French for "fr", Arabic for every other."""
        return self.fr if language == "fr" else self.ar


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something to bring. `needs`: the original is shown and given back, or a paper is left in the dossier."""

    id: str
    label: Bilingual
    needs: Literal["original_shown", "left"]
    legal_basis: Bilingual | None = None
    note: Bilingual | None = None


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a list."""

    id: str
    label: Bilingual


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question of the form; a "month" is answered as YYYY-MM."""

    id: str
    kind: Literal["text", "choice", "month"]
    label: Bilingual
    hint: Bilingual | None = None
    choices: list[Choice] = []
    required: bool = True
    max_length: int = 120


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a procedure. None is "to be confirmed", never "none"."""

    id: str
    version: int
    status: Status
    name: Bilingual
    summary: Bilingual
    since: str | None = None
    legal_basis: Bilingual | None = None
    sources: list[str]
    verified_on: str
    pieces: list[Piece] = []
    fee: Bilingual | None = None
    deadline_days: int = LONGEST_DELAY
    validity_months: int | None = None
    fields: list[Field] = []
    decided_by: Literal["authority"] | None = None
    field_enquiry: bool = False
    print_on_spot: bool = False
    template: Template | None = None
    instead: Bilingual | None = None
    declaration: Bilingual | None = None
    keywords: list[str] = []


def parse_procedure(value: Value) -> Procedure:
    """Read a procedure; raises NotAProcedure with what is wrong and where."""
    try:
        return msgspec.convert(value, Procedure, strict=True)
    except msgspec.ValidationError as error:
        raise NotAProcedure(f"This document is no procedure: {error}") from error


def procedure_value(procedure: Procedure) -> dict[str, Value]:
    """Return a procedure as the document that is published."""
    value: dict[str, Value] = msgspec.to_builtins(procedure)
    return value


def requestable(procedure: Procedure) -> bool:
    """Say whether a request can be opened here."""
    return procedure.status == "active" and procedure.decided_by is not None


FORBIDDEN_PIECES = {
    "copie certifiee": "a certified copy may not be asked for (law 55-19, article 7)",
    "certifiee conforme": "a certified copy may not be asked for (law 55-19, article 7)",
    "signature legalisee": "a legalised signature may not be asked for (law 55-19, article 7)",
    "legalisee": "a legalised signature may not be asked for (law 55-19, article 7)",
    "نسخه مصادق عليها": "a certified copy may not be asked for (law 55-19, article 7)",
    "مصادق علي": "a legalised signature may not be asked for (law 55-19, article 7)",
}


def check_law(procedure: Procedure) -> list[str]:
    """Return what the law, or good sense, forbids in this procedure; an empty list lets it be published."""
    return [*_delay(procedure), *_pieces(procedure), *_completeness(procedure)]


def _delay(procedure: Procedure) -> list[str]:
    if 1 <= procedure.deadline_days <= LONGEST_DELAY:
        return []
    return [f"deadline_days is {procedure.deadline_days}: law 55-19 allows 1 to {LONGEST_DELAY} days"]


def _pieces(procedure: Procedure) -> list[str]:
    found = []
    for piece in procedure.pieces:
        labels = (fold_name(piece.label.fr), fold_name(piece.label.ar))
        found += [
            f"piece {piece.id}: {why}"
            for wording, why in FORBIDDEN_PIECES.items()
            if any(fold_name(wording) in label for label in labels)
        ]
    return found


def _completeness(procedure: Procedure) -> list[str]:
    found = []
    if procedure.status in {"abolished", "elsewhere", "abroad_only"} and procedure.instead is None:
        found.append("instead is missing: the guide must tell people what to do")
    if requestable(procedure) and procedure.template is None:
        found.append("template is missing: what is granted must be printable")
    if not procedure.sources:
        found.append("sources is empty: only what is published may be asked for")
    for names in ([piece.id for piece in procedure.pieces], [field.id for field in procedure.fields]):
        found += [f"{name} appears twice" for name in sorted({name for name in names if names.count(name) > 1})]
    lists = [field for field in procedure.fields if field.kind == "choice"]
    found += [f"field {field.id} offers no choices" for field in lists if not field.choices]
    return found


def check_answers(procedure: Procedure, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the form's answers, checked, in canonical form; raises PersonErrors, each naming its field."""
    errors: list[PersonError] = []
    checked: dict[str, str] = {}
    for field in procedure.fields:
        try:
            answer = check_answer(field, answers.get(field.id, ""))
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


def check_answer(field: Field, answer: str) -> str:
    """Return one answer, checked; raises PersonError naming the field."""
    answer = answer.strip()
    if not answer:
        if field.required:
            raise PersonError(N_("This question needs an answer."), field=field.id)
        return ""
    if field.kind == "choice" and answer not in {choice.id for choice in field.choices}:
        raise PersonError(N_("Choose one of the answers."), field=field.id)
    if field.kind == "month" and not MONTH.fullmatch(answer):
        raise PersonError(N_("Write the month and the year, for example 2019-03."), field=field.id)
    return check_text(answer, field=field.id, longest=min(field.max_length, LONGEST_ANSWER))
