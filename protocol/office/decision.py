"""The decision sheet: the canonical bytes that the authority agent's screen renders and that he signs.

    sheet       encode(map of the fields below), the records' closed msgpack
    signature   Ed25519 over "mulhaqa/decision/1\\0" + sheet, by the agent's own key

Everything that the decision rests on is in it, so that the paper trail does not depend on what a database says later:
which case at which heads, which version of the procedure, whose identity, which pieces, which enquiry, which answer and
why. `claimed_ms` is the agent's claim; the decision counts from its entry in the log.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from protocol.errors import PeerError
from protocol.office.parties import Document, Representative
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import SigningKey, verify_signature

MAX_SHEET = 16 * 1024
"""Bytes: the longest answers and notes together take 4 KiB."""

THING = "decision"


class NotASheet(PeerError):
    """The bytes are no decision sheet."""

    kind = "not-a-sheet"


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Whose request it is, as the agent reads it. `document` is left out where `cnie` is a national card's number."""

    cnie: str
    name_fr: str
    name_ar: str
    birth_date: str
    address: str
    document: Document = "cnie"


class EnquiryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The field enquiry, as the agent reads it."""

    outcome: str
    by_title: str
    on: str
    note: str


class DecisionSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One decision, whole; see the head of this module.

    `represented_by` is left out where nobody asks for another, `scans` (addresses of blobs) where no piece was scanned.
    """

    annexe: str
    case: bytes
    follows: list[bytes]
    procedure: str
    procedure_version: int
    reference: str
    identity: Identity
    answers: dict[str, str]
    pieces: list[str]
    enquiry: EnquiryLine | None
    outcome: Literal["approved", "refused"]
    reason_code: str
    reason_text: str
    agent: str
    credential: bytes
    claimed_ms: int
    represented_by: Representative | None = None
    scans: list[bytes] = []


def sheet_bytes(sheet: DecisionSheet) -> bytes:
    """Return the canonical bytes of a sheet."""
    value: Value = msgspec.to_builtins(sheet, builtin_types=(bytes,))
    return encode(value)


def parse_sheet(data: bytes) -> DecisionSheet:
    """Read a sheet; raises NotASheet, or the encoding's refusals for bytes that are not canonical."""
    value = decode(data, max_size=MAX_SHEET)
    try:
        sheet = msgspec.convert(value, DecisionSheet, strict=True, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise NotASheet("These bytes are no decision sheet of this release.") from error
    if sheet_bytes(sheet) != data:
        raise NotASheet("This sheet spells out what a sheet leaves out: it is another one than it seems.")
    return sheet


def sign_sheet(sheet: bytes, signing: SigningKey) -> bytes:
    """Return the agent's signature over the sheet's bytes, as his browser makes it."""
    return signing.sign(THING, sheet)


def verify_sheet(sheet: bytes, public: bytes, signature: bytes) -> None:
    """Raises BadSignature unless the holder of `public` signed these bytes as a decision."""
    verify_signature(public, THING, sheet, signature)
