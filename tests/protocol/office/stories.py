"""What the stories of casework are told with: a procedure, the people who act, and a pen that writes lawful facts."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, Protocol

import msgspec

from protocol.office import casework
from protocol.office.case import Case
from protocol.office.catalogue import Bilingual, Choice, Field, Piece, Procedure
from protocol.office.events import (
    Actor,
    AppealAnswered,
    AppealLodged,
    Applicant,
    ApplicantCorrected,
    CaseEvent,
    CertificateAnnulled,
    CertificateCollected,
    CertificateReady,
    CertificateReplaced,
    CertificateSealed,
    DeadlineReached,
    DecisionTaken,
    DecisionUndone,
    DossierCompleted,
    EnquiryReported,
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    PieceScanned,
    PieceSeen,
    PiecesRequested,
    RequestLapsed,
    RequestSubmitted,
    RequestWithdrawn,
    ScanRemoved,
    ToldInPerson,
)
from protocol.office.facts import Fact
from protocol.office.scan_events import Removal
from protocol.records.hashing import digest

CITIZEN = Actor(role="citizen", id="account", name="Fatima El Amrani", name_ar="فاطمة العمراني")
CLERK = Actor(role="clerk", id="samira", name="Samira")
AGENT = Actor(role="authority", id="driss", name="Driss")
OTHER_AGENT = Actor(role="authority", id="hamid", name="Hamid")
SUPERVISOR = Actor(role="supervisor", id="nadia", name="Nadia")
SYSTEM = Actor(role="system", id="annexe", name="Mulhaqa")
ADMIN = Actor(role="admin", id="root", name="Root")
EVERYONE = (CITIZEN, CLERK, AGENT, OTHER_AGENT, SUPERVISOR, SYSTEM, ADMIN)

TEXT = Bilingual(ar="نص", fr="texte")

PROCEDURE = Procedure(
    id="residence",
    version=3,
    status="active",
    topic="home",
    name=TEXT,
    summary=TEXT,
    sources=["https://example.org"],
    verified_on="2026-11-24",
    pieces=[
        Piece(id="cnie", label=TEXT, needs="original_shown"),
        Piece(id="bill", label=TEXT, needs="left", legal_basis=TEXT),
    ],
    fields=[
        Field(
            id="purpose",
            kind="choice",
            label=TEXT,
            choices=[Choice("school", TEXT), Choice("other", TEXT)],
        ),
        Field(id="since", kind="month", label=TEXT),
        Field(id="near", kind="text", label=TEXT, required=False, max_length=20),
    ],
    decided_by="authority",
    field_enquiry=True,
    template="residence",
)

APPLICANT = Applicant(
    cnie="FA123456",
    name_fr="Fatima El Amrani",
    name_ar="فاطمة العمراني",
    phone="+212612345678",
    birth_date="1987-03-12",
    address="12, rue de Fès, Berkane",
)

Heads = Sequence[bytes]


class Write(Protocol):
    """What the stories write events with."""

    def __call__(self, follows: Heads, by: Actor = ...) -> CaseEvent: ...


def submitted(follows: Heads = (), by: Actor = CITIZEN) -> RequestSubmitted:
    return RequestSubmitted(
        follows=list(follows),
        account=b"a" * 16,
        reference="B05-7K3MQ-2X9RT",
        procedure=PROCEDURE.id,
        procedure_version=PROCEDURE.version,
        answers={"purpose": "school", "since": "2019-03"},
        applicant=APPLICANT,
        language="ar",
        due="2027-01-23",
        by=by,
    )


def asked(follows: Heads, by: Actor = CLERK) -> PiecesRequested:
    return PiecesRequested(follows=list(follows), pieces=["bill"], by=by)


def completed(follows: Heads, by: Actor = CLERK, *, enquiry: bool = True) -> DossierCompleted:
    pieces = [PieceSeen(id=piece.id, provenance="shown") for piece in PROCEDURE.pieces]
    return DossierCompleted(follows=list(follows), pieces=pieces, due="2027-02-01", enquiry=enquiry, by=by)


def enquired(follows: Heads, by: Actor = CLERK) -> EnquiryReported:
    return EnquiryReported(
        follows=list(follows), outcome="favourable", by_title="moqaddem", on="2026-11-26", note="", by=by
    )


def granted(follows: Heads, by: Actor = AGENT) -> DecisionTaken:
    return DecisionTaken(
        follows=list(follows),
        sheet=b"sheet",
        signature=b"s" * 64,
        signer=b"k" * 32,
        outcome="approved",
        reason_code="",
        reason_text="",
        by=by,
    )


def refused(follows: Heads, by: Actor = AGENT, *, reason: str = "Not found at this address.") -> DecisionTaken:
    return DecisionTaken(
        follows=list(follows),
        sheet=b"other sheet",
        signature=b"s" * 64,
        signer=b"k" * 32,
        outcome="refused",
        reason_code="not_resident",
        reason_text=reason,
        by=by,
    )


def undone(follows: Heads, by: Actor = AGENT) -> DecisionUndone:
    return DecisionUndone(follows=list(follows), by=by)


def sealed(follows: Heads, by: Actor = SYSTEM) -> CertificateSealed:
    return CertificateSealed(
        follows=list(follows),
        serial="abc",
        pdf_hash=b"h" * 32,
        blob=b"b" * 32,
        token="MLQ1:X",
        template="residence",
        by=by,
    )


def ready(follows: Heads, by: Actor = CLERK) -> CertificateReady:
    return CertificateReady(follows=list(follows), printed=True, stamped=True, by=by)


def collected(follows: Heads, by: Actor = CLERK) -> CertificateCollected:
    return CertificateCollected(follows=list(follows), card_seen=True, by=by)


def queued(follows: Heads, by: Actor = SYSTEM) -> MessageQueued:
    return MessageQueued(follows=list(follows), message="m1", template="ready", language="ar", part_count=1, by=by)


def attempted(follows: Heads, by: Actor = SYSTEM) -> MessageAttempted:
    return MessageAttempted(follows=list(follows), message="m1", attempt=1, by=by)


def sent(follows: Heads, by: Actor = SYSTEM) -> MessageSent:
    return MessageSent(follows=list(follows), message="m1", attempt=1, by=by)


def failed(follows: Heads, by: Actor = SYSTEM, *, final: bool = True) -> MessageFailed:
    return MessageFailed(follows=list(follows), message="m1", attempt=1, final=final, why="no network", by=by)


def told(follows: Heads, by: Actor = CLERK) -> ToldInPerson:
    return ToldInPerson(follows=list(follows), by=by)


def withdrawn(follows: Heads, by: Actor = CITIZEN) -> RequestWithdrawn:
    return RequestWithdrawn(follows=list(follows), by=by)


def lapsed(follows: Heads, by: Actor = SYSTEM) -> RequestLapsed:
    return RequestLapsed(follows=list(follows), by=by)


def appealed(follows: Heads, by: Actor = CITIZEN) -> AppealLodged:
    return AppealLodged(follows=list(follows), grounds="I live there.", by=by)


def answered(follows: Heads, by: Actor = SUPERVISOR, *, reopened: bool = False) -> AppealAnswered:
    outcome: Literal["rejected", "reopened"] = "reopened" if reopened else "rejected"
    return AppealAnswered(
        follows=list(follows),
        outcome=outcome,
        reason_text="The neighbours were heard.",
        due="2027-03-01" if reopened else "",
        by=by,
    )


def reopened(follows: Heads, by: Actor = SUPERVISOR) -> AppealAnswered:
    return answered(follows, by, reopened=True)


def corrected(follows: Heads, by: Actor = CLERK) -> ApplicantCorrected:
    right = msgspec.structs.replace(APPLICANT, name_fr="Fatima Zahra El Amrani", verified=True)
    return ApplicantCorrected(follows=list(follows), applicant=right, by=by)


def reached(follows: Heads, by: Actor = SYSTEM, *, mark: Literal[50, 80, 100] = 50) -> DeadlineReached:
    return DeadlineReached(follows=list(follows), mark=mark, due="2027-02-01", by=by)


def annulled(follows: Heads, by: Actor = AGENT) -> CertificateAnnulled:
    return CertificateAnnulled(
        follows=list(follows),
        serial="abc",
        reason_code="wrong_name",
        reason_text="The name was misspelt.",
        due="2027-03-01",
        by=by,
    )


def replaced(follows: Heads, by: Actor = CLERK) -> CertificateReplaced:
    return CertificateReplaced(follows=list(follows), serial="abc", cause="lost", by=by)


def sealed_again(follows: Heads, by: Actor = SYSTEM) -> CertificateSealed:
    return msgspec.structs.replace(sealed(follows, by), serial="def", replaces="abc")


def scanned(follows: Heads, by: Actor = CLERK, *, page: bytes = b"1") -> PieceScanned:
    blob = digest("blob-list", page)
    return PieceScanned(follows=list(follows), piece="bill", blob=blob, size=4000, media="image/jpeg", by=by)


def unscanned(follows: Heads, by: Actor = CLERK, *, page: bytes = b"1") -> ScanRemoved:
    cause: Removal = "retention" if by is SYSTEM else "mistake"
    return ScanRemoved(follows=list(follows), piece="bill", blob=digest("blob-list", page), cause=cause, by=by)


WRITERS: tuple[Write, ...] = (
    submitted, asked, completed, enquired, granted, refused, undone, sealed, ready, collected,
    queued, attempted, sent, failed, told, withdrawn, lapsed, appealed, answered, reopened, corrected, reached,
    annulled, replaced, sealed_again, scanned, unscanned,
)  # fmt: skip
"""A writer or two for each kind of event: `write(follows, by=...)`."""


def fact(event: CaseEvent | None, name: str, time_ms: int = 1_000) -> Fact:
    """A fact whose hash stands for its place in the story."""
    return Fact(hash=blake2b(name.encode(), digest_size=32).digest(), time_ms=time_ms, event=event)


class Story:
    """Tells a case event by event, each judged before it is folded."""

    def __init__(self, procedure: Procedure = PROCEDURE) -> None:
        self.procedure = procedure
        self.facts: list[Fact] = []
        self.folded: Case | None = None

    @property
    def case(self) -> Case:
        assert self.folded is not None
        return self.folded

    @property
    def heads(self) -> tuple[bytes, ...]:
        return self.folded.heads if self.folded else ()

    def then(self, event: CaseEvent) -> Story:
        """One more event, refused as `check` refuses it."""
        casework.check(self.folded, event, self.procedure)
        one = fact(event, f"{len(self.facts)}", 1_000 * len(self.facts))
        self.facts.append(one)
        self.folded = casework.apply(self.folded, one)
        return self


def under_decision() -> Story:
    """A story up to the moment when the agent has it."""
    story = Story()
    for write in (submitted, completed, enquired):
        story.then(write(story.heads))
    return story
