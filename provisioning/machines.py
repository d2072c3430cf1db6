"""The keys and the credential of one machine: an annexe, or the prefecture's own server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from protocol.records.keys import OpeningKey, SigningKey
from provisioning.authority import Issuer
from provisioning.roots import Entropy

FIRST_EPOCH: Final = 1
"""Of an annexe's first machine; that of each standby is one more than that of the machine which it follows."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine's two secret seeds (signing: Ed25519, opening: X25519) and its encoded credential."""

    signing_seed: bytes = field(repr=False)
    opening_seed: bytes = field(repr=False)
    credential: bytes


def make(
    issuer: Issuer,
    kind: str,
    holder: str,
    *,
    role: str = "",
    area: str = "",
    epoch: int = FIRST_EPOCH,
    now_ms: int,
    entropy: Entropy,
) -> Machine:
    """Draw a machine's keys and have the issuer vouch for them."""
    signing_seed, opening_seed = entropy(32), entropy(32)
    credential = issuer.vouch(
        kind,
        holder,
        SigningKey(signing_seed),
        OpeningKey(opening_seed),
        role=role,
        area=area,
        epoch=epoch,
        now_ms=now_ms,
    )
    return Machine(signing_seed, opening_seed, credential.encoded())
