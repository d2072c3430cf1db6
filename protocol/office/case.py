"""A case as its events fold it: what screens read and services decide upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from protocol.office.parties import Actor, Applicant, Collector, Language, Representative

SILENCE = 100
"""Percent of the delay at which no answer is silence."""


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
class Scan:
    """A scan of a piece: `blob` is its address, `size` the bytes of the file, `media` its type.

    `removed` says why it is there no more ("mistake", "retention"), "" while it is.
    """

    piece: str
    blob: bytes
    size: int
    media: str
    time_ms: int
    removed: str = ""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that a case names, whatever it is: the address of its blob, the bytes of the file, since when."""

    blob: bytes
    size: int
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
    """The sealed certificate: `blob` names its file of `size` bytes, `token` is the text of its QR code.

    `size` is 0 for one that was sealed before certificates were blobs.
    """

    serial: str
    pdf_hash: bytes
    blob: bytes
    token: str
    template: str
    time_ms: int
    expires_ms: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Void:
    """A certificate that counts no more: why ("annulled", "lost", "damaged"), and since when.

    `expires_ms` is the end of the validity that its paper states: a duplicate takes it over.
    """

    serial: str
    cause: str
    time_ms: int
    expires_ms: int | None = None

    @property
    def replaced(self) -> bool:
        """Whether the decision behind it stands, so that a duplicate takes its place."""
        return self.cause != "annulled"


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the citizen holds against a refusal, and what came of it ("" while nobody has answered).

    `against_code` and `against_text` are the reason of that refusal: a reopened request has no decision any more, and
    the agent reads why it was refused.
    """

    grounds: str
    by: Actor
    time_ms: int
    outcome: str = ""
    reason_text: str = ""
    answered_by: Actor | None = None
    answered_ms: int | None = None
    against_code: str = ""
    against_text: str = ""


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
    """A request, folded. `due` is provisional until `complete_ms` is known; `heads` are what the next event follows.

    `asked_until`: the last day for the pieces that were asked for. `marks`: how much of the delay has passed, as noted
    (percent). `told`: the answer that stands was told, or is being told. `void`: certificates that count no more.
    `papers`: the PDFs of all that was ever sealed, also twice on two branches: somebody may hold each.
    """

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
    represented_by: Representative | None = None
    asked: tuple[str, ...] = ()
    asked_until: date | None = None
    marks: tuple[int, ...] = ()
    pieces: tuple[str, ...] = ()
    scans: tuple[Scan, ...] = ()
    enquiry: Enquiry | None = None
    decision: Decision | None = None
    told: bool = False
    certificate: Certificate | None = None
    void: tuple[Void, ...] = ()
    papers: tuple[KeptFile, ...] = ()
    appeal: Appeal | None = None
    messages: tuple[Message, ...] = ()
    collected_by: Collector | None = None
    heads: tuple[bytes, ...] = ()
    history: tuple[Step, ...] = field(default=())
    frozen: bool = False

    @property
    def identity_seen(self) -> bool:
        """Whether an official has seen the applicant's card: before he asked, or with the pieces."""
        return self.applicant.verified or self.complete_ms is not None or bool(self.pieces)

    @property
    def scans_held(self) -> tuple[Scan, ...]:
        """The scans that can be looked at."""
        return tuple(scan for scan in self.scans if not scan.removed)

    @property
    def files(self) -> tuple[KeptFile, ...]:
        """All that is kept of it as blobs."""
        return (*(KeptFile(one.blob, one.size, one.time_ms) for one in self.scans_held), *self.papers)

    @property
    def scans_read(self) -> tuple[bytes, ...]:
        """The addresses of what a decision rests on: also of scans that were kept as long as they may be since."""
        return tuple(scan.blob for scan in self.scans if scan.removed != "mistake")

    @property
    def silent(self) -> bool:
        """Whether the whole delay has passed without an answer (law 55-19)."""
        return SILENCE in self.marks and self.decision is None
