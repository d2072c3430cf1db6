"""What each event changes in a case that it fits; the state that follows is the table's (`casework.TRANSITIONS`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from protocol.office.case import Appeal, Case, Certificate, Decision, Enquiry, Message, Scan, State, Step, Void
from protocol.office.events import (
    AppealAnswered,
    AppealLodged,
    ApplicantCorrected,
    CertificateAnnulled,
    CertificateCollected,
    CertificateReplaced,
    CertificateSealed,
    DeadlineReached,
    DecisionTaken,
    DossierCompleted,
    EnquiryReported,
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    PieceScanned,
    PiecesRequested,
    RequestSubmitted,
    ScanRemoved,
    kind_of,
)

Then = tuple[State, ...]
Change = Callable[[Case, Any, int, Then], Case]

ANSWERS = (State.READY, State.REFUSED)
"""The states whose message tells the answer itself; others tell of a missing piece, of silence, of a delay."""


def opened(event: RequestSubmitted, hash_: bytes, time_ms: int) -> Case:
    """Return the case that a request opens."""
    return Case(
        state=State.SUBMITTED,
        account=event.account,
        reference=event.reference,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        answers=event.answers,
        applicant=event.applicant,
        language=event.language,
        submitted_ms=time_ms,
        due=_day(event.due),
        represented_by=event.represented_by,
        heads=(hash_,),
        history=(Step(kind_of(event), time_ms, event.by),),
    )


def _day(text: str) -> date | None:
    """Return an ISO date of an event, None where it is none: folding is total."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moved(case: Case, _event: object, _time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0])


def _asked(case: Case, event: PiecesRequested, _time_ms: int, then: Then) -> Case:
    until = _day(event.until)
    return replace(case, state=then[0], asked=tuple(event.pieces), asked_until=until, complete_ms=None, marks=())


def _completed(case: Case, event: DossierCompleted, time_ms: int, then: Then) -> Case:
    return replace(
        case,
        state=then[0] if event.enquiry else then[1],
        complete_ms=time_ms,
        pieces=tuple(piece.id for piece in event.pieces),
        due=_day(event.due) or case.due,
        marks=(),
    )


def _scanned(case: Case, event: PieceScanned, time_ms: int, then: Then) -> Case:
    if any((one.piece, one.blob) == (event.piece, event.blob) for one in case.scans_held):
        return replace(case, state=then[0])  # on another branch of the log too
    scan = Scan(event.piece, event.blob, event.size, event.media, time_ms)
    return replace(case, state=then[0], scans=(*case.scans, scan))


def _unscanned(case: Case, event: ScanRemoved, _time_ms: int, then: Then) -> Case:
    named = (event.piece, event.blob, "")
    scans = (
        replace(one, removed=event.cause) if (one.piece, one.blob, one.removed) == named else one for one in case.scans
    )
    return replace(case, state=then[0], scans=tuple(scans))


def _enquired(case: Case, event: EnquiryReported, time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0], enquiry=Enquiry(event.outcome, event.by_title, event.on, event.note, time_ms))


def _decided(case: Case, event: DecisionTaken, time_ms: int, then: Then) -> Case:
    decision = Decision(
        outcome=event.outcome,
        reason_code=event.reason_code,
        reason_text=event.reason_text,
        by=event.by,
        time_ms=time_ms,
        sheet=event.sheet,
        signature=event.signature,
        signer=event.signer,
    )
    return replace(case, state=then[0] if event.outcome == "approved" else then[1], decision=decision, told=False)


def _undone(case: Case, _event: object, _time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0], decision=None)


def _sealed(case: Case, event: CertificateSealed, time_ms: int, then: Then) -> Case:
    paper = (event.serial, event.pdf_hash, event.blob, event.token, event.template)
    certificate = Certificate(*paper, time_ms, event.expires_ms, event.size)
    return replace(case, state=then[0], certificate=certificate)


def _collected(case: Case, event: CertificateCollected, _time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0], collected_by=event.collected_by)


def _queued(case: Case, event: MessageQueued, time_ms: int, then: Then) -> Case:
    message = Message(event.message, event.template, event.language, "queued", 0, time_ms)
    told = case.told or case.state in ANSWERS
    return replace(case, state=then[0], messages=(*case.messages, message), told=told)


def _attempted(case: Case, event: MessageAttempted, time_ms: int, _then: Then) -> Case:
    return _message(case, event.message, state="sending", attempts=event.attempt, updated_ms=time_ms)


def _sent(case: Case, event: MessageSent, time_ms: int, _then: Then) -> Case:
    return _message(case, event.message, state="sent", attempts=event.attempt, updated_ms=time_ms, why="")


def _failed(case: Case, event: MessageFailed, time_ms: int, _then: Then) -> Case:
    state = "failed" if event.final else "waiting"
    return _message(case, event.message, state=state, attempts=event.attempt, updated_ms=time_ms, why=event.why)


def _message(case: Case, message: str, **changes: Any) -> Case:
    return replace(
        case, messages=tuple(replace(one, **changes) if one.message == message else one for one in case.messages)
    )


def _corrected(case: Case, event: ApplicantCorrected, _time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0], applicant=event.applicant)


def _reached(case: Case, event: DeadlineReached, _time_ms: int, then: Then) -> Case:
    return replace(case, state=then[0], marks=(*case.marks, event.mark))


def _appealed(case: Case, event: AppealLodged, time_ms: int, then: Then) -> Case:
    appeal = Appeal(event.grounds, event.by, time_ms)
    if case.decision is not None:
        appeal = replace(appeal, against_code=case.decision.reason_code, against_text=case.decision.reason_text)
    return replace(case, state=then[0], appeal=appeal)


def _answered(case: Case, event: AppealAnswered, time_ms: int, then: Then) -> Case:
    appeal = case.appeal and replace(
        case.appeal,
        outcome=event.outcome,
        reason_text=event.reason_text,
        answered_by=event.by,
        answered_ms=time_ms,
    )
    if event.outcome == "rejected":
        return replace(case, state=then[0], appeal=appeal, told=False)
    case = replace(case, state=then[1], appeal=appeal, decision=None, told=False)
    return replace(case, due=_day(event.due) or case.due, complete_ms=time_ms, marks=())


def _void(case: Case, serial: str, cause: str, time_ms: int) -> Void:
    sealed = case.certificate
    return Void(serial, cause, time_ms, sealed.expires_ms if sealed and sealed.serial == serial else None)


def _annulled(case: Case, event: CertificateAnnulled, time_ms: int, then: Then) -> Case:
    void = (*case.void, _void(case, event.serial, "annulled", time_ms))
    due = _day(event.due) or case.due
    case = replace(case, state=then[0], void=void, certificate=None, decision=None, told=False, collected_by=None)
    return replace(case, due=due, complete_ms=time_ms, marks=())


def _replaced(case: Case, event: CertificateReplaced, time_ms: int, then: Then) -> Case:
    void = (*case.void, _void(case, event.serial, event.cause, time_ms))
    case = replace(case, state=then[0], void=void, certificate=None, collected_by=None)
    return replace(case, told=True)  # the answer was in his hand


def _told(case: Case, _event: object, time_ms: int, _then: Then) -> Case:
    told = (one if one.state == "sent" else replace(one, state="told", updated_ms=time_ms) for one in case.messages)
    return replace(case, messages=tuple(told))


CHANGES: Mapping[str, Change] = {
    "pieces.requested": _asked,
    "dossier.completed": _completed,
    "enquiry.reported": _enquired,
    "decision.taken": _decided,
    "decision.undone": _undone,
    "certificate.sealed": _sealed,
    "certificate.ready": _moved,
    "certificate.collected": _collected,
    "message.queued": _queued,
    "message.attempted": _attempted,
    "message.sent": _sent,
    "message.failed": _failed,
    "message.told_in_person": _told,
    "request.withdrawn": _moved,
    "request.lapsed": _moved,
    "appeal.lodged": _appealed,
    "appeal.answered": _answered,
    "applicant.corrected": _corrected,
    "deadline.reached": _reached,
    "certificate.annulled": _annulled,
    "certificate.replaced": _replaced,
    "piece.scanned": _scanned,
    "scan.removed": _unscanned,
}
"""Kind of event -> what it changes."""

NOTES: Mapping[str, Callable[[Any], str]] = {
    "enquiry.reported": lambda event: str(event.outcome),
    "decision.taken": lambda event: str(event.outcome),
    "message.failed": lambda event: "final" if event.final else "for_now",
    "appeal.answered": lambda event: str(event.outcome),
    "deadline.reached": lambda event: str(event.mark),
    "certificate.replaced": lambda event: str(event.cause),
    "scan.removed": lambda event: str(event.cause),
    "certificate.collected": lambda event: "representative" if event.collected_by == "representative" else "",
}
"""The word that the history keeps of an event."""
