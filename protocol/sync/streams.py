"""Which streams go which way between one annexe and the prefecture, or its standby, and in which order.

Cases go before office, so that the noise of the day never delays a person's case on a slow link; what is for everyone
(catalogue, credentials) goes before what is for one annexe, which may be signed by keys that `all` introduces.
A standby is sent all of it, the feeds too, so that it can serve in the annexe's place; it sends nothing.
What somebody wrote comes back to him only if he asks (`protocol.sync.session`, rule 6).
"""

from __future__ import annotations

from protocol.sync.hello import OTHER, Role


def streams_of(role: Role, annexe: str) -> tuple[str, ...]:
    """The streams that the end with this role sends, the most urgent first."""
    own, feeds = (f"{annexe}/cases", f"{annexe}/office"), ("all", f"to/{annexe}")
    match role:
        case "edge":
            return own
        case "centre":
            return feeds
        case "primary":
            return (*feeds, *own)
        case "standby":
            return ()


def in_urgency(role: Role, annexe: str) -> tuple[str, ...]:
    """All that an end may send, the most urgent first: its own streams, and those of the other that it is asked for.

    The prefecture's feeds go first both ways: they are small, and whoever lost them can check or publish nothing.
    """
    ours, theirs = streams_of(role, annexe), streams_of(OTHER[role], annexe)
    return (*theirs, *ours) if role == "edge" else (*ours, *theirs)
