"""What states and steps of a request are called, as msgids: the screens of both sides use the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocol.errors import N_
from protocol.office.case import State

STATE_LABELS: Final[Mapping[State, str]] = {
    State.SUBMITTED: N_("received"),
    State.AWAITING_PIECES: N_("a document is missing"),
    State.FIELD_ENQUIRY: N_("neighbourhood enquiry"),
    State.UNDER_DECISION: N_("waiting for the decision"),
    State.APPROVED: N_("granted, being prepared"),
    State.REFUSED: N_("refused"),
    State.READY: N_("ready to collect"),
    State.COLLECTED: N_("handed over"),
    State.WITHDRAWN: N_("withdrawn"),
    State.LAPSED: N_("lapsed"),
    State.CONFLICT: N_("being checked by a supervisor"),
}

STEP_LABELS: Final[Mapping[str, str]] = {
    "request.submitted": N_("Request filed, receipt given"),
    "pieces.requested": N_("A document was asked for"),
    "dossier.completed": N_("Dossier complete"),
    "enquiry.reported": N_("Field enquiry entered"),
    "decision.taken": N_("Decided and signed"),
    "decision.undone": N_("Decision taken back"),
    "certificate.sealed": N_("Certificate sealed"),
    "certificate.ready": N_("Printed and stamped, ready"),
    "certificate.collected": N_("Handed over, card seen"),
    "message.queued": N_("SMS prepared"),
    "message.attempted": N_("SMS being sent"),
    "message.sent": N_("SMS sent"),
    "message.failed": N_("SMS not sent"),
    "message.told_in_person": N_("Told in person"),
    "request.withdrawn": N_("Withdrawn"),
    "request.lapsed": N_("Lapsed"),
    "appeal.lodged": N_("Appeal lodged"),
    "appeal.answered": N_("Appeal answered"),
    "applicant.corrected": N_("Put right by the card"),
    "deadline.reached": N_("Part of the delay has passed"),
    "certificate.annulled": N_("Certificate annulled"),
    "certificate.replaced": N_("Certificate replaced by a duplicate"),
    "piece.scanned": N_("A document was scanned"),
    "scan.removed": N_("A scan was removed"),
}
"""Kind of event -> its name in the history of a request."""

NOTED_LABELS: Final[Mapping[tuple[str, str], str]] = {
    ("enquiry.reported", "favourable"): N_("Field enquiry favourable"),
    ("enquiry.reported", "unfavourable"): N_("Field enquiry unfavourable"),
    ("decision.taken", "approved"): N_("Granted and signed"),
    ("decision.taken", "refused"): N_("Refused and signed"),
    ("certificate.collected", "representative"): N_("Handed to the representative, card seen"),
    ("appeal.answered", "rejected"): N_("Appeal rejected: the refusal stands"),
    ("appeal.answered", "reopened"): N_("Appeal accepted: the request is open again"),
    ("scan.removed", "retention"): N_("A scan was deleted: it was kept as long as it may be"),
    ("deadline.reached", "50"): N_("Half of the delay has passed"),
    ("deadline.reached", "80"): N_("Four fifths of the delay have passed"),
    ("deadline.reached", "100"): N_("The delay has passed without an answer"),
}
"""Kind of event and the note of its step -> a more precise name."""

OTHER_STEP: Final = N_("A step that this version cannot name")


def step_label(kind: str, note: str = "") -> str:
    """Return the msgid for a step; `note` makes it precise. A kind of a newer release still has a word."""
    return NOTED_LABELS.get((kind, note)) or STEP_LABELS.get(kind) or OTHER_STEP
