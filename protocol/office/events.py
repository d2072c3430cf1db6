"""Everything that can happen in an annexe, as typed events.

Rules:

- An event is a frozen struct; its `kind` is its tag. `to_value` gives the map that a record carries, `from_value` reads
  one back: strictly, every field known and present. What a later release wrote is refused as `UnknownEvent`, never
  guessed; the fold then freezes the case until an upgrade.
- Bytes stay bytes, instants are milliseconds since the epoch, days are ISO dates.
- Every event about a case names in `follows` the heads of the case that it was decided upon: hashes of records. The
  first has none. So branches of a cloned appliance stay visible.
- What concerns another person's secret is never in here: a staff event holds no citizen's data and the reverse.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from protocol.errors import PeerError
from protocol.records.encoding import Value

Role: TypeAlias = Literal["citizen", "clerk", "authority", "supervisor", "admin", "system"]
Language: TypeAlias = Literal["ar", "fr"]


class UnknownEvent(PeerError):
    """The record holds an event that this release does not know, or one with other fields."""

    kind = "unknown-event"


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who did it: his role, his login (a citizen's account in text form), and the names that a page shows."""

    role: Role
    id: str
    name: str
    name_ar: str = ""


class Applicant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a request is for, as his account was on that day; `phone` in E.164, `birth_date` ISO."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str


class PieceSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the catalogue, by its id, and where it came from: "shown" at the counter or "held" by the account."""

    id: str
    provenance: Literal["shown", "held"]


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """What all events share: strictness, and `kind` as their tag."""


class _CaseEvent(_Event, frozen=True, kw_only=True):
    """An event about a case: `follows` are the hashes of the case's heads, `by` is who did it."""

    follows: list[bytes]
    by: Actor


class AccountOpened(_Event, frozen=True, kw_only=True, tag="account.opened"):
    """Someone opened his administrative account (CAU), alone or with help. `consent` names the notice agreed to."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str
    pin_hash: str | None
    language: Language
    by: Actor
    assisted: bool
    consent: str


class IdentityVerified(_Event, frozen=True, kw_only=True, tag="account.identity_verified"):
    """An official has seen the card: the account is no longer only declared."""

    by: Actor


class AccountViewed(_Event, frozen=True, kw_only=True, tag="account.viewed"):
    """An agent looked at the account; the citizen reads this in his own history (law 09-08)."""

    by: Actor
    reason: str


class RequestSubmitted(_CaseEvent, frozen=True, kw_only=True, tag="request.submitted"):
    """A request and its receipt. `account` is the subject of the account, `answers` are the form's, by field.

    `due` (ISO date) is the latest day of an answer if the dossier were complete today.
    """

    account: bytes
    reference: str
    procedure: str
    procedure_version: int
    answers: dict[str, str]
    applicant: Applicant
    language: Language
    due: str


class PiecesRequested(_CaseEvent, frozen=True, kw_only=True, tag="pieces.requested"):
    """What is missing was asked for: once at most (law 55-19)."""

    pieces: list[str]


class DossierCompleted(_CaseEvent, frozen=True, kw_only=True, tag="dossier.completed"):
    """An official has seen every piece: the legal delay counts from here, up to `due` (ISO date).

    `enquiry` says whether this version of the procedure wants a field enquiry that was not made yet.
    """

    pieces: list[PieceSeen]
    due: str
    enquiry: bool


class EnquiryReported(_CaseEvent, frozen=True, kw_only=True, tag="enquiry.reported"):
    """What the moqaddem or the cheikh found on the day `on` (ISO date)."""

    outcome: Literal["favourable", "unfavourable"]
    by_title: Literal["moqaddem", "cheikh"]
    on: str
    note: str


class DecisionTaken(_CaseEvent, frozen=True, kw_only=True, tag="decision.taken"):
    """The agent's decision: the sheet that he read (canonical bytes), his signature, and the key that made it."""

    sheet: bytes
    signature: bytes
    signer: bytes
    outcome: Literal["approved", "refused"]
    reason_code: str
    reason_text: str


class DecisionUndone(_CaseEvent, frozen=True, kw_only=True, tag="decision.undone"):
    """The agent took his decision back before it was sealed or told."""


class CertificateSealed(_CaseEvent, frozen=True, kw_only=True, tag="certificate.sealed"):
    """The certificate was made: hash of the PDF, hash under which its sealed file is kept, text of its QR code."""

    serial: str
    pdf_hash: bytes
    blob: bytes
    token: str
    template: str


class CertificateReady(_CaseEvent, frozen=True, kw_only=True, tag="certificate.ready"):
    """A clerk confirmed that the certificate is printed, and stamped."""

    printed: bool
    stamped: bool


class CertificateCollected(_CaseEvent, frozen=True, kw_only=True, tag="certificate.collected"):
    """The certificate was handed over, the card having been seen."""

    card_seen: bool


class MessageQueued(_CaseEvent, frozen=True, kw_only=True, tag="message.queued"):
    """A text is to be sent: `message` is its random id, `template` which text."""

    message: str
    template: str
    language: Language
    part_count: int


class MessageAttempted(_CaseEvent, frozen=True, kw_only=True, tag="message.attempted"):
    """The modem is about to be asked, for the `attempt`-th time."""

    message: str
    attempt: int


class MessageSent(_CaseEvent, frozen=True, kw_only=True, tag="message.sent"):
    """The network took the text."""

    message: str
    attempt: int


class MessageFailed(_CaseEvent, frozen=True, kw_only=True, tag="message.failed"):
    """The text did not leave, for now or (`final`) for good."""

    message: str
    attempt: int
    final: bool
    why: str


class ToldInPerson(_CaseEvent, frozen=True, kw_only=True, tag="message.told_in_person"):
    """An agent told the citizen himself."""


class RequestWithdrawn(_CaseEvent, frozen=True, kw_only=True, tag="request.withdrawn"):
    """The citizen does not want it any more."""


class RequestLapsed(_CaseEvent, frozen=True, kw_only=True, tag="request.lapsed"):
    """The missing pieces never came."""


class AppealLodged(_CaseEvent, frozen=True, kw_only=True, tag="appeal.lodged"):
    """The citizen appeals against the refusal (recours)."""

    grounds: str


class StaffAdded(_Event, frozen=True, kw_only=True, tag="staff.added"):
    """Someone works here from now on."""

    login: str
    name_fr: str
    name_ar: str
    role: Role
    password_hash: str
    language: Language


class StaffPasswordChanged(_Event, frozen=True, kw_only=True, tag="staff.password_changed"):
    """An agent has another password."""

    login: str
    password_hash: str


class AgentKeyEnrolled(_Event, frozen=True, kw_only=True, tag="agent.key_enrolled"):
    """The annexe vouches that `public` (Ed25519) is the key with which this agent signs his decisions."""

    login: str
    public: bytes


class CredentialPublished(_Event, frozen=True, kw_only=True, tag="credential.published"):
    """The prefecture published a credential, in its encoded form."""

    credential: bytes


class CataloguePublished(_Event, frozen=True, kw_only=True, tag="catalogue.published"):
    """The prefecture published a version of a procedure."""

    id: str
    version: int
    document: dict[str, Any]


AccountEvent: TypeAlias = AccountOpened | IdentityVerified | AccountViewed
CaseEvent: TypeAlias = (
    RequestSubmitted
    | PiecesRequested
    | DossierCompleted
    | EnquiryReported
    | DecisionTaken
    | DecisionUndone
    | CertificateSealed
    | CertificateReady
    | CertificateCollected
    | MessageQueued
    | MessageAttempted
    | MessageSent
    | MessageFailed
    | ToldInPerson
    | RequestWithdrawn
    | RequestLapsed
    | AppealLodged
)
OfficeEvent: TypeAlias = StaffAdded | StaffPasswordChanged | AgentKeyEnrolled
PublicEvent: TypeAlias = CredentialPublished | CataloguePublished
Event: TypeAlias = AccountEvent | CaseEvent | OfficeEvent | PublicEvent

CASE_KINDS: frozenset[str] = frozenset(
    str(event.__struct_config__.tag) for event in CaseEvent.__args__
)


def kind_of(event: Event) -> str:
    """Return the event's kind, as records carry it."""
    return str(type(event).__struct_config__.tag)


def to_value(event: Event) -> dict[str, Value]:
    """Return the map that a record carries; bytes stay bytes."""
    value: dict[str, Value] = msgspec.to_builtins(event, builtin_types=(bytes,))
    return value


def from_value(value: dict[str, Value]) -> Event:
    """Read an event back; raises UnknownEvent for a kind or fields that this release does not know."""
    try:
        event: Event = msgspec.convert(value, Event, strict=True, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise UnknownEvent("This record holds an event that this release does not know: upgrade it.") from error
    return event
