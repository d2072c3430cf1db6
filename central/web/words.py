"""The words in which the prefecture's pages tell what annexes did: roles, checks, verdicts, flags.

Labels are msgids; the templates translate them. What this release does not know still has a word, and is never hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from central.fleet import Condition
from central.store.decision_check import DecisionCheck
from central.verify import Kind
from protocol.errors import N_

ROLES: Mapping[str, str] = {
    "citizen": N_("the citizen, at the kiosk"),
    "clerk": N_("clerk"),
    "authority": N_("authority agent"),
    "supervisor": N_("supervisor"),
    "admin": N_("administrator"),
    "system": N_("the annexe, by itself"),
}

FLAGS: Mapping[str, str] = {
    "expired": N_("its credential has expired"),
    "not_yet": N_("its credential does not hold yet"),
    "revoked": N_("its credential is revoked"),
    "issuer_revoked": N_("whoever issued its credential is revoked"),
}
OTHER_FLAG = N_("its credential needs a look")


@dataclass(frozen=True, slots=True)
class Look:
    """How something is shown: a colour, a picture, and words (a msgid)."""

    colour: str
    icon: str
    label: str


CHECKS: Mapping[DecisionCheck, Look] = {
    DecisionCheck.VERIFIED: Look(
        "ready", "shield", N_("The agent's signature holds, over this very decision; the annexe vouches for his key.")
    ),
    DecisionCheck.UNKNOWN_KEY: Look(
        "wait", "clock", N_("Not checked yet: the annexe has not vouched for the agent's key. That comes with its log.")
    ),
    DecisionCheck.BAD_SIGNATURE: Look(
        "refused", "alert", N_("The signature does not hold. Do not rely on this decision, and ask the annexe today.")
    ),
    DecisionCheck.MISMATCH: Look(
        "refused",
        "alert",
        N_("What the agent signed is not what the log shows. Do not rely on this decision, and ask the annexe today."),
    ),
}

VERDICTS: Mapping[Kind, Look] = {
    Kind.OK: Look("ready", "check", N_("Genuine")),
    Kind.VOID: Look("refused", "cross", N_("Counts no more")),
    Kind.ALTERED: Look("refused", "cross", N_("Altered")),
    Kind.UNKNOWN_ISSUER: Look("refused", "alert", N_("Not of this prefecture")),
    Kind.NOT_OURS: Look("wait", "alert", N_("No sealed certificate")),
    Kind.UNREADABLE: Look("wait", "alert", N_("Not readable")),
}

VOID: Mapping[str, str] = {
    "annulled": N_("annulled"),
    "lost": N_("lost, replaced"),
    "damaged": N_("damaged, replaced"),
}
"""Why a certificate counts no more."""

ENDED = Look("wait", "clock", N_("Genuine, but not valid any more"))

STATUSES: Mapping[str, Look] = {
    "active": Look("ready", "check", N_("delivered at the annexe")),
    "received_here": Look("sent", "inbox", N_("received here, decided elsewhere")),
    "abolished": Look("over", "minus", N_("abolished")),
    "elsewhere": Look("sent", "walk", N_("delivered elsewhere")),
    "abroad_only": Look("sent", "walk", N_("only abroad")),
    "to_confirm": Look("wait", "eye", N_("to be confirmed")),
}

CONDITIONS: Mapping[Condition, Look] = {
    Condition.WELL: Look("ready", "check", N_("all is well")),
    Condition.NEVER: Look("wait", "clock", N_("never here yet")),
    Condition.OFFLINE: Look("wait", "alert", N_("offline")),
    Condition.SLOW: Look("wait", "clock", N_("slow")),
    Condition.STUCK: Look("refused", "alert", N_("stuck")),
    Condition.BRANCHED: Look("refused", "alert", N_("branched")),
    Condition.CLOCK: Look("refused", "clock", N_("wrong clock")),
    Condition.LATER: Look("wait", "alert", N_("of a later release")),
}
"""What an annexe is (`central.fleet`)."""

CAME_BACK = N_(
    "An appliance that its standby has replaced is in use again. It writes nothing once it has heard of it; what it "
    "brought is kept. Have it switched off, or installed anew from the seed of a new standby."
)
