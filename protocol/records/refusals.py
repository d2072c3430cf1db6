"""Why bytes are refused here. Each `kind` is stable: vectors, metrics and checkpoints name it."""

from __future__ import annotations

from protocol.errors import PeerError


class NotCanonical(PeerError):
    """The bytes are not the one encoding of any value: truncated, longer than the shortest form, unsorted, not ours."""

    kind = "not-canonical"


class TooLarge(PeerError):
    """More bytes, or more bytes once decompressed, than this place may hold."""

    kind = "too-large"


class TooDeep(PeerError):
    """Arrays and maps nested deeper than any value of ours."""

    kind = "too-deep"


class BadKey(PeerError):
    """A public key that is no point of its curve, or one of the points that make signatures meaningless."""

    kind = "bad-key"


class BadSignature(PeerError):
    """The signature does not fit key, purpose and message."""

    kind = "bad-signature"


class WrongSigner(PeerError):
    """The record names another signer than the key it is checked against."""

    kind = "wrong-signer"


class CannotOpen(PeerError):
    """Sealed bytes that this key does not open at this place, or that open to something no writer makes."""

    kind = "cannot-open"


class NeedsUpgrade(PeerError):
    """Written by a later release. It is verified, stored and acknowledged all the same, and opened after an upgrade."""

    kind = "needs-upgrade"


class UnknownDictionary(NeedsUpgrade):
    """Compressed with a dictionary that this release does not have: an upgrade reads it."""

    kind = "unknown-dictionary"


class BadCompression(PeerError):
    """Not exactly one zstd frame that states its size."""

    kind = "bad-compression"


class UnknownVersion(NeedsUpgrade):
    """A record in a version of the format that this release does not have: an upgrade reads it."""

    kind = "unknown-version"


class NotARecord(PeerError):
    """A well-formed value whose fields are not those of a record."""

    kind = "not-a-record"


class NotASubject(PeerError):
    """A text that names no account and no case."""

    kind = "not-a-subject"


class NotACredential(PeerError):
    """A well-formed value whose fields are not those of a credential."""

    kind = "not-a-credential"


class CredentialRefused(PeerError):
    """A credential that its issuer did not sign, or had no right to sign."""

    kind = "credential-refused"


class IssuerUnknown(CredentialRefused):
    """A credential of an issuer that is not known here: of another prefecture, or on a root from before those known."""


class NotABlob(PeerError):
    """Bytes that are no blob of the stated size: cut short, longer, or without a list of hashes."""

    kind = "not-a-blob"


class BlobDamaged(PeerError):
    """A list or a chunk that is not the one that a blob's address names."""

    kind = "blob-damaged"
