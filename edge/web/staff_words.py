"""The words in which the staff screens tell what happened to a request: every kind of step, role and outcome.

Labels are msgids; the templates translate them. A kind that this release does not know still has a word, so that a
log from a newer release is shown, never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocol.errors import N_

STEPS: Mapping[str, str] = {
    "request.submitted": N_("Request filed, receipt given"),
    "pieces.requested": N_("A document was asked for"),
    "dossier.completed": N_("Dossier complete"),
    "enquiry.reported": N_("Field enquiry entered"),
    "enquiry.reported:favourable": N_("Field enquiry favourable"),
    "enquiry.reported:unfavourable": N_("Field enquiry unfavourable"),
    "decision.taken": N_("Decided and signed"),
    "decision.taken:approved": N_("Granted and signed"),
    "decision.taken:refused": N_("Refused and signed"),
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
}

OTHER_STEP = N_("A step that this version cannot name")

ROLES: Mapping[str, str] = {
    "citizen": N_("the citizen, at the kiosk"),
    "clerk": N_("clerk"),
    "authority": N_("authority agent"),
    "supervisor": N_("supervisor"),
    "admin": N_("administrator"),
    "system": N_("the annexe, by itself"),
}

TOLD: Mapping[str, str] = {
    "": N_("Nothing to tell yet."),
    "none": N_("Nothing to tell yet."),
    "queued": N_("An SMS is on its way."),
    "waiting": N_("The SMS did not leave yet; it will be tried again."),
    "sending": N_("An SMS is on its way."),
    "sent": N_("Told by SMS."),
    "failed": N_("Could not be told by SMS: tell the person here, or on the phone."),
    "told": N_("Told in person."),
}

TITLES: Mapping[str, str] = {"moqaddem": N_("Moqaddem"), "cheikh": N_("Cheikh")}

ENQUIRIES: Mapping[str, str] = {"favourable": N_("favourable"), "unfavourable": N_("unfavourable")}


def step_label(kind: str, outcome: str = "") -> str:
    """Return the msgid for a step of `kind`; `outcome` makes a decision or an enquiry precise."""
    return STEPS.get(f"{kind}:{outcome}") or STEPS.get(kind) or OTHER_STEP


def told_label(told: str) -> str:
    """Return the msgid that says what the applicant knows."""
    return TOLD.get(told, TOLD["queued"])


def role_label(role: str) -> str:
    """Return the msgid for an actor's role."""
    return ROLES.get(role, ROLES["system"])
