"""The duties that come with an event beyond role and state: what law 55-19 and plain sense want of it.

Each duty raises a PersonError with a sentence for whoever can mend it, or a CallerError where only our own code could
have gone wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from protocol.errors import N_, CallerError, PersonError
from protocol.office.applicants import Standing, check_represented
from protocol.office.case import Case
from protocol.office.catalogue import Procedure, check_answers, requestable
from protocol.office.events import (
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
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    PiecesRequested,
    RequestSubmitted,
)
from protocol.office.scan_duties import left_in_the_dossier, removed_once
from protocol.records.blobs import MAX_BLOB
from protocol.records.hashing import HASH_SIZE

Duty = Callable[[Case, Any, Procedure], None]


def asked_here(event: RequestSubmitted, procedure: Procedure) -> None:
    """A request is for a procedure that is asked for here, in its present version, with answers that fit its form."""
    if (event.procedure, event.procedure_version) != (procedure.id, procedure.version) or event.follows:
        raise CallerError("A request names the procedure and version that it is judged by, and follows nothing.")
    if not requestable(procedure):
        raise PersonError(
            N_("This annexe does not deliver this certificate: its page says what to do instead."), status=409
        )
    if check_answers(procedure, event.answers) != event.answers:
        raise CallerError("A request holds its answers as check_answers returned them.")
    _represented(event)


def _represented(event: RequestSubmitted) -> None:
    """Who has no document of his own, and an association, ask through another; age is judged by whoever has a clock."""
    stands = {"none": Standing.CHILD, "association": Standing.ASSOCIATION}.get(event.applicant.document, Standing.ADULT)
    check_represented(stands, event.represented_by)
    if event.represented_by is not None and event.by.role == "citizen":
        raise PersonError(N_("Requests for another person are made at the counter, with both papers."), status=403)


def same_version(case: Case, procedure: Procedure) -> None:
    """A case is judged by the version that it was opened under."""
    if (case.procedure, case.procedure_version) != (procedure.id, procedure.version):
        raise CallerError("A case is judged by the version of the procedure that it was opened under.")


def _asked_once(case: Case, event: PiecesRequested, procedure: Procedure) -> None:
    if case.asked:
        raise PersonError(N_("Missing documents may be asked for once only (law 55-19)."), status=409)
    if not event.pieces:
        raise PersonError(N_("Name the documents that are missing."), field="pieces")
    if not set(event.pieces) <= {piece.id for piece in procedure.pieces}:
        raise PersonError(N_("Only the documents of the catalogue may be asked for (law 55-19)."), field="pieces")


def _complete(case: Case, event: DossierCompleted, procedure: Procedure) -> None:
    if {piece.id for piece in event.pieces} != {piece.id for piece in procedure.pieces}:
        raise PersonError(N_("The dossier is complete once all its documents were seen, no others."), field="pieces")
    if event.enquiry != (procedure.field_enquiry and case.enquiry is None):
        raise CallerError("A complete dossier goes to the field enquiry that its procedure wants, once.")
    try:
        date.fromisoformat(event.due)
    except ValueError as error:
        raise CallerError("The due date is an ISO date.") from error


def _reasoned(_case: Case, event: DecisionTaken, _procedure: Procedure) -> None:
    if event.outcome == "refused" and not (event.reason_code and event.reason_text.strip()):
        raise PersonError(N_("A refusal must give its reason (law 55-19)."), field="reason_text")


def _still_undoable(case: Case, event: DecisionUndone, _procedure: Procedure) -> None:
    if case.decision is None or case.decision.by.id != event.by.id:
        raise PersonError(N_("Only the agent who took this decision can take it back."), status=403)
    if case.certificate is not None or case.told:
        raise PersonError(N_("It is too late to take this decision back: it was sealed or told."), status=409)


def _sealed_once(case: Case, event: CertificateSealed, _procedure: Procedure) -> None:
    if case.certificate is not None:
        raise PersonError(N_("This certificate is sealed already."), status=409)
    if event.replaces != (case.void[-1].serial if case.void else ""):
        raise CallerError("A certificate names the one that it replaces, and no other.")
    if event.size and (len(event.blob) != HASH_SIZE or not 0 < event.size <= MAX_BLOB):
        raise CallerError("A certificate names its blob by an address, and the size of the file in it.")
    if event.serial in {void.serial for void in case.void}:
        raise CallerError("Each certificate has a serial of its own.")


def _paper_in_hand(case: Case, event: CertificateReady, _procedure: Procedure) -> None:
    if case.certificate is None:
        raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=409)
    if not (event.printed and event.stamped):
        raise PersonError(N_("Confirm both: the certificate is printed, and it is stamped."), field="stamped")


def _card_seen(case: Case, event: CertificateCollected, _procedure: Procedure) -> None:
    if not event.card_seen:
        raise PersonError(N_("Look at the person's card first, then confirm that you saw it."), field="card_seen")
    if event.collected_by == "representative" and case.represented_by is None:
        raise PersonError(N_("Nobody asks for this person: hand it to the person himself."), field="collected_by")
    if event.collected_by == "applicant" and case.applicant.document in ("none", "association"):
        raise PersonError(N_("Hand it to who made this request, and look at that person's card."), field="collected_by")


def _put_right(case: Case, event: ApplicantCorrected, _procedure: Procedure) -> None:
    if event.applicant == case.applicant:
        raise PersonError(N_("The request says this already: there is nothing to put right."), status=409)
    if not event.applicant.verified:
        raise CallerError("What a request says is put right by a card that was seen.")


def _new_message(case: Case, event: MessageQueued, _procedure: Procedure) -> None:
    if event.message in {message.message for message in case.messages}:
        raise CallerError("Each message has an id of its own.")


def _known_message(case: Case, event: MessageAttempted | MessageSent | MessageFailed, _procedure: Procedure) -> None:
    if event.message not in {message.message for message in case.messages}:
        raise CallerError("A message is queued before it is tried.")


def _grounds(case: Case, event: AppealLodged, _procedure: Procedure) -> None:
    if case.appeal is not None:
        raise PersonError(
            N_("An appeal was lodged already; after its answer, the way is the administrative court."), status=409
        )
    if not event.grounds.strip():
        raise PersonError(N_("Say what you hold against the refusal."), field="grounds")


def _appeal_answered(case: Case, event: AppealAnswered, _procedure: Procedure) -> None:
    if case.appeal is None or case.appeal.outcome:
        raise PersonError(N_("There is no appeal to answer."), status=409)
    if not event.reason_text.strip():
        raise PersonError(N_("An answer to an appeal must give its reason."), field="reason_text")
    if (event.outcome == "reopened") != bool(event.due):
        raise CallerError("A request that is reopened has a new due date, one whose refusal stands has none.")


def _mark_once(case: Case, event: DeadlineReached, _procedure: Procedure) -> None:
    if case.complete_ms is None or case.due is None or event.due != case.due.isoformat():
        raise CallerError("A mark is set on the delay that runs.")
    if case.marks and event.mark <= case.marks[-1]:
        raise CallerError("Each mark is set once, in their order.")


def _void_as_it_is(case: Case, event: CertificateAnnulled | CertificateReplaced, _procedure: Procedure) -> None:
    if case.certificate is None:
        raise PersonError(N_("This certificate is not sealed yet: wait a minute and try again."), status=409)
    if event.serial != case.certificate.serial:
        raise CallerError("A certificate is made void by its own serial.")


def _annulled_for_a_reason(case: Case, event: CertificateAnnulled, procedure: Procedure) -> None:
    _void_as_it_is(case, event, procedure)
    if not (event.reason_code and event.reason_text.strip()):
        raise PersonError(N_("Say why this certificate is annulled."), field="reason_text")


DUTIES: Final[Mapping[str, Duty]] = {
    "pieces.requested": _asked_once,
    "dossier.completed": _complete,
    "decision.taken": _reasoned,
    "decision.undone": _still_undoable,
    "applicant.corrected": _put_right,
    "appeal.lodged": _grounds,
    "appeal.answered": _appeal_answered,
    "deadline.reached": _mark_once,
    "certificate.annulled": _annulled_for_a_reason,
    "certificate.replaced": _void_as_it_is,
    "piece.scanned": left_in_the_dossier,
    "scan.removed": removed_once,
    "certificate.sealed": _sealed_once,
    "certificate.ready": _paper_in_hand,
    "certificate.collected": _card_seen,
    "message.queued": _new_message,
    "message.attempted": _known_message,
    "message.sent": _known_message,
    "message.failed": _known_message,
}
"""Kind of event -> what it owes beyond its row in the table."""
