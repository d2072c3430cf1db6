"""From a document's data to what its template shows: rows with labels, texts in both languages, the QR code as SVG.

Pure: the same data give the same page. Templates hold the layout and no decision.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import msgspec
import segno

from edge.press import wording
from edge.press.documents import (
    CertificateData,
    DeclarationData,
    Language,
    Paper,
    Person,
    PieceLine,
    ReceiptData,
    StandIn,
)
from protocol.office.attestation import PREFIX, Claims, Represented
from protocol.office.calendar import local_date, local_time
from protocol.office.catalogue import Bilingual

Page = dict[str, Any]
"""JSON-like data for a template."""

CODE_MASK = 0


def receipt_page(data: ReceiptData, language: Language, paper: Paper) -> Page:
    """Return what `receipt.typ` shows, `language` first."""
    return {"paper": paper, **ticket_page(data, language)}


def ticket_page(data: ReceiptData, language: Language) -> Page:
    """Return what `ticket.typ` shows, `language` first: the receipt for a paper of any length."""
    due = wording.day_in_words(data.due) if data.due else None
    return {
        "first": language,
        "second": "fr" if language == "ar" else "ar",
        "issuer": msgspec.to_builtins(data.issuer),
        "reference": data.reference,
        "rows": _receipt_rows(data),
        "pieces": [_piece(piece) for piece in data.pieces],
        "due": both(due),
        "due_lines": wording.due_lines(data),
        "note": both(data.note),
        "once": wording.ONCE,
        "follow": wording.FOLLOW,
        "follow_url": data.follow_url,
        "appeal": wording.APPEAL,
        "qr": qr_svg(data.follow_url),
    }


def _receipt_rows(data: ReceiptData) -> list[Page]:
    day = wording.day_in_words(local_date(data.submitted_ms))
    hour = local_time(data.submitted_ms)
    moment = Bilingual(ar=f"{day.ar}، {hour}", fr=f"{day.fr}, {hour}")
    rows = [
        row(wording.REFERENCE, data.reference),
        row(wording.SUBMITTED, moment),
        row(wording.REQUEST, data.procedure),
        *identity_rows(data.person),
        *stand_in_rows(data.represented_by),
    ]
    if data.represented_by is not None:
        rows.append(row(wording.BASIS, data.represented_by.basis))
    return [*rows, row(wording.HELPER, data.helper)] if data.helper else rows


def identity_rows(person: Person) -> list[Page]:
    """Name and number; who has no document has no number."""
    name = wording.ASSOCIATION_NAME if person.document == "association" else wording.NAME
    rows = [row(name, Bilingual(ar=person.name_ar, fr=person.name_fr))]
    number = wording.NUMBERS.get(person.document)
    return rows if number is None else [*rows, row(number, person.cnie)]


def stand_in_rows(by: StandIn | None) -> list[Page]:
    """Who asks for the person, by his capacity, with the number of his own document on the same line."""
    if by is None:
        return []
    number = wording.NUMBERS[by.document]
    shown = Bilingual(ar=f"{by.name_ar}، {number.ar} {by.cnie}", fr=f"{by.name_fr}, {number.fr} {by.cnie}")
    return [row(wording.CAPACITIES[by.capacity], shown)]


def _piece(piece: PieceLine) -> Page:
    return {"label": both(piece.label), "state": piece.state, "word": both(wording.PIECE_STATES[piece.state])}


def declaration_page(data: DeclarationData) -> Page:
    """Return what `declaration.typ` shows: labels with room to write, and the sentence that is signed."""
    return {
        "title": both(data.title),
        "person": [both(label) for label in wording.DECLARED_BY],
        "text": both(data.text),
        "lines": [both(label) for label in data.lines],
        "warning": wording.WARNING,
        "place": both(wording.PLACE),
        "day": both(wording.DAY),
        "signature": both(wording.SIGNATURE),
        "foot": wording.declaration_foot(data),
    }


def certificate_page(data: CertificateData, token: str) -> Page:
    """Return what `certificate.typ` shows; `token` is the text of the QR code."""
    return {
        "title": both(data.title),
        "issuer": msgspec.to_builtins(data.issuer),
        "serial": data.serial,
        "reference": data.reference,
        "replaces": _replaces(data),
        "rows": _certificate_rows(data),
        "statement": wording.statement(data),
        "done": both(wording.done_at(data, local_date(data.issued_ms))),
        "signatory": both(data.signatory),
        "signatory_name": both(data.signatory_name),
        "seal_note": wording.SEAL_NOTE,
        "verify_url": data.verify_url,
        "token": token,
        "qr": qr_svg(token),
    }


def _replaces(data: CertificateData) -> Page | None:
    if data.replaces is None:
        return None
    duplicate, serial = data.replaces.duplicate, data.replaces.serial
    words = wording.TAKES_ITS_PLACE if duplicate else wording.ANNULS
    return {"mark": both(wording.DUPLICATE if duplicate else None), "words": both(words), "serial": serial}


def _certificate_rows(data: CertificateData) -> list[Page]:
    person = data.person
    association = person.document == "association"
    rows = [
        *identity_rows(person),
        row(wording.DECLARED if association else wording.BIRTH_DATE, wording.iso_day_in_words(person.birth_date)),
        row(wording.SEAT if association else wording.ADDRESS, person.address),
        *stand_in_rows(data.represented_by),
        *(row(detail.label, detail.value) for detail in data.details),
    ]
    if data.legal_basis is not None:
        rows.append(row(wording.LEGAL_BASIS, data.legal_basis))
    if data.expires_ms is not None:
        rows.append(row(wording.EXPIRES, wording.day_in_words(local_date(data.expires_ms))))
    return rows


def claims_of(data: CertificateData) -> Claims:
    """Return what the QR code attests: all that the paper says of the person."""
    person = data.person
    return Claims(
        serial=data.serial,
        reference=data.reference,
        annexe=data.issuer.id,
        name_ar=person.name_ar,
        name_fr=person.name_fr,
        cnie=person.cnie,
        birth_date=person.birth_date,
        address=person.address,
        procedure=data.procedure,
        issued_ms=data.issued_ms,
        expires_ms=data.expires_ms,
        details={detail.id: detail.value.fr for detail in data.details},
        document=person.document,
        represented_by=_claimed(data.represented_by),
    )


def _claimed(by: StandIn | None) -> Represented | None:
    if by is None:
        return None
    return Represented(capacity=by.capacity, name_ar=by.name_ar, name_fr=by.name_fr, cnie=by.cnie, document=by.document)


def qr_svg(text: str) -> str:
    """Return `text` as a QR code with error correction M: a crease or a drop of ink costs nothing.

    A sealed text is as good as random, so any mask gives an even pattern: trying all eight would take half the time of
    a certificate.
    """
    mask = CODE_MASK if text.startswith(PREFIX) else None
    drawn = BytesIO()
    code = segno.make(text, error="m", mask=mask, boost_error=False, micro=False)
    code.save(drawn, kind="svg", border=2, xmldecl=False)
    return drawn.getvalue().decode()


def row(label: Bilingual, value: Bilingual | str) -> Page:
    """Return a line of facts: a label in both languages, and its value."""
    return {"label": both(label), "value": value if isinstance(value, str) else both(value)}


def both(text: Bilingual | None) -> dict[str, str] | None:
    """Return a text as templates take it."""
    return None if text is None else {"ar": text.ar, "fr": text.fr}
