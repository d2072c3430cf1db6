"""Who is there: the hello of each end, and the transcript that both sign.

    hello      ["hello", versions, role, id, [leaf, issuer], certificate hash | nil, nonce(32), software]
    transcript encode([version, signer's role, hello of who dialled, hello of who answered])
    signature  Ed25519 over "mulhaqa/transcript/1\\0" + transcript, by the leaf credential's key

- Both hellos stand whole in the transcript, so nobody in between can lower the version, swap a credential or replay an
  old conversation: the other end's nonce is new each time.
- The signer's role is in what it signs, so neither signature can be handed back to its maker as the other one.
- A link of the chain that the other end surely holds, for it vouches for that end too, is left out: each costs a
  quarter of a kilobyte on every new connection. Who was refused shows the whole chain.
- A standby and the annexe that it follows are of one name: each must show a key of its own, and the standby's epoch
  must be the later one, or it could never take the other's place.
- The certificate hash binds the conversation to the TLS channel (RFC 9266's idea); nil while there is no TLS.
- An expired credential is a flag, never a refusal: an annexe that was cut off for a year must still deliver its log.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from protocol.errors import CallerError, PeerError
from protocol.records.credentials import Credential, Trust, is_renewal, parse_credential
from protocol.records.encoding import Value, encode
from protocol.records.keys import OpeningKey, SigningKey, verify_signature
from protocol.sync.frames import MAX_HELLO, blob, items, natural, optional_blob, pack, text, unpack
from protocol.sync.refusals import FrameRefused, IdentityRefused, VersionRefused

Role = Literal["edge", "centre", "standby", "primary"]
"""The annexe dials its prefecture; a standby dials the annexe that it follows, which then acts as the primary."""

# Since 2 blobs are spoken of, keys travel together, and an annexe tells how far it is; since 3 records travel boxed.
VERSIONS = (1, 2, 3)
NONCE_SIZE = 32
MAX_VERSIONS = 8  # a release supports a few versions back, never many
MAX_CHAIN = 6  # leaf, issuer, and four roots, each vouched for by the one before: some decades of an appliance's sleep
MAX_CREDENTIAL = 1024  # a credential is some 250 bytes; its area and rights may be long

# The kind of credential that each role must show.
KIND_OF: dict[Role, str] = {"edge": "annexe", "centre": "centre", "standby": "annexe", "primary": "annexe"}
OTHER: dict[Role, Role] = {"edge": "centre", "centre": "edge", "standby": "primary", "primary": "standby"}
DIALS: frozenset[Role] = frozenset({"edge", "standby"})
MIRRORS: frozenset[Role] = frozenset({"standby", "primary"})


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """Our own end: the key that signs, and the chain that vouches for it (leaf first, then its issuer). `opening`: the
    key to which the leaf lets others seal; who has none speaks no version in which records travel boxed."""

    signing: SigningKey
    chain: tuple[Credential, ...]
    software: str = "mulhaqa"
    opening: OpeningKey | None = None

    def __post_init__(self) -> None:
        if not self.chain or self.chain[0].public != self.signing.public:
            raise CallerError("The first credential of the chain must vouch for the signing key.")

    @property
    def leaf(self) -> Credential:
        """The credential of this end itself."""
        return self.chain[0]

    @property
    def id(self) -> str:
        """The holder's id: "berkane-05", "prefecture"."""
        return self.chain[0].holder


@dataclass(frozen=True, slots=True)
class Hello:
    """One end's first words, parsed; `encoded` is what the transcript holds."""

    versions: tuple[int, ...]
    role: Role
    id: str
    chain: tuple[bytes, ...]
    certificate: bytes | None
    nonce: bytes
    software: str
    encoded: bytes


def write_hello(
    role: Role,
    identity: LocalIdentity,
    nonce: bytes,
    certificate: bytes | None = None,
    *,
    versions: tuple[int, ...] = VERSIONS,
    known: Collection[bytes] = (),
) -> Hello:
    """Our own hello. `nonce`: 32 fresh random bytes, never used before; `versions`: those that this end speaks.

    `known`: ids of credentials above our leaf that the other end holds, which are left out.
    """
    if len(nonce) != NONCE_SIZE:
        raise CallerError(f"A hello's nonce has {NONCE_SIZE} bytes.")
    above = (credential for credential in identity.chain[1:] if credential.id not in known)
    chain = tuple(credential.encoded() for credential in (identity.leaf, *above))
    links: list[Value] = list(chain)
    spoken: list[Value] = list(versions)
    encoded = pack("hello", spoken, role, identity.id, links, certificate, nonce, identity.software)
    if len(encoded) > MAX_HELLO:
        raise CallerError(f"This hello has {len(encoded)} bytes; its bound is {MAX_HELLO}.")
    return Hello(versions, role, identity.id, chain, certificate, nonce, identity.software, encoded)


def holds_its_chain(identity: LocalIdentity, trust: Trust) -> bool:
    """Believe what vouches for us, so that the other end may leave it out; False where no root known here does: then
    the other end is shown all of it, and refuses it."""
    try:
        for link in reversed(identity.chain):
            trust.add(link)
    except PeerError:
        return False
    return True


def held_by_the_centre(trust: Trust) -> frozenset[bytes]:
    """Ids of the credentials that a centre known here surely holds: those that vouch for it."""
    return frozenset(credential.issuer for credential in trust.credentials() if credential.kind == "centre")


def held_by(hello: Hello) -> frozenset[bytes]:
    """The id of the credential that who sent this hello surely holds: what vouches for his own."""
    try:
        return frozenset({parse_credential(hello.chain[0]).issuer}) if hello.chain else frozenset()
    except PeerError:
        return frozenset()  # `admit` says what is wrong with it


def parse_hello(data: bytes) -> Hello:
    """The other end's hello; raises FrameRefused. Nothing in it is believed before `authenticate`."""
    tag, fields = unpack(data, max_size=MAX_HELLO)
    if tag != "hello":
        raise FrameRefused("The first words of a session must be a hello.")
    versions, role, holder, chain, certificate, nonce, software = fields
    return Hello(
        versions=tuple(natural(number, 1 << 16) for number in items(versions, MAX_VERSIONS)),
        role=_role(role),
        id=text(holder),
        chain=tuple(blob(link, limit=MAX_CREDENTIAL) for link in items(chain, MAX_CHAIN)),
        certificate=optional_blob(certificate, 32),
        nonce=blob(nonce, NONCE_SIZE),
        software=text(software),
        encoded=data,
    )


def _role(value: Value) -> Role:
    for role in OTHER:
        if value == role:
            return role
    raise FrameRefused(f"A hello's role is one of {', '.join(OTHER)}.")


def choose_version(ours: Hello, theirs: Hello) -> int:
    """The highest version both speak; raises VersionRefused."""
    common = set(ours.versions) & set(theirs.versions)
    if not common:
        raise VersionRefused(
            f"Versions {list(ours.versions)} and {list(theirs.versions)} have none in common: upgrade one."
        )
    return max(common)


def transcript(version: int, signer: Role, dialled: Hello, answered: Hello) -> bytes:
    """What the end with the role `signer` signs: both hellos, that of who dialled first."""
    return encode([version, signer, dialled.encoded, answered.encoded])


def sign_transcript(identity: LocalIdentity, version: int, signer: Role, dialled: Hello, answered: Hello) -> bytes:
    """Our signature over the transcript."""
    return identity.signing.sign("transcript", transcript(version, signer, dialled, answered))


def admit(hello: Hello, expected: Role, trust: Trust) -> Credential:
    """The leaf credential that vouches for this hello; raises IdentityRefused. Its holder has proved nothing yet."""
    if hello.role != expected:
        raise IdentityRefused(f"The peer says it is the {hello.role}; only the {expected} can answer here.")
    return vouched(hello.chain, hello.id, expected, trust)


def check_mirrors(standby: Credential, primary: Credential) -> None:
    """Raises IdentityRefused unless `standby` can follow `primary`, and take its place."""
    if standby.holder != primary.holder:
        raise IdentityRefused("A standby follows its own annexe; this is another one.")
    if standby.id == primary.id:
        raise IdentityRefused("Both ends show one key: a standby has its own, from a seed of its own.")
    if standby.epoch <= primary.epoch:
        raise IdentityRefused(
            f"The standby's epoch {standby.epoch} is not after {primary.epoch}, which it follows: have the prefecture "
            "make a seed for the next one."
        )


def vouched(chain: tuple[bytes, ...], holder: str, expected: Role, trust: Trust) -> Credential:
    """The leaf credential of who says to be `holder` and acts as `expected`; raises IdentityRefused."""
    if not chain:
        raise IdentityRefused("The peer shows no credential: it must be enrolled first.")
    leaf = _believe(chain, trust)
    if leaf.kind != KIND_OF[expected]:
        raise IdentityRefused(f"A credential of kind {leaf.kind} cannot act as the {expected}.")
    if leaf.holder != holder:
        raise IdentityRefused("The peer's credential is made out to somebody else.")
    return leaf


def _believe(chain: tuple[bytes, ...], trust: Trust) -> Credential:
    """Each link is checked against the one above it, the root's side first; a renewed one takes the older's place.

    Whose key is vouched for here already needs no chain, and a root that is known is passed over: what vouches for them
    at the other end may stand on a root from before those that are known here.
    """
    try:
        links = [parse_credential(link) for link in chain]
        known = trust.signer(links[0].id)
        if known is not None and is_renewal(known, links[0]):
            return known
        for link in reversed(links):
            if link.kind != "root" or trust.signer(link.id) is None:
                trust.add(link)
    except PeerError as error:
        raise IdentityRefused(f"The peer's credential is not vouched for: {error}") from error
    held = trust.signer(links[0].id)
    if held is None or held.public != links[0].public:
        raise IdentityRefused("The peer's credential is not vouched for by any root known here.")
    return held


def authenticate(peer: Credential, signature: bytes, signed: bytes) -> None:
    """Check the peer's signature over its transcript; raises IdentityRefused."""
    try:
        verify_signature(peer.public, "transcript", signed, signature)
    except PeerError as error:
        raise IdentityRefused("The peer did not sign this conversation with the key of its credential.") from error
