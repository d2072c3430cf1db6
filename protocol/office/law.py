"""What may stand in the catalogue: law 55-19 and plain sense, as rules that each find what is wrong in a procedure.

Whoever publishes runs `check_law` first and publishes only what it finds nothing in. Its sentences are for the
catalogue's editor: English, one a finding, naming the piece, field or entry by its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from protocol.office.folding import fold_name
from protocol.office.forbidden import HELD, asks_the_person, forbidden_in
from protocol.office.schema import (
    ID,
    LONGEST_ANSWER,
    LONGEST_DELAY,
    SINCE,
    Bilingual,
    Field,
    Piece,
    Procedure,
    requestable,
)

HELD_FIELDS: Final = frozenset(
    {"cnie", "cin", "name", "name_fr", "name_ar", "nom", "prenom", "nom_ar", "nom_fr"}
    | {"phone", "telephone", "tel", "birth_date", "naissance", "adresse", "address"}
)
"""Ids of questions whose answer the account holds: nothing is asked twice (law 55-19)."""

ADDRESS: Final = re.compile(r"https?://[^\s/]+\.[^\s]+")
"""A source begins with the address where someone read it; a note may follow."""

ROOM: Final = 420
"""Bytes that the code of a paper has for answers beside the longest name and address of a person: what does not fit
could be granted and never sealed."""

LONGEST_MONTH: Final = len("septembre 2026") + 1
"""Bytes of a month in words, one letter of it with an accent."""

HERE: Final = frozenset({"active", "received_here"})
"""Where this annexe takes the dossier, it may not ask for what annexes deliver."""

NOT_HERE: Final = frozenset({"abolished", "elsewhere", "abroad_only", "received_here"})
"""Where the guide must say what to do."""


def check_law(procedure: Procedure) -> list[str]:
    """What law or sense has against a procedure, a sentence each; an empty list lets it be published."""
    rules = (_identity, _texts, _delay, _pieces, _fields, _choices, _status, _declarations, _paper)
    return [finding for rule in rules for finding in rule(procedure)]


def _identity(procedure: Procedure) -> Iterator[str]:
    pieces, fields = [piece.id for piece in procedure.pieces], [field.id for field in procedure.fields]
    declarations = [declaration.id for declaration in procedure.declarations]
    ids = [procedure.id, *pieces, *fields, *declarations]
    yield from (f"{one!r} is no id: small letters, digits, - and _" for one in ids if not ID.fullmatch(one))
    for names in (pieces, fields, declarations):
        yield from (f"{name} appears twice" for name in sorted({name for name in names if names.count(name) > 1}))
    if procedure.version < 1:
        yield "version starts at 1"
    if procedure.topic is None:
        yield "topic is missing: the guide lists every procedure under an event of life"
    if not _is_day(procedure.verified_on):
        yield "verified_on is the ISO date of the day on which someone last looked"
    if procedure.since is not None and not SINCE.fullmatch(procedure.since):
        yield "since is a year, a month (2021-04) or an ISO date"
    if not procedure.sources:
        yield "sources is empty: only what is published may be asked for"
    named = [*procedure.sources, *(piece.source for piece in procedure.pieces if piece.source is not None)]
    nowhere = [one for one in named if not ADDRESS.match(one)]
    yield from (f"source {one!r} begins with no address: write where it was read" for one in nowhere)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _texts(procedure: Procedure) -> Iterator[str]:
    halves = (place for place, text in _named_texts(procedure) if not _whole(text))
    yield from (f"{place} is empty in one of its languages" for place in halves)


_TEXTS: Final = (
    "name", "summary", "legal_basis", "fee", "delay", "validity", "decided_elsewhere_by", "certificate_name",
    "statement", "receipt", "instead",
)  # fmt: skip


def _named_texts(procedure: Procedure) -> Iterator[tuple[str, Bilingual | None]]:
    for name in _TEXTS:
        yield name, getattr(procedure, name)
    for piece in procedure.pieces:
        yield from ((f"piece {piece.id}", text) for text in (piece.label, piece.legal_basis, piece.note))
    for field in procedure.fields:
        yield from ((f"field {field.id}", text) for text in (field.label, field.hint, field.on_paper))
        yield from ((f"choice {choice.id}", choice.label) for choice in field.choices)
    for declaration in procedure.declarations:
        texts = (declaration.title, declaration.text, *declaration.lines)
        yield from ((f"declaration {declaration.id}", text) for text in texts)


def _whole(text: Bilingual | None) -> bool:
    return text is None or bool(text.ar.strip() and text.fr.strip())


def _delay(procedure: Procedure) -> Iterator[str]:
    if not 1 <= procedure.deadline_days <= LONGEST_DELAY:
        yield f"deadline_days is {procedure.deadline_days}: law 55-19 allows 1 to {LONGEST_DELAY} days"
    if procedure.delay is not None and procedure.status == "active":
        yield "delay is for what others decide: here deadline_days binds, and nothing softer stands beside it"
    if procedure.validity_months is not None and procedure.validity_months < 1:
        yield "validity_months is at least 1, or null where it is not known"
    if procedure.validity_months is not None and procedure.validity is not None:
        yield "validity is for what validity_months cannot say: one of the two"


def _pieces(procedure: Procedure) -> Iterator[str]:
    for piece in procedure.pieces:
        against = _against(piece.label, piece.note)
        yield from (f"piece {piece.id}: {why}" for why in against if why != HELD or procedure.status in HERE)
        if piece.needs == "left" and not _is_based(piece, procedure):
            yield f"piece {piece.id}: nothing is left in a dossier without a text that asks for it (law 55-19)"


def _against(*texts: Bilingual | None) -> list[str]:
    return list(dict.fromkeys(why for text in texts if text is not None for why in forbidden_in(text)))


def _is_based(piece: Piece, procedure: Procedure) -> bool:
    """What is decided here rests on a text; of what others decide, the published list that names it is enough."""
    return piece.legal_basis is not None or (procedure.status != "active" and piece.source is not None)


def _fields(procedure: Procedure) -> Iterator[str]:
    for field in procedure.fields:
        if field.id in HELD_FIELDS or asks_the_person(field.label):
            yield f"field {field.id}: the account holds it, and nothing is asked twice (law 55-19)"
        yield from (f"field {field.id}: {why}" for why in _against(field.label, field.hint))
        if not 1 <= field.max_length <= LONGEST_ANSWER:
            yield f"field {field.id}: max_length is 1 to {LONGEST_ANSWER}"


def _choices(procedure: Procedure) -> Iterator[str]:
    for field in procedure.fields:
        yield from _choices_of(field)


def _choices_of(field: Field) -> Iterator[str]:
    ids = [choice.id for choice in field.choices]
    if field.kind == "choice" and len(ids) < 2:
        yield f"field {field.id} offers no choices"
    if field.kind != "choice" and ids:
        yield f"field {field.id} offers choices, but is not of the kind choice"
    if len(set(ids)) != len(ids):
        yield f"field {field.id} offers one choice twice"


def _status(procedure: Procedure) -> Iterator[str]:
    if procedure.status in NOT_HERE and procedure.instead is None:
        yield "instead is missing: the guide must tell people what to do"
    if procedure.status == "active" and procedure.decided_by is None:
        yield "decided_by is missing: someone here must answer"
    if procedure.silence == "acceptance" and procedure.legal_basis is None:
        yield "silence is acceptance only where a text says so: name it in legal_basis, or leave silence null"
    if procedure.status != "active" and procedure.decided_by is not None:
        yield "decided_by belongs to what is decided here: an entry of another status names nobody of this annexe"
    if procedure.status == "received_here" and (procedure.decided_elsewhere_by is None or procedure.receipt is None):
        yield "what is received here says who decides (decided_elsewhere_by) and what paper is given for it (receipt)"
    asked_for = (procedure.fields, procedure.template, procedure.field_enquiry, procedure.print_on_spot)
    if not requestable(procedure) and any(asked_for):
        yield "fields, template, field_enquiry and print_on_spot belong to what is asked for here"


def _declarations(procedure: Procedure) -> Iterator[str]:
    told = procedure.since is not None and procedure.declarations and not procedure.pieces
    if procedure.status == "abolished" and not told:
        yield "an abolished procedure has the date since, the declarations to use instead, and no pieces"
    for declaration in procedure.declarations:
        if "honneur" not in fold_name(declaration.text.fr) or "شرف" not in fold_name(declaration.text.ar):
            yield f"declaration {declaration.id}: its text says in both languages that it is made on honour"
        wanted = (declaration.title, declaration.text, *declaration.lines)
        yield from (f"declaration {declaration.id}: {why}" for why in _against(*wanted))


def _paper(procedure: Procedure) -> Iterator[str]:
    """What is granted must be printable, and must certify something."""
    if requestable(procedure) and procedure.template is None:
        yield "template is missing: what is granted must be printable"
    if procedure.template == "attestation" and procedure.statement is None and not procedure.fields:
        yield "an attestation certifies what its form says, or its statement: it has neither fields nor statement"
    if procedure.template == "receipt" and procedure.statement is None:
        yield "statement is missing: a receipt says what was received"
    taken = sum(map(_bytes_in_code, procedure.fields))
    if taken > ROOM:
        yield (
            f"the answers may take {taken} bytes, the code of the paper has room for {ROOM}: shorten max_length, or say"
            " printed: false of what the paper need not show"
        )
    written = procedure.statement is not None or procedure.certificate_name is not None
    if written and procedure.template not in {"attestation", "receipt"}:
        yield "statement and certificate_name belong to the templates attestation and receipt"


def _bytes_in_code(field: Field) -> int:
    """What an answer takes in the code at most: its id, its value in French or as typed, and four bytes of framing. An
    Arabic letter is two bytes."""
    if not field.printed:
        return 0
    lengths = {
        "text": 2 * field.max_length,
        "month": LONGEST_MONTH,
        "choice": max((len(choice.label.fr.encode()) for choice in field.choices), default=0),
    }
    return len(field.id) + lengths[field.kind] + 4
