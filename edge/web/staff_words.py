"""The words in which the staff screens tell who acted, what the citizen knows, and how near a deadline is.

Labels are msgids; the templates translate them. What a step is called stands in `protocol.office.labels`.
"""

from __future__ import annotations

from collections.abc import Mapping

from protocol.errors import N_

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

MARKS: Mapping[int, tuple[str, str]] = {
    50: ("sent", N_("half the delay used")),
    80: ("wait", N_("answer soon")),
    100: ("refused", N_("delay over")),
}
"""How much of the legal delay has passed (percent): colour and word."""
CAUSES: Mapping[str, str] = {"lost": N_("lost"), "damaged": N_("damaged")}
"""Why a duplicate is made."""

VOID: Mapping[str, str] = {
    "annulled": N_("annulled"),
    "replaced": N_("replaced by a duplicate"),
    "lost": N_("lost, replaced"),
    "damaged": N_("damaged, replaced"),
}
"""Why a certificate counts no more."""


PAPERS: Mapping[str, str] = {
    "incomplete": N_("Incomplete receipt (PDF)"),
    "silence": N_("Proof of silence (PDF)"),
    "refusal": N_("Refusal, with the way to appeal (PDF)"),
    "appeal": N_("Receipt of the appeal (PDF)"),
}
"""What the papers about a request are called (`services.notices`)."""

APPEALS: Mapping[str, str] = {
    "rejected": N_("The refusal stands"),
    "reopened": N_("The request is open again: the authority agent decides anew"),
}
"""What a supervisor may answer to an appeal."""


def told_label(told: str) -> str:
    """Return the msgid that says what the applicant knows."""
    return TOLD.get(told, TOLD["queued"])


def role_label(role: str) -> str:
    """Return the msgid for an actor's role."""
    return ROLES.get(role, ROLES["system"])
