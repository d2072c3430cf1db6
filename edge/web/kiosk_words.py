"""The words of the kiosk: how the status of a procedure, the steps of a request and the pages are named. All msgids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.errors import N_
from protocol.office.case import Step
from protocol.office.catalogue import Procedure, Topic


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How a procedure's status is shown: a badge, a sentence on what it means, the heading over what to do."""

    colour: str
    icon: str
    label: str
    sentence: str
    to_do: str = N_("What to do instead")


@dataclass(frozen=True, slots=True)
class TopicLook:
    """How an event of life is shown over its procedures."""

    icon: str
    label: str


TOPICS: Mapping[Topic, TopicLook] = {
    "home": TopicLook("home", N_("Home and address")),
    "family": TopicLook("person", N_("Marriage and family")),
    "life": TopicLook("clock", N_("Proof of life, death and inheritance")),
    "identity": TopicLook("card", N_("Identity and civil status")),
    "travel": TopicLook("walk", N_("Passport and travel")),
    "aid": TopicLook("hand", N_("Social aid")),
    "association": TopicLook("folder", N_("Associations")),
    "property": TopicLook("pin", N_("Land and property")),
}
OTHER_TOPIC = TopicLook("document", N_("Other procedures"))


def topic_look(topic: Topic | None) -> TopicLook:
    """Return how an event of life is shown."""
    return OTHER_TOPIC if topic is None else TOPICS[topic]


STATUSES: Mapping[str, StatusLook] = {
    "active": StatusLook("ready", "check", N_("Delivered by this annexe"), ""),
    "received_here": StatusLook(
        "sent",
        "inbox",
        N_("Handed in here"),
        N_("This annexe receives the request; another office decides."),
        N_("How to do it"),
    ),
    "elsewhere": StatusLook(
        "wait",
        "pin",
        N_("Delivered elsewhere"),
        N_("This annexe does not deliver this document."),
        N_("Where to go"),
    ),
    "abolished": StatusLook(
        "refused", "cross", N_("Abolished"), N_("This certificate does not exist any more: nobody may ask you for it.")
    ),
    "abroad_only": StatusLook(
        "wait",
        "pin",
        N_("Only for use abroad"),
        N_("This document is only made for use abroad."),
        N_("Where to go"),
    ),
    "to_confirm": StatusLook(
        "wait",
        "eye",
        N_("To be confirmed"),
        N_("We are still confirming how this is done. Ask at the counter."),
        N_("What to do now"),
    ),
}


def status_look(procedure: Procedure) -> StatusLook:
    """Return how a procedure's status is shown."""
    return STATUSES.get(str(procedure.status), STATUSES["to_confirm"])


def path_of(procedure: Procedure) -> list[tuple[str, str]]:
    """The way of a request, as (icon, msgid)."""
    enquiry = [("walk", N_("Neighbourhood enquiry"))] if procedure.field_enquiry else []
    return [
        ("document", N_("Request and receipt")),
        *enquiry,
        ("pen", N_("Decision of the caïd")),
        ("message", N_("SMS: it is ready")),
        ("hand", N_("Collection at the counter")),
    ]


STEPS: Mapping[str, str] = {
    "request.submitted": N_("Request received"),
    "dossier.completed": N_("Dossier complete"),
    "pieces.requested": N_("A document was asked for"),
    "enquiry.reported": N_("Neighbourhood enquiry done"),
    "decision.taken": N_("Decision taken"),
    "decision.undone": N_("Decision taken back"),
    "certificate.sealed": N_("Certificate prepared"),
    "certificate.annulled": N_("Certificate annulled"),
    "certificate.replaced": N_("Certificate replaced by a duplicate"),
    "certificate.ready": N_("Ready to collect"),
    "certificate.collected": N_("Handed over to you"),
    "message.sent": N_("SMS sent to you"),
    "message.told_in_person": N_("Told in person"),
    "applicant.corrected": N_("Put right by the card"),
    "request.withdrawn": N_("Withdrawn"),
    "request.lapsed": N_("Lapsed"),
    "deadline.reached:100": N_("The delay passed without an answer"),
    "appeal.lodged": N_("Appeal lodged"),
    "appeal.answered:rejected": N_("Appeal rejected: the refusal stands"),
    "appeal.answered:reopened": N_("Appeal accepted: the request is open again"),
}
"""The steps that a citizen is shown, some only with one outcome; what the appliance does by itself (queueing, trying
again, marks on the way) is not among them."""


def citizen_step(step: Step) -> str | None:
    """Return the msgid of a step as the citizen reads it, None for one that does not concern him."""
    return STEPS.get(f"{step.kind}:{step.note}") or STEPS.get(step.kind)


PAPERS: Mapping[str, str] = {
    "incomplete": N_("What is missing, as a document (PDF)"),
    "silence": N_("Proof that nobody answered in time (PDF)"),
    "refusal": N_("The refusal, as a document (PDF)"),
    "appeal": N_("Receipt of my appeal (PDF)"),
}
"""What the papers about a request are called at the kiosk (`services.notices`)."""

ACCOUNT_STEPS: Mapping[str, str] = {
    "account.identity_verified": N_("Your card was seen: identity verified"),
    "account.pin_reset": N_("A one-time PIN was given to you"),
    "account.pin_changed": N_("You chose another PIN"),
    "account.phone_changed": N_("Your telephone was changed"),
    "account.corrected": N_("Your account was put right by your card"),
}
"""What was done to an account, as its holder reads it."""

ACCOUNT_FIELDS: Mapping[str, str] = {
    "document": N_("document"),
    "cnie": N_("number of the document"),
    "name_ar": N_("name in Arabic letters"),
    "name_fr": N_("name in Latin letters"),
    "birth_date": N_("date of birth"),
    "address": N_("address"),
}

ROLES: Mapping[str, str] = {
    "citizen": N_("yourself"),
    "clerk": N_("a counter clerk"),
    "authority": N_("the authority agent"),
    "supervisor": N_("a supervisor"),
    "system": N_("the annexe"),
}

VOID: Mapping[str, str] = {
    "annulled": N_("Your certificate counts no more: it was annulled. If you hold it, bring it back to the annexe."),
    "lost": N_("The certificate that you lost counts no more. Its duplicate is being made."),
    "damaged": N_("The damaged certificate counts no more. Its duplicate is being made."),
}
"""What a citizen reads of a certificate that counts no more, while nothing has taken its place."""

PAGES: Mapping[str, str] = {
    "/kiosk": N_("first page"),
    "/kiosk/guide": N_("guide of procedures"),
    "/kiosk/procedures": N_("page of a procedure"),
    "/kiosk/sign-in": N_("sign in"),
    "/kiosk/account": N_("own account"),
    "/kiosk/account/new": N_("opening an account"),
    "/kiosk/account/pin": N_("choosing a PIN"),
    "/kiosk/new-pin": N_("choosing a PIN"),
    "/kiosk/request": N_("request form"),
    "/kiosk/follow": N_("following a request"),
    "/kiosk/receipt": N_("receipt"),
}


def page_label(path: str) -> str:
    """Name the kiosk page at `path`, without what is particular in it (a reference, an id, a search)."""
    path = path.partition("?")[0]
    fitting = [prefix for prefix in PAGES if path == prefix or path.startswith(f"{prefix}/")]
    return PAGES[max(fitting, key=len)] if fitting else PAGES["/kiosk"]
