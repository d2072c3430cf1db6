"""What an appliance certifies its own screens with, as it travels in a seed, and the names that its annexe has.

`key` is the private key (PKCS #8, RFC 5958) of an authority that vouches for one annexe's names and private addresses
(X.509, RFC 5280); `chain` leads from `certificate` to `root`, without the root, which is what tablets install. P-256,
all of them DER.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocol.errors import PeerError

if TYPE_CHECKING:
    from protocol.records.encoding import Value

_BYTES_FIELDS = ("key", "certificate", "root")

MAX_CHAIN = 4
"""Certificates between an appliance's authority and the root: the prefecture has one, a ministry adds one or two."""


class LanAuthorityError(PeerError):
    """A value does not hold an appliance's authority."""

    kind = "lan-authority"


def hosts_of(annexe_id: str) -> tuple[str, str]:
    """Return an annexe's host names: the one that a name server answers for (.internal is kept for private networks, by
    ICANN's resolution of July 2024), and the one that the appliance answers for itself (RFC 6762)."""
    return f"{annexe_id}.annexe.internal", f"{annexe_id}.local"


@dataclass(frozen=True, slots=True, kw_only=True)
class LanAuthority:
    """An appliance's authority. `key` is a secret: never log one, `repr` shows none of it."""

    key: bytes
    certificate: bytes
    chain: tuple[bytes, ...]
    root: bytes

    def __repr__(self) -> str:
        return "LanAuthority(...)"

    def to_value(self) -> dict[str, Value]:
        """Return the authority as a value of the closed encoding."""
        return {**{name: getattr(self, name) for name in _BYTES_FIELDS}, "chain": list(self.chain)}

    @classmethod
    def from_value(cls, value: Value) -> LanAuthority:
        """Read what `to_value` gave; raises LanAuthorityError."""
        match value:
            case {"key": bytes(key), "certificate": bytes(certificate), "root": bytes(root), "chain": [*chain], **more}:
                between = tuple(one for one in chain if isinstance(one, bytes))
                if len(between) == len(chain) <= MAX_CHAIN and not more:
                    return cls(key=key, certificate=certificate, chain=between, root=root)
        raise LanAuthorityError("This is no authority of an appliance: have the prefecture make the seed again.")
