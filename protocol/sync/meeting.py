"""Who is there: the part of a conversation before the first byte of data.

Rules (`protocol.sync.session`, rule 1):

- Each end shows its hello; the version is the highest that both speak.
- Each then proves, by a signature over both hellos as they came, that it holds the key of the credential it shows.
  Until that is verified the other is a claim and no peer.
- Both hellos name the TLS certificate that their end sees: where they differ, somebody stands in between.
- A hello leaves out what the other surely holds (`is_brief`), so that a link on which nothing is new costs little.
"""

from __future__ import annotations

from protocol.errors import CallerError
from protocol.records.credentials import Credential, Trust
from protocol.sync.frames import pack
from protocol.sync.hello import (
    DIALS,
    MIRRORS,
    OTHER,
    VERSIONS,
    Hello,
    LocalIdentity,
    Role,
    admit,
    authenticate,
    check_mirrors,
    choose_version,
    held_by,
    held_by_the_centre,
    holds_its_chain,
    parse_hello,
    sign_transcript,
    transcript,
    write_hello,
)
from protocol.sync.refusals import IdentityRefused, OutOfTurn


class Meeting:
    """One end of it; `version` is 0, and `theirs` None, until the other's hello came."""

    def __init__(
        self,
        role: Role,
        identity: LocalIdentity,
        trust: Trust,
        nonce: bytes,
        *,
        certificate: bytes | None = None,
        versions: tuple[int, ...] = VERSIONS,
        is_brief: bool = True,
    ) -> None:
        self.role = role
        self.identity = identity
        self.trust = trust
        self.version = 0
        self.theirs: Hello | None = None
        self.claimed: Credential | None = None
        self._is_brief = is_brief and holds_its_chain(identity, trust)
        held = held_by_the_centre(trust) if self._is_brief and role == "edge" else frozenset()
        self.ours = write_hello(role, identity, nonce, certificate, versions=versions, known=held)

    @property
    def peer(self) -> Credential:
        """Whose hello came; raises CallerError before."""
        if self.claimed is None:
            raise CallerError("Nobody is authenticated in this session.")
        return self.claimed

    @property
    def annexe(self) -> str:
        """The annexe that the conversation is about."""
        return self.peer.holder if self.role == "centre" else self.identity.id

    def welcome(self, data: bytes) -> bytes:
        """Take the hello of who dials; returns the frame that answers it. Raises what a bad hello is refused with."""
        theirs = parse_hello(data)
        if self._is_brief and self.role == "centre":
            ours, held = self.ours, held_by(theirs)
            self.ours = write_hello(
                self.role, self.identity, ours.nonce, ours.certificate, versions=ours.versions, known=held
            )
        self._admit(theirs)
        signature = sign_transcript(self.identity, self.version, self.role, theirs, self.ours)
        return pack("welcome", self.ours.encoded, signature)

    def prove(self, hello: bytes, signature: bytes) -> bytes:
        """Take the welcome of who answers, and believe it; returns the frame that proves who we are."""
        theirs = parse_hello(hello)
        self._admit(theirs)
        self.believe(signature)
        return pack("proof", sign_transcript(self.identity, self.version, self.role, self.ours, theirs))

    def believe(self, signature: bytes) -> None:
        """Verify the other's signature over both hellos; raises PeerError."""
        theirs = self.theirs
        if theirs is None:
            raise OutOfTurn("A signature cannot come before a hello.")
        dialled, answered = (self.ours, theirs) if self.role in DIALS else (theirs, self.ours)
        authenticate(self.peer, signature, transcript(self.version, OTHER[self.role], dialled, answered))

    def _admit(self, theirs: Hello) -> None:
        self.version = choose_version(self.ours, theirs)
        peer = admit(theirs, OTHER[self.role], self.trust)
        if self.role in MIRRORS:
            standby, primary = (self.identity.leaf, peer) if self.role in DIALS else (peer, self.identity.leaf)
            check_mirrors(standby, primary)
            self._check_not_revoked(peer)
        self.claimed = peer
        if theirs.certificate != self.ours.certificate:
            raise IdentityRefused("The two ends see different TLS certificates: somebody stands in between.")
        self.theirs = theirs

    def _check_not_revoked(self, peer: Credential) -> None:
        """Between two appliances of an annexe everything is given: not to one that was stolen."""
        if self.trust.standing(peer, peer.not_before).is_revoked:
            raise IdentityRefused("The prefecture has revoked this appliance's key: it was reported lost or stolen.")
