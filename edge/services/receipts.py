"""What a receipt and a certificate say, taken from a case: the press prints it, it decides nothing."""

from __future__ import annotations

from edge.press.documents import (
    CertificateData,
    Detail,
    Issuer,
    Person,
    PieceLine,
    ReceiptData,
    Replaced,
    StandIn,
)
from edge.press.wording import month_in_words
from edge.services.office import AnnexeProfile, Office
from protocol.errors import OperatorError
from protocol.office.calendar import months_later
from protocol.office.casework import Case
from protocol.office.catalogue import Bilingual, Field, Procedure


def issuer_of(annexe: AnnexeProfile) -> Issuer:
    """Return the heading of whatever this annexe prints."""
    return Issuer(
        id=annexe.id,
        name=Bilingual(ar=annexe.name_ar, fr=annexe.name_fr),
        town=Bilingual(ar=annexe.town_ar, fr=annexe.town_fr),
        province=Bilingual(ar=annexe.province_ar, fr=annexe.province_fr),
    )


def follow_url(annexe: AnnexeProfile, reference: str) -> str:
    """Return the address that a receipt's QR code opens: the state of that request and nothing else."""
    return f"{annexe.origin}/kiosk/follow/{reference}"


def receipt_data(office: Office, case: Case, procedure: Procedure) -> ReceiptData:
    """Return the receipt of law 55-19 for a case as it stands."""
    opened_by = case.history[0].by
    helped = opened_by is not None and opened_by.role != "citizen"
    return ReceiptData(
        issuer=issuer_of(office.annexe),
        reference=case.reference,
        submitted_ms=case.submitted_ms,
        procedure=procedure.name,
        person=named(case),
        represented_by=stand_in(case),
        pieces=[
            PieceLine(label=piece.label, state="expected" if case.complete_ms is None else "shown")
            for piece in procedure.pieces
        ],
        due=case.due,
        deadline_days=procedure.deadline_days,
        provisional=case.complete_ms is None,
        follow_url=follow_url(office.annexe, case.reference),
        note=procedure.receipt,
        helper=Bilingual(ar=opened_by.name_ar, fr=opened_by.name) if opened_by is not None and helped else None,
    )


def certificate_data(office: Office, case: Case, procedure: Procedure, serial: str, issued_ms: int) -> CertificateData:
    """Return the certificate that an approved case is answered with."""
    if procedure.template is None:
        raise OperatorError(f"The procedure {procedure.id} was granted but has no certificate template: correct it.")
    applicant = case.applicant
    return CertificateData(
        template=procedure.template,
        issuer=issuer_of(office.annexe),
        procedure=procedure.id,
        title=procedure.certificate_name or procedure.name,
        reference=case.reference,
        serial=serial,
        person=Person(
            name_ar=applicant.name_ar,
            name_fr=applicant.name_fr,
            cnie=applicant.cnie,
            birth_date=applicant.birth_date,
            address=applicant.address,
            document=applicant.document,
        ),
        represented_by=stand_in(case),
        details=[
            Detail(
                id=field.id,
                label=field.on_paper or field.label,
                value=answer_in_words(field, case.answers[field.id]),
            )
            for field in procedure.fields
            if field.printed and case.answers.get(field.id)
        ],
        issued_ms=issued_ms,
        verify_url=office.annexe.verify_url,
        expires_ms=_expires_ms(case, procedure, issued_ms),
        enquiry_on=None if case.enquiry is None else case.enquiry.on,
        legal_basis=procedure.legal_basis,
        statement=procedure.statement,
        replaces=_replaced(case),
    )


def named(case: Case) -> Person:
    """Return the applicant as a paper that may be lost names him: without birth and address."""
    who = case.applicant
    return Person(name_ar=who.name_ar, name_fr=who.name_fr, cnie=who.cnie, document=who.document)


def stand_in(case: Case) -> StandIn | None:
    """Return who asks for the applicant, None where he asks himself."""
    by = case.represented_by
    if by is None:
        return None
    return StandIn(
        capacity=by.capacity, name_ar=by.name_ar, name_fr=by.name_fr, cnie=by.cnie, document=by.document, basis=by.basis
    )


def _expires_ms(case: Case, procedure: Procedure, issued_ms: int) -> int | None:
    """The end of the validity: a duplicate prolongs nothing, it ends with the one that it takes the place of."""
    before = case.void[-1] if case.void else None
    if before is not None and before.replaced and before.expires_ms is not None:
        return before.expires_ms
    months = procedure.validity_months
    return None if months is None else months_later(issued_ms, months)


def _replaced(case: Case) -> Replaced | None:
    if not case.void:
        return None
    before = case.void[-1]
    return Replaced(serial=before.serial, duplicate=before.replaced)


def answer_in_words(field: Field, answer: str) -> Bilingual:
    """Return an answer in both languages where it was chosen from a list or is a month, as typed otherwise."""
    if field.kind == "month":
        return month_in_words(answer)
    for choice in field.choices:
        if choice.id == answer:
            return choice.label
    return Bilingual(ar=answer, fr=answer)
