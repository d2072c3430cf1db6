"""What happens to a request, from its receipt to the paper in the hand."""

from __future__ import annotations

from typing import Literal

from protocol.office.event_shape import BaseCaseEvent
from protocol.office.parties import Applicant, Collector, Language, PieceSeen, Representative


class RequestSubmitted(BaseCaseEvent, frozen=True, kw_only=True, tag="request.submitted"):
    """A request and its receipt. `account` is the subject of the account, `answers` are the form's, by field.

    `due` (ISO date) is the latest day of an answer if the dossier were complete today. `represented_by` asks for the
    applicant, who cannot or does not come himself.
    """

    account: bytes
    reference: str
    procedure: str
    procedure_version: int
    answers: dict[str, str]
    applicant: Applicant
    language: Language
    due: str
    represented_by: Representative | None = None


class PiecesRequested(BaseCaseEvent, frozen=True, kw_only=True, tag="pieces.requested"):
    """What is missing was asked for: once at most (law 55-19). `until` (ISO date): the request lapses after it."""

    pieces: list[str]
    until: str = ""


class DossierCompleted(BaseCaseEvent, frozen=True, kw_only=True, tag="dossier.completed"):
    """An official has seen every piece: the legal delay counts from here, up to `due` (ISO date).

    `enquiry` says whether this version of the procedure wants a field enquiry that was not made yet.
    """

    pieces: list[PieceSeen]
    due: str
    enquiry: bool


class EnquiryReported(BaseCaseEvent, frozen=True, kw_only=True, tag="enquiry.reported"):
    """What the moqaddem or the cheikh found on the day `on` (ISO date)."""

    outcome: Literal["favourable", "unfavourable"]
    by_title: Literal["moqaddem", "cheikh"]
    on: str
    note: str


class DecisionTaken(BaseCaseEvent, frozen=True, kw_only=True, tag="decision.taken"):
    """The agent's decision: the sheet that he read (canonical bytes), his signature, and the key that made it."""

    sheet: bytes
    signature: bytes
    signer: bytes
    outcome: Literal["approved", "refused"]
    reason_code: str
    reason_text: str


class DecisionUndone(BaseCaseEvent, frozen=True, kw_only=True, tag="decision.undone"):
    """The agent took his decision back before it was sealed or told."""


class CertificateSealed(BaseCaseEvent, frozen=True, kw_only=True, tag="certificate.sealed"):
    """The certificate was made: hash of the PDF, address of the blob that holds it, text of its QR code.

    `replaces` is the serial of the one that is void since, "" for the first. `expires_ms`: the end of its validity,
    None where its paper states none. `size`: bytes of the PDF; 0 where `blob` is no address but, of before certificates
    were blobs, names a file that only the appliance has which sealed it.
    """

    serial: str
    pdf_hash: bytes
    blob: bytes
    token: str
    template: str
    replaces: str = ""
    expires_ms: int | None = None
    size: int = 0


class CertificateReady(BaseCaseEvent, frozen=True, kw_only=True, tag="certificate.ready"):
    """A clerk confirmed that the certificate is printed, and stamped."""

    printed: bool
    stamped: bool


class CertificateCollected(BaseCaseEvent, frozen=True, kw_only=True, tag="certificate.collected"):
    """The certificate was handed over, the card of who took it having been seen."""

    card_seen: bool
    collected_by: Collector = "applicant"


class MessageQueued(BaseCaseEvent, frozen=True, kw_only=True, tag="message.queued"):
    """A text is to be sent: `message` is its random id, `template` which text."""

    message: str
    template: str
    language: Language
    part_count: int


class MessageAttempted(BaseCaseEvent, frozen=True, kw_only=True, tag="message.attempted"):
    """The modem is about to be asked, for the `attempt`-th time."""

    message: str
    attempt: int


class MessageSent(BaseCaseEvent, frozen=True, kw_only=True, tag="message.sent"):
    """The network took the text."""

    message: str
    attempt: int


class MessageFailed(BaseCaseEvent, frozen=True, kw_only=True, tag="message.failed"):
    """The text did not leave, for now or (`final`) for good."""

    message: str
    attempt: int
    final: bool
    why: str


class ToldInPerson(BaseCaseEvent, frozen=True, kw_only=True, tag="message.told_in_person"):
    """An agent told the citizen himself."""


class RequestWithdrawn(BaseCaseEvent, frozen=True, kw_only=True, tag="request.withdrawn"):
    """The citizen does not want it any more."""


class RequestLapsed(BaseCaseEvent, frozen=True, kw_only=True, tag="request.lapsed"):
    """The missing pieces never came."""


class AppealLodged(BaseCaseEvent, frozen=True, kw_only=True, tag="appeal.lodged"):
    """The citizen appeals against the refusal (recours)."""

    grounds: str


class AppealAnswered(BaseCaseEvent, frozen=True, kw_only=True, tag="appeal.answered"):
    """The appeal was answered: the refusal stands, or the agent has the request before him again.

    `due` (ISO date) is the latest day of the new answer, "" where the refusal stands.
    """

    outcome: Literal["rejected", "reopened"]
    reason_text: str
    due: str = ""


class ApplicantCorrected(BaseCaseEvent, frozen=True, kw_only=True, tag="applicant.corrected"):
    """What the request says of the applicant was put right by his card, before anything is decided on it."""

    applicant: Applicant


class DeadlineReached(BaseCaseEvent, frozen=True, kw_only=True, tag="deadline.reached"):
    """So much (`mark`, percent) of the delay that ends on `due` (ISO date) has passed without an answer.

    At 100 the silence goes up to the prefecture and the citizen is given a proof of it. It never grants anything.
    """

    mark: Literal[50, 80, 100]
    due: str


class CertificateAnnulled(BaseCaseEvent, frozen=True, kw_only=True, tag="certificate.annulled"):
    """The agent took back a certificate that is wrong: it is void, and he has the request before him again.

    `due` (ISO date) is the latest day of the new answer.
    """

    serial: str
    reason_code: str
    reason_text: str
    due: str


class CertificateReplaced(BaseCaseEvent, frozen=True, kw_only=True, tag="certificate.replaced"):
    """A certificate was lost or damaged: it is void, and a duplicate is made on the strength of the same decision."""

    serial: str
    cause: Literal["lost", "damaged"]
