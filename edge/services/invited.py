"""Who is invited to become a screen, and which device came: what the pairing (`edge.services.pairing`) remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.services.elapsed import passed
from edge.services.invitations import MINUTES, MOST_MINUTES, Invitation, Invited

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A device that came with an invitation: the hash of its secret, its address on the network, and when."""

    secret_hash: bytes
    address: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Open:
    """An invitation that somebody made on a page, with its secrets, and the device that came, if one did."""

    invited: Invited
    claim: Claim | None = None

    @property
    def invitation(self) -> Invitation:
        """What was invited."""
        return self.invited.invitation


@dataclass(slots=True)
class Pairing:
    """Who is invited. `data`: the data folder, where invitations of the appliance lie; None where there is none."""

    data: Path | None = None
    open: dict[str, Open] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    spent: set[str] = field(default_factory=set)
    """Those of the appliance that were claimed or guessed at too often, should their file still lie there."""

    def sweep(self, now_ms: int) -> None:
        """Forget what is over; what a device claimed stays until somebody answers, or as long again."""
        for one in list(self.open.values()):
            if is_over(one.invitation, now_ms) and (one.claim is None or _waited(one.claim, now_ms)):
                self.drop(one.invitation.id)

    def drop(self, identifier: str) -> None:
        """Forget an invitation, wherever it lies."""
        self.open.pop(identifier, None)
        self.tries.pop(identifier, None)

    def waits(self, secret_hash: bytes) -> Open | None:
        """Return the invitation that the device with this secret has claimed, while nobody has answered."""
        for one in self.open.values():
            if one.claim is not None and one.claim.secret_hash == secret_hash:
                return one
        return None


def is_over(invitation: Invitation, now_ms: int) -> bool:
    """A clock that was set right may have jumped by years: too far before its end is over as well."""
    return not 0 < invitation.until_ms - now_ms <= MOST_MINUTES * MINUTE_MS


def _waited(claim: Claim, now_ms: int) -> bool:
    return passed(claim.at_ms, MINUTES * MINUTE_MS, now_ms)
