"""The keys with which an annexe seals its certificates, as they travel in a seed and as a vault keeps them.

One key has one use: `pades_key` signs PDF files (PAdES), `token_key` signs the text of the QR codes (COSE). Both are
P-256, because that is what PDF readers and COSE libraries can verify today. Each has a certificate from the
prefecture's seal authority; `chain` holds that authority's certificate (the root is not in it: who verifies must have
the root from elsewhere, or it would prove nothing).

Private keys are PKCS #8 (RFC 5958), certificates X.509 (RFC 5280), all of them DER.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocol.errors import PeerError

if TYPE_CHECKING:
    from protocol.records.encoding import Value

_BYTES_FIELDS = ("pades_key", "pades_cert", "token_key", "token_cert")

MAX_CHAIN = 4
"""Certificates between a seal and the root: the prefecture has one authority; a ministry above it adds one or two."""


class SealKeysError(PeerError):
    """A value does not hold a pair of seal keys."""

    kind = "seal-keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKeys:
    """An annexe's two seals. The fields hold secrets: never log one, `repr` shows none of them."""

    pades_key: bytes
    pades_cert: bytes
    chain: tuple[bytes, ...]
    token_key: bytes
    token_cert: bytes

    def __repr__(self) -> str:
        return "SealKeys(...)"

    def to_value(self) -> dict[str, Value]:
        """Return the seals as a value of the closed encoding."""
        return {**{name: getattr(self, name) for name in _BYTES_FIELDS}, "chain": list(self.chain)}

    @classmethod
    def from_value(cls, value: Value) -> SealKeys:
        """Read what `to_value` gave; raises SealKeysError."""
        if not isinstance(value, dict) or set(value) != {*_BYTES_FIELDS, "chain"}:
            raise SealKeysError("These are no seal keys: a field is missing or there is one too many.")
        chain = value["chain"]
        if not isinstance(chain, list) or len(chain) > MAX_CHAIN:
            raise SealKeysError(f"These are no seal keys: the chain is not a list of at most {MAX_CHAIN} certificates.")
        return cls(
            **{name: _bytes_of(value[name], name) for name in _BYTES_FIELDS},
            chain=tuple(_bytes_of(certificate, "chain") for certificate in chain),
        )


def _bytes_of(value: Value, name: str) -> bytes:
    if not isinstance(value, bytes) or not value:
        raise SealKeysError(f"These are no seal keys: {name} holds no bytes.")
    return value
