"""What may stand in the catalogue: law 55-19 and plain sense, as rules that each find what is wrong in a procedure.

Whoever publishes runs `check_law` first and publishes only what it finds nothing in. Its sentences are for the
catalogue's editor: English, naming the entry by its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from protocol.office.folding import fold_name
from protocol.office.schema import ID, LONGEST_ANSWER, LONGEST_DELAY, SINCE, Bilingual, Procedure, requestable

_CERTIFIED: Final = "a certified copy may not be asked for (law 55-19)"
_LEGALISED: Final = "a legalised signature may not be asked for (law 55-19)"
_CARD: Final = "the national card is shown, not copied (law 55-19)"

FORBIDDEN_PIECES: Final[Mapping[str, str]] = {
    "copie certifiée": _CERTIFIED,
    "copies certifiées": _CERTIFIED,
    "certifiée conforme": _CERTIFIED,
    "certifiées conformes": _CERTIFIED,
    "copie conforme": _CERTIFIED,
    "légalisé": _LEGALISED,
    "légalisation": _LEGALISED,
    "copie de la carte": _CARD,
    "copie de la cnie": _CARD,
    "copie de la cin": _CARD,
    "photocopie de la c": _CARD,
    "طبق الأصل": _CERTIFIED,
    "نسخة مصادق": _CERTIFIED,
    "نسخ مصادق": _CERTIFIED,
    "مشهود بمطابقت": _CERTIFIED,
    "مصادق علي": _LEGALISED,
    "مصحح الإمضاء": _LEGALISED,
    "مصححة الإمضاء": _LEGALISED,
    "تصحيح الإمضاء": _LEGALISED,
    "نسخة من البطاقة الوطنية": _CARD,
    "نسخة من بطاقة التعريف": _CARD,
    "صورة من البطاقة الوطنية": _CARD,
}
"""Wordings, compared folded, and what the law has against them."""

HELD: Final = frozenset(
    {"cnie", "cin", "name", "name_fr", "name_ar", "nom", "prenom", "nom_ar", "nom_fr"}
    | {"phone", "telephone", "tel", "birth_date", "naissance", "adresse", "address"}
)
"""Ids of questions whose answer the account holds: nothing is asked twice (law 55-19)."""


def check_law(procedure: Procedure) -> list[str]:
    """What law or sense has against a procedure, a sentence each; an empty list lets it be published."""
    rules = (_identity, _delay, _pieces, _fields, _status, _choices)
    return [finding for rule in rules for finding in rule(procedure)]


def _identity(procedure: Procedure) -> Iterator[str]:
    pieces, fields = [piece.id for piece in procedure.pieces], [field.id for field in procedure.fields]
    ids = [procedure.id, *pieces, *fields]
    yield from (f"{one!r} is no id: small letters, digits, - and _" for one in ids if not ID.fullmatch(one))
    for names in (pieces, fields):
        yield from (f"{name} appears twice" for name in sorted({name for name in names if names.count(name) > 1}))
    if procedure.version < 1:
        yield "version starts at 1"
    if not _is_day(procedure.verified_on):
        yield "verified_on is the ISO date of the day on which someone last looked"
    if procedure.since is not None and not SINCE.fullmatch(procedure.since):
        yield "since is a year, a month (2021-04) or an ISO date"
    if not procedure.sources:
        yield "sources is empty: only what is published may be asked for"
    yield from (f"{place} is empty in one of its languages" for place, text in _texts(procedure) if not _whole(text))


def _texts(procedure: Procedure) -> Iterator[tuple[str, Bilingual | None]]:
    yield from (("name", procedure.name), ("summary", procedure.summary), ("legal_basis", procedure.legal_basis))
    yield from (("instead", procedure.instead), ("declaration", procedure.declaration), ("fee", procedure.fee))
    yield from ((f"piece {piece.id}", piece.label) for piece in procedure.pieces)
    yield from ((f"field {field.id}", field.label) for field in procedure.fields)
    yield from ((f"choice {choice.id}", choice.label) for field in procedure.fields for choice in field.choices)


def _whole(text: Bilingual | None) -> bool:
    return text is None or bool(text.ar.strip() and text.fr.strip())


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _delay(procedure: Procedure) -> Iterator[str]:
    if not 1 <= procedure.deadline_days <= LONGEST_DELAY:
        yield f"deadline_days is {procedure.deadline_days}: law 55-19 allows 1 to {LONGEST_DELAY} days"
    if procedure.validity_months is not None and procedure.validity_months < 1:
        yield "validity_months is at least 1, or null where it is not known"


def _pieces(procedure: Procedure) -> Iterator[str]:
    for piece in procedure.pieces:
        labels = f"{fold_name(piece.label.fr)} {fold_name(piece.label.ar)}"
        found = {why for wording, why in FORBIDDEN_PIECES.items() if fold_name(wording) in labels}
        yield from (f"piece {piece.id}: {why}" for why in sorted(found))
        if piece.needs == "left" and piece.legal_basis is None:
            yield f"piece {piece.id}: nothing is left in a dossier without a text that asks for it (law 55-19)"


def _fields(procedure: Procedure) -> Iterator[str]:
    for field in procedure.fields:
        if field.id in HELD:
            yield f"field {field.id}: the account holds it, and nothing is asked twice (law 55-19)"
        if not 1 <= field.max_length <= LONGEST_ANSWER:
            yield f"field {field.id}: max_length is 1 to {LONGEST_ANSWER}"


def _choices(procedure: Procedure) -> Iterator[str]:
    for field in procedure.fields:
        ids = [choice.id for choice in field.choices]
        if field.kind == "choice" and len(ids) < 2:
            yield f"field {field.id} offers no choices"
        if field.kind != "choice" and ids:
            yield f"field {field.id} offers choices, but is not of the kind choice"
        if len(set(ids)) != len(ids):
            yield f"field {field.id} offers one choice twice"


def _status(procedure: Procedure) -> Iterator[str]:
    if procedure.status in {"abolished", "elsewhere", "abroad_only"} and procedure.instead is None:
        yield "instead is missing: the guide must tell people what to do"
    told = procedure.since is not None and procedure.declaration is not None and not procedure.pieces
    if procedure.status == "abolished" and not told:
        yield "an abolished procedure has the date since, the declaration to use instead, and no pieces"
    if procedure.status == "active" and procedure.decided_by is None:
        yield "decided_by is missing: someone here must answer"
    if procedure.silence == "acceptance" and procedure.legal_basis is None:
        yield "silence is acceptance only where a text says so: name it in legal_basis, or leave silence null"
    if requestable(procedure) and procedure.template is None:
        yield "template is missing: what is granted must be printable"
    if not requestable(procedure) and (procedure.fields or procedure.template or procedure.field_enquiry):
        yield "fields, template and field_enquiry belong to what is asked for here"
