"""Which streams go which way between one annexe and the prefecture, and in which order.

Cases go before office, so that the noise of the day never delays a person's case on a slow link; what is for everyone
(catalogue, credentials) goes before what is for one annexe, which may be signed by keys that `all` introduces.
What somebody wrote comes back to him only if he asks (`protocol.sync.session`, rule 6).
"""

from __future__ import annotations

from protocol.sync.hello import OTHER, Role


def streams_of(role: Role, annexe: str) -> tuple[str, ...]:
    """The streams that the end with this role sends, the most urgent first."""
    if role == "edge":
        return (f"{annexe}/cases", f"{annexe}/office")
    return ("all", f"to/{annexe}")


def in_urgency(role: Role, annexe: str) -> tuple[str, ...]:
    """All that an end may send, the most urgent first: its own streams, and those of the other that it is asked for.

    The prefecture's feeds go first both ways: they are small, and whoever lost them can check or publish nothing.
    """
    ours, theirs = streams_of(role, annexe), streams_of(OTHER[role], annexe)
    return (*theirs, *ours) if role == "edge" else (*ours, *theirs)
