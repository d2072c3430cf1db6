"""`issued.log`: what an authority issued, a line a thing, appended and never rewritten.

    {"at", "did", "kind", "holder", "area", "epoch", "id", "until", "by", "prev"}      JSON, keys in this order

- `did`: "issued", or "restored" for roots that came back from paper.
- `id` and `by` name keys (hex): what was vouched for, and by whom. For an X.509
  certificate `id` is the start of its SHA-256 fingerprint, and `epoch` 0.
- `prev` is the BLAKE2b of the line before: a line that was changed or taken out shows. The last line's own hash is told
  by `authority list`, to be written down elsewhere.
- A line is on the disk before the file that it speaks of has its name: a power cut leaves a line too many, never one
  too few. Two commands at once append one after the other (flock).
- Machines and offices, no person: an agent is named by his office there.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from protocol.errors import OperatorError
from protocol.records.credentials import Credential
from protocol.records.hashing import digest

NAME: Final = "issued.log"
BEGIN: Final = "0" * 32
KEY_ID: Final = 16
MAX_LOG: Final = 64 * 1024 * 1024
"""Bytes read at once: 300 for each credential; 200 annexes renewed yearly for 20 years are 2 MB."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One line. Times as in "2026-11-28T05:00:00Z"."""

    at: str
    did: str
    kind: str
    holder: str
    area: str
    epoch: int
    id: str
    until: str
    by: str

    @classmethod
    def credential(cls, credential: Credential, at_ms: int, did: str = "issued") -> Issued:
        """The line of a credential."""
        return cls(
            at=moment(at_ms),
            did=did,
            kind=credential.kind,
            holder=credential.holder,
            area=credential.area,
            epoch=credential.epoch,
            id=credential.id.hex(),
            until=moment(credential.not_after),
            by=credential.issuer.hex(),
        )

    @classmethod
    def certificate(cls, kind: str, der: bytes, issuer: bytes, area: str, at_ms: int, did: str = "issued") -> Issued:
        """The line of an X.509 certificate: `kind` "seal-root", "seal-authority", "seal", "lan-root", "lan-authority"
        or "lan" (an appliance's); both in DER."""
        read = x509.load_der_x509_certificate(der)
        named = read.subject.get_attributes_for_oid(NameOID.USER_ID)
        return cls(
            at=moment(at_ms),
            did=did,
            kind=kind,
            holder=str(named[0].value) if named else area,
            area=area,
            epoch=0,
            id=fingerprint(der),
            until=moment(int(read.not_valid_after_utc.timestamp() * 1000)),
            by=fingerprint(issuer),
        )


def fingerprint(der: bytes) -> str:
    """What names an X.509 certificate here: the first 16 bytes of its SHA-256 fingerprint, hex."""
    return x509.load_der_x509_certificate(der).fingerprint(SHA256())[:KEY_ID].hex()


def moment(ms: int) -> str:
    """A time as the log writes it."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def append(folder: Path, lines: Iterable[Issued]) -> None:
    """Append to the log of the authority in `folder`; on the disk when this returns. OperatorError when it cannot."""
    path = folder / NAME
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _, prev = _parse(file.read(MAX_LOG), path)
            for line in lines:
                written = json.dumps({**asdict(line), "prev": prev}, ensure_ascii=False).encode()
                file.write(written + b"\n")
                prev = _hash(written)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OperatorError(f"{path} cannot be written to: {error.strerror}.") from error


def read(folder: Path) -> tuple[list[Issued], str]:
    """All lines and the hash of the last; OperatorError when one was changed, naming it."""
    path = folder / NAME
    try:
        return _parse(path.read_bytes() if path.exists() else b"", path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error


def _parse(data: bytes, path: Path) -> tuple[list[Issued], str]:
    lines, prev = list[Issued](), BEGIN
    for number, written in enumerate(data.splitlines(), start=1):
        try:
            fields = json.loads(written)
            follows = fields.pop("prev") == prev
            lines.append(Issued(**fields))
        except (ValueError, TypeError, KeyError, AttributeError):
            follows = False
        if not follows:
            raise OperatorError(
                f"{path}, line {number}, is not as it was written: take the log from its backup, and find out who "
                "changed it. Nothing is issued before."
            )
        prev = _hash(written)
    return lines, prev


def _hash(written: bytes) -> str:
    return digest("issued-line", written, size=KEY_ID).hex()
