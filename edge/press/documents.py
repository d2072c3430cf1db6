"""What the press prints: the data of receipts, certificates and blank forms, as typed messages between two processes.

Everything is data that the services have already decided on; the press adds the fixed wording of the form and nothing
else. Dates kept as text are ISO ("1988-04-12"), times are milliseconds. Texts may hold any character: they reach Typst
as JSON, never as markup.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from protocol.office.catalogue import Bilingual, Template
from protocol.office.parties import Capacity, Document

Language = Literal["ar", "fr"]
Paper = Literal["a4", "a5"]
PieceState = Literal["shown", "missing", "expected"]

OF_THE_ANNEXE = Bilingual(ar="رئيس الملحقة الإدارية", fr="Le chef de l'annexe administrative")


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """The annexe that speaks: its heading. `province_zgh` is the province in Tifinagh, where a name is fixed."""

    id: str
    name: Bilingual
    town: Bilingual
    province: Bilingual
    province_zgh: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """The applicant, as the request has him; `cnie` is the number of his `document`.

    A receipt leaves out `birth_date` and `address`: papers get lost.
    """

    name_ar: str
    name_fr: str
    cnie: str
    birth_date: str = ""
    address: str = ""
    document: Document = "cnie"


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for the applicant: in what capacity, by what document of his own, on what paper (`basis`)."""

    capacity: Capacity
    name_ar: str
    name_fr: str
    cnie: str
    document: Document = "cnie"
    basis: str = ""


class PieceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A piece on the receipt: `shown` to the clerk, `missing` after he looked, `expected` before anyone did."""

    label: Bilingual
    state: PieceState


class ReceiptData(msgspec.Struct, frozen=True, kw_only=True):
    """The receipt of law 55-19 (article 6; model fixed by order 2332.20).

    `due` is the last day for an answer; while `provisional`, it still counts from a dossier that nobody has seen
    complete. `deadline_days` is the delay in calendar days. `follow_url` opens the state of this request and nothing
    else. `helper` names the clerk who opened the request for the person, in both scripts. `note` is what the receipt is
    worth besides, by the catalogue.
    """

    issuer: Issuer
    reference: str
    submitted_ms: int
    procedure: Bilingual
    person: Person
    pieces: list[PieceLine]
    due: date | None
    deadline_days: int
    provisional: bool
    follow_url: str
    helper: Bilingual | None = None
    represented_by: StandIn | None = None
    note: Bilingual | None = None


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """A line that the form adds: `id` is the catalogue's field, `value` its text (twice the same if it was typed)."""

    id: str
    label: Bilingual
    value: Bilingual


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate whose place this one takes: its duplicate, or, once it was annulled, what corrects it."""

    serial: str
    duplicate: bool


class CertificateData(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate, whole.

    `residence` certifies where someone lives, `attestation` that the facts listed are true, or what `statement` says;
    `receipt` that what it says was received. `procedure` is the catalogue's id, `title` the paper's name. `enquiry_on`
    is the day of the field enquiry, ISO, where there was one. `legal_basis` is printed if it is known. `signatory` is
    the title of who signs by hand, `signatory_name` his name, where it may be printed. `replaces`
    counts no more.
    """

    template: Template
    issuer: Issuer
    procedure: str
    title: Bilingual
    reference: str
    serial: str
    person: Person
    details: list[Detail]
    issued_ms: int
    verify_url: str
    expires_ms: int | None = None
    enquiry_on: str | None = None
    legal_basis: Bilingual | None = None
    statement: Bilingual | None = None
    signatory: Bilingual = OF_THE_ANNEXE
    signatory_name: Bilingual | None = None
    represented_by: StandIn | None = None
    replaces: Replaced | None = None


class DeclarationData(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration on honour, blank: nobody's data are in it, and whoever signs it writes his own by hand.

    `text` is what is declared, `lines` the labels of what is written besides; `replaces` names the abolished
    certificate, `since` the ISO day, month or year from which it is no more. `at_ms` dates the file.
    """

    annexe: Bilingual
    title: Bilingual
    text: Bilingual
    lines: list[Bilingual]
    replaces: Bilingual
    since: str | None
    legal_basis: Bilingual | None
    at_ms: int


class SealedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed certificate: the PDF file and the text of its QR code."""

    pdf: bytes
    token: str
