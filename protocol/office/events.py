"""Everything that can happen in an annexe, as typed events.

Rules:

- An event is a frozen struct; its `kind` is its tag. `to_value` gives the map that a record carries, `from_value` reads
  one back: strictly, every field known and, but for those that a later release added (`event_shape`), present. What a
  later release wrote is refused as `UnknownEvent`, never guessed; the fold then freezes the case until an upgrade.
- Bytes stay bytes, instants are milliseconds since the epoch, days are ISO dates.
- Every event about a case names in `follows` the heads of the case that it was decided upon: hashes of records. The
  first has none. So branches of a cloned appliance stay visible.
- What concerns another person's secret is never in here: a staff event holds no citizen's data and the reverse.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from protocol.errors import PeerError
from protocol.office.account_events import (
    AccountCorrected,
    AccountOpened,
    AccountReadAtPrefecture,
    AccountViewed,
    IdentityVerified,
    PhoneChanged,
    PinChanged,
    PinReset,
)
from protocol.office.case_events import (
    AppealAnswered,
    AppealLodged,
    ApplicantCorrected,
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
    PiecesRequested,
    RequestLapsed,
    RequestSubmitted,
    RequestWithdrawn,
    ToldInPerson,
)
from protocol.office.office_events import (
    AgentKeyEnrolled,
    CalendarPublished,
    CataloguePublished,
    CredentialPublished,
    CredentialRevoked,
    DelegationEnded,
    Holiday,
    RevocationsPublished,
    RevokedAt,
    RoleDelegated,
    ScreenKind,
    ScreenPaired,
    ScreenRemoved,
    ScreenRenamed,
    StaffAdded,
    StaffEnded,
    StaffPasswordChanged,
    StaffResumed,
    VoidSince,
    WhyRevoked,
)
from protocol.office.parties import (
    Actor,
    Applicant,
    Capacity,
    Collector,
    Document,
    Language,
    PieceSeen,
    Representative,
    Role,
)
from protocol.office.scan_events import PieceScanned, ScanRemoved
from protocol.records.encoding import Value

__all__ = [
    "CASE_KINDS", "AccountCorrected", "AccountEvent", "AccountOpened", "AccountReadAtPrefecture", "AccountViewed",
    "Actor", "AgentKeyEnrolled", "AppealAnswered", "AppealLodged", "Applicant", "ApplicantCorrected",
    "CalendarPublished", "Capacity", "CaseEvent", "CataloguePublished", "CertificateAnnulled", "CertificateCollected",
    "CertificateReady", "CertificateReplaced", "CertificateSealed", "Collector", "CredentialPublished",
    "CredentialRevoked", "DeadlineReached", "DecisionTaken", "DecisionUndone", "DelegationEnded", "Document",
    "DossierCompleted", "EnquiryReported", "Event", "Holiday", "IdentityVerified", "Language", "MessageAttempted",
    "MessageFailed", "MessageQueued", "MessageSent", "OfficeEvent", "PhoneChanged", "PieceScanned", "PieceSeen",
    "PiecesRequested", "PinChanged", "PinReset", "PublicEvent", "Representative", "RequestLapsed", "RequestSubmitted",
    "RequestWithdrawn", "RevocationsPublished", "RevokedAt", "Role", "RoleDelegated", "ScanRemoved", "ScreenEvent",
    "ScreenKind", "ScreenPaired", "ScreenRemoved", "ScreenRenamed", "StaffAdded", "StaffEnded", "StaffEvent",
    "StaffPasswordChanged", "StaffResumed", "ToldInPerson", "UnknownEvent", "VoidSince", "WhyRevoked", "from_value",
    "kind_of", "to_value",
]  # fmt: skip


class UnknownEvent(PeerError):
    """The record holds an event that this release does not know, or one with other fields."""

    kind = "unknown-event"


AccountEvent: TypeAlias = (
    AccountOpened
    | IdentityVerified
    | AccountViewed
    | AccountReadAtPrefecture
    | PinReset
    | PinChanged
    | PhoneChanged
    | AccountCorrected
)
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
    | AppealAnswered
    | ApplicantCorrected
    | DeadlineReached
    | CertificateAnnulled
    | CertificateReplaced
    | PieceScanned
    | ScanRemoved
)
StaffEvent: TypeAlias = (
    StaffAdded
    | StaffPasswordChanged
    | StaffEnded
    | StaffResumed
    | RoleDelegated
    | DelegationEnded
    | AgentKeyEnrolled
)
ScreenEvent: TypeAlias = ScreenPaired | ScreenRenamed | ScreenRemoved
OfficeEvent: TypeAlias = StaffEvent | ScreenEvent
PublicEvent: TypeAlias = (
    CredentialPublished | CredentialRevoked | CataloguePublished | CalendarPublished | RevocationsPublished
)
Event: TypeAlias = AccountEvent | CaseEvent | OfficeEvent | PublicEvent

CASE_KINDS: frozenset[str] = frozenset(str(event.__struct_config__.tag) for event in CaseEvent.__args__)


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
