"""A case as its events fold it: what screens read and services decide upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from protocol.office.events import Actor, Applicant, Language


class State(Enum):
    """Where a request is. CONFLICT wants a supervisor."""

    SUBMITTED = "submitted"
    AWAITING_PIECES = "awaiting_pieces"
    FIELD_ENQUIRY = "field_enquiry"
    UNDER_DECISION = "under_decision"
    APPROVED = "approved"
    REFUSED = "refused"
    READY = "ready"
    COLLECTED = "collected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Step:
    """One event in a case's history. `note` is its outcome in one word; `lawful` is False when it met a state that it
    does not fit, and so changed nothing."""

    kind: str
    time_ms: int
    by: Actor | None
    note: str = ""
    lawful: bool = True


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What the moqaddem or cheikh found on the day `on` (ISO date); entered at `time_ms`."""

    outcome: str
    by_title: str
    on: str
    note: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision that stands: the signed sheet's bytes, the signature, and the key (Ed25519) that made it."""

    outcome: str
    reason_code: str
    reason_text: str
    by: Actor
    time_ms: int
    sheet: bytes
    signature: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """The sealed certificate: `blob` opens its file in the store, `token` is the text of its QR code."""

    serial: str
    pdf_hash: bytes
    blob: bytes
    token: str
    template: str
    time_ms: int


@dataclass(frozen=True, slots=True)
class Message:
    """A call to the citizen. `state`: queued, sending, waiting (failed for now), sent, failed (for good), told."""

    message: str
    template: str
    language: Language
    state: str
    attempts: int
    updated_ms: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A request, folded. `due` is provisional until `complete_ms` is known; `heads` are what the next event follows."""

    state: State
    account: bytes
    reference: str
    procedure: str
    procedure_version: int
    answers: Mapping[str, str]
    applicant: Applicant
    language: Language
    submitted_ms: int
    due: date | None
    complete_ms: int | None = None
    asked: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    enquiry: Enquiry | None = None
    decision: Decision | None = None
    certificate: Certificate | None = None
    messages: tuple[Message, ...] = ()
    heads: tuple[bytes, ...] = ()
    history: tuple[Step, ...] = field(default=())
    frozen: bool = False
