"""How the state of a request is shown: always a word, a colour and a picture together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.errors import N_


@dataclass(frozen=True, slots=True)
class StateLook:
    """`label` is a msgid; `colour` one of wait, ready, refused, sent, over; `icon` a symbol of the sprite."""

    label: str
    colour: str
    icon: str


STATES: Mapping[str, StateLook] = {
    "submitted": StateLook(N_("received"), "sent", "inbox"),
    "awaiting_pieces": StateLook(N_("a document is missing"), "wait", "folder"),
    "field_enquiry": StateLook(N_("neighbourhood enquiry"), "wait", "walk"),
    "under_decision": StateLook(N_("waiting for the decision"), "wait", "clock"),
    "approved": StateLook(N_("granted, being prepared"), "sent", "stamp"),
    "refused": StateLook(N_("refused"), "refused", "cross"),
    "ready": StateLook(N_("ready to collect"), "ready", "check"),
    "collected": StateLook(N_("handed over"), "over", "check"),
    "withdrawn": StateLook(N_("withdrawn"), "over", "minus"),
    "lapsed": StateLook(N_("lapsed"), "over", "minus"),
    "conflict": StateLook(N_("being checked by a supervisor"), "wait", "eye"),
}

UNKNOWN = StateLook(N_("being checked"), "wait", "eye")


def look(state: object) -> StateLook:
    """Return how a state (an enum member or its value) is shown."""
    return STATES.get(str(getattr(state, "value", state)), UNKNOWN)
