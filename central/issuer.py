"""The issuer that the prefecture's server may hold: it renews, by sync, what ends soon.

    issuer.sealed     encode({"issuer": seed(32), "credential": bytes}), sealed by the vault

- The root makes it for a year, limited by kind and area (`mulhaqa-provision authority centre-issuer`), and every reader
  of its credentials holds it to that. A server without one works; then what ends is renewed by the prefecture's IT.
- It is in no backup: whoever restores the server has another made, so a stolen backup admits nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central.installation import Installation
from disk.durable import write_durably
from protocol.errors import OperatorError
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.encoding import decode
from protocol.records.keys import SigningKey

SEALED = "issuer.sealed"
PLACE = b"installation/issuer"


@dataclass(frozen=True, slots=True)
class Issuer:
    """The key, and what the root lets it sign."""

    signing: SigningKey = field(repr=False)
    credential: Credential


def keep_issuer(installation: Installation, data: bytes, trust: Trust) -> Issuer:
    """Keep an issuer's file, sealed, in the place of the one before. Raises OperatorError or CredentialRefused."""
    issuer = _read(data)
    trust.add(issuer.credential)
    write_durably(installation.folder / SEALED, installation.vault.seal_local(PLACE, data))
    return issuer


def held_issuer(installation: Installation) -> Issuer | None:
    """The issuer that this server holds; None where there is none."""
    path = installation.folder / SEALED
    return _read(installation.vault.open_local(PLACE, path.read_bytes())) if path.exists() else None


def _read(data: bytes) -> Issuer:
    match decode(data):
        case {"issuer": bytes(seed), "credential": bytes(encoded), **rest} if not rest and len(seed) == 32:
            issuer = Issuer(SigningKey(seed), parse_credential(encoded))
            if issuer.credential.kind == "issuer" and issuer.credential.public == issuer.signing.public:
                return issuer
    raise OperatorError("This is no issuer's file: make one with mulhaqa-provision authority centre-issuer.")
