"""Why a peer is refused. Each `kind` is stable: the peer is told it, metrics count it, vectors name it."""

from __future__ import annotations

from protocol.errors import PeerError


class FrameRefused(PeerError):
    """The bytes are no frame of this protocol: not canonical, too large, or fields of the wrong shape."""

    kind = "frame"


class OutOfTurn(PeerError):
    """A well-formed frame that the state of the session does not allow."""

    kind = "turn"


class VersionRefused(PeerError):
    """The two ends share no version of the protocol."""

    kind = "version"


class IdentityRefused(PeerError):
    """No credential, the wrong one, or a transcript that its holder did not sign."""

    kind = "identity"


class StreamRefused(PeerError):
    """A stream that this peer may not write, or that was not meant for us."""

    kind = "stream"


class CheckpointRefused(PeerError):
    """A checkpoint that is not signed by its acker, or speaks of somebody else's log."""

    kind = "checkpoint"


class BoxRefused(PeerError):
    """A box that does not open, or what it holds is no batch: none of its records can be named."""

    kind = "box"


class CreditExceeded(PeerError):
    """The peer sent more than it was granted."""

    kind = "credit"


class BlobRefused(PeerError):
    """A piece of a blob that was not wanted or is not the one expected, or more blobs wanted than there may be."""

    kind = "blob"


class GapTooWide(PeerError):
    """More records are missing than a checkpoint may name as holes."""

    kind = "gap"


class NotABundle(PeerError):
    """The bytes are no bundle, or one of a version that this release does not read."""

    kind = "no-bundle"


class NotForUs(PeerError):
    """A bundle that another reader's key opens, or whose sealed key is damaged: nobody can tell which."""

    kind = "bundle-recipient"


class BundleDamaged(PeerError):
    """A piece was changed, moved, repeated or added."""

    kind = "bundle-damaged"


class BundleCut(PeerError):
    """The file ends before its last piece."""

    kind = "bundle-cut"


class BundleGap(PeerError):
    """The bundle goes on after records that its reader does not hold: an earlier file has not come."""

    kind = "bundle-gap"
