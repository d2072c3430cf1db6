"""Which streams go which way between one annexe and the prefecture, and in which order.

Cases go before office, so that the noise of the day never delays a person's case on a slow link; what is for everyone
(catalogue, credentials) goes before what is for one annexe, which may be signed by keys that `all` introduces.
"""

from __future__ import annotations

from protocol.sync.hello import Role


def streams_of(role: Role, annexe: str) -> tuple[str, ...]:
    """The streams that the end with this role sends, the most urgent first."""
    if role == "edge":
        return (f"{annexe}/cases", f"{annexe}/office")
    return ("all", f"to/{annexe}")
