"""Credentials: who may sign what, where, and until when.

    credential  [1, kind, holder, public(32), sealing(32) | nil, area, [right...], role, epoch,
                 not before (ms), not after (ms), issuer(16), signature(64)]
    signature   Ed25519 over "mulhaqa/credential/1" NUL + encode(first twelve fields)

- A root is offline and signs itself; a new root is signed by an old one. A root signs issuers, and an issuer signs
  leaves: annexe, centre, agent, seal, screen. A leaf signs no credential.
- An issuer's rights are the kinds that it may issue, its area is where. An area is a path: "berkane" covers itself and
  "berkane/05", and not "berkane-05". An annexe's id is inside its area, with hyphens for the path's strokes: in
  "berkane" there are "berkane-05" and "berkane-nord-02", in "berkane/05" there is "berkane-05".
- What is vouched for ends with its issuer at the latest. Whoever oversteps is refused by name. (It may begin before its
  issuer does: an issuer's key that is vouched for anew begins later than what it signed before.)
- **Expiry and revocation are flags, never refusals.** A log that ends because a date has passed loses people's
  cases; a reader stores, acknowledges and flags. Only a signature that does not fit or a right that was never
  given refuses a credential, for then it never was one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from protocol.errors import CallerError
from protocol.records.clock import MAX_MS
from protocol.records.encoding import Value, decode, encode
from protocol.records.keys import KEY_ID_SIZE, SigningKey, check_public, key_id, verify_signature
from protocol.records.refusals import BadKey, BadSignature, CredentialRefused, IssuerUnknown, NotACredential
from protocol.records.sodium import PUBLIC_SIZE, SIGNATURE_SIZE

VERSION: Final = 1
FIELDS: Final = 13
KINDS: Final = frozenset({"root", "issuer", "annexe", "centre", "agent", "seal", "screen"})

MAX_CREDENTIAL: Final = 1024
"""Bytes. A credential is some 250; a hello carries three of them in an HTTP header."""

MAX_WORD: Final = 64
"""Characters of a holder, a role or a right."""

MAX_AREA: Final = 128
"""Characters of an area: country, region, prefecture, annexe."""

MAX_RIGHTS: Final = 16
"""The kinds that can be issued are fewer; room for what a leaf may be granted."""

MAX_EPOCH: Final = (1 << 32) - 1

HOLDER: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@/-]*[a-z0-9])?")
AREA: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")
WORD: Final = re.compile(r"[a-z0-9][a-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential whose fields have the right shapes; whether it holds is `Trust`'s to say."""

    kind: str
    holder: str
    public: bytes
    sealing: bytes | None
    area: str
    rights: tuple[str, ...]
    role: str
    epoch: int
    not_before: int
    not_after: int
    issuer: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _check_names(self)
        _check_keys(self)
        _check_numbers(self)

    @property
    def id(self) -> bytes:
        """The 16 bytes by which records name the key that this vouches for."""
        return key_id(self.public)

    def signed_bytes(self) -> bytes:
        """encode(first twelve fields): what the issuer signs."""
        return encode(self._fields())

    def encoded(self) -> bytes:
        """The whole credential as it travels."""
        return encode([*self._fields(), self.signature])

    def _fields(self) -> list[Value]:
        rights: list[Value] = list(self.rights)
        who: list[Value] = [VERSION, self.kind, self.holder, self.public, self.sealing, self.area, rights, self.role]
        return [*who, self.epoch, self.not_before, self.not_after, self.issuer]


def issue(
    *,
    kind: str,
    holder: str,
    public: bytes,
    sealing: bytes | None,
    area: str,
    rights: Iterable[str],
    role: str,
    epoch: int,
    not_before: int,
    not_after: int,
    signing: SigningKey,
) -> Credential:
    """A credential signed by `signing`. Raises CallerError when a field is not of the format.

    Whether the signer had the right to is for readers to check: `Trust.add` refuses what oversteps.
    """
    granted = tuple(sorted(set(rights)))
    unsigned = bytes(SIGNATURE_SIZE)
    try:
        check_public(public)
        draft = Credential(
            kind, holder, public, sealing, area, granted, role, epoch, not_before, not_after, signing.id, unsigned
        )
    except (NotACredential, BadKey) as error:
        raise CallerError(f"This is not how a credential is made: {error}") from error
    return replace(draft, signature=signing.sign("credential", draft.signed_bytes()))


def vouched_anew(credential: Credential, *, not_after: int, signing: SigningKey) -> Credential:
    """The same credential of the same key until another day, signed by `signing`; the beginning stays."""
    return issue(
        kind=credential.kind,
        holder=credential.holder,
        public=credential.public,
        sealing=credential.sealing,
        area=credential.area,
        rights=credential.rights,
        role=credential.role,
        epoch=credential.epoch,
        not_before=credential.not_before,
        not_after=not_after,
        signing=signing,
    )


def parse_credential(data: bytes) -> Credential:
    """The credential in these bytes, its form checked and nothing else.

    Raises NotCanonical, TooLarge, TooDeep or NotACredential.
    """
    fields = decode(data, max_size=MAX_CREDENTIAL)
    if not isinstance(fields, list) or len(fields) != FIELDS or type(fields[0]) is not int or fields[0] != VERSION:
        raise NotACredential(f"A credential is an array of {FIELDS} fields, the first one its version, {VERSION}.")
    rights = fields[6]
    if not isinstance(rights, list):
        raise NotACredential("A credential's rights are an array.")
    who, rest = fields[1:6], fields[7:]
    return Credential(*who, tuple(rights), *rest)  # type: ignore[arg-type, call-arg]  # counted; Credential checks types


def covers(area: str, other: str) -> bool:
    """Whether an area covers another one: the same, or a path that begins with it."""
    return other == area or other.startswith(f"{area}/")


class Standing(NamedTuple):
    """What speaks against a credential at a time. Flags for people and policies; none stops the log."""

    expired: bool = False
    not_yet: bool = False
    revoked: bool = False
    issuer_revoked: bool = False

    @property
    def good(self) -> bool:
        """Whether nothing speaks against it."""
        return not any(self)

    @property
    def is_revoked(self) -> bool:
        """Whether its key, or that of its issuer, was revoked: whatever the time."""
        return self.revoked or self.issuer_revoked


class Trust:
    """Who is vouched for, from the roots down. Keys are named by their id; only what was verified is in it."""

    def __init__(self, roots: Iterable[Credential]) -> None:
        self._held: dict[bytes, Credential] = {}
        self._revoked: set[bytes] = set()
        for root in roots:
            if root.kind != "root":
                raise CallerError("Trust begins with roots.")
            _check_signature(root, root if root.issuer == root.id else None)
            self._held[root.id] = root

    def add(self, credential: Credential) -> None:
        """Take in a credential that one held already vouches for; raises CredentialRefused.

        Of two for the same key the one that ends later stays, so the order of arrival does not matter.
        """
        known = self._held.get(credential.id)
        if known == credential:
            return
        issuer = self._held.get(credential.issuer)
        if issuer is None:
            if known is not None and is_renewal(known, credential):
                return  # of a root before those that are known here: it adds nothing to what holds already
            raise IssuerUnknown("The credential's issuer is not known here.")
        _check_right(credential, issuer)
        _check_signature(credential, issuer)
        if known is not None and _place(known) != _place(credential):
            raise CredentialRefused("The key is vouched for already, as another kind or for another holder.")
        if known is None or (known.epoch, known.not_after) < (credential.epoch, credential.not_after):
            self._held[credential.id] = credential

    def signer(self, key_id: bytes) -> Credential | None:
        """The credential of the key with this id."""
        return self._held.get(key_id)

    def credentials(self) -> list[Credential]:
        """All that is held, in the order in which it came."""
        return list(self._held.values())

    def add_all(self, credentials: Iterable[Credential]) -> None:
        """Take in credentials that vouch for each other, in whatever order they come; raises CredentialRefused for the
        first that nobody among them or here vouches for."""
        left = list(credentials)
        while left:
            waiting: list[Credential] = []
            for one in left:
                if one.issuer in self._held:
                    self.add(one)
                else:
                    waiting.append(one)
            if len(waiting) == len(left):  # nothing more can be vouched for: `add` says why
                self.add(waiting.pop())
            left = waiting

    def chain(self, credential: Credential) -> tuple[Credential, ...]:
        """The credential and those that vouch for it, upwards, as far as the root that one started from, which is left
        out: whoever reads them knows it, or an earlier one."""
        links, above = [credential], self._held.get(credential.issuer)
        while above is not None and above.issuer != above.id and above not in links:
            links.append(above)
            above = self._held.get(above.issuer)
        return tuple(links)

    def revoke(self, key_id: bytes) -> None:
        """Flag a key for good. Who may revoke is checked where the revoking record is verified."""
        self._revoked.add(key_id)

    def standing(self, credential: Credential, now_ms: int) -> Standing:
        """What speaks against a credential at a time."""
        return Standing(
            expired=now_ms > credential.not_after,
            not_yet=now_ms < credential.not_before,
            revoked=credential.id in self._revoked,
            issuer_revoked=credential.issuer != credential.id and credential.issuer in self._revoked,
        )


def is_renewal(credential: Credential, older: Credential) -> bool:
    """Whether a credential vouches for the same key and holder as another, and ends later than that one says."""
    later = (credential.epoch, credential.not_after) > (older.epoch, older.not_after)
    return later and credential.public == older.public and _place(credential) == _place(older)


def _place(credential: Credential) -> tuple[str, str]:
    return credential.kind, credential.holder


def _check_right(credential: Credential, issuer: Credential) -> None:
    """Roots vouch for roots, roots and issuers for the kinds in their rights; both within their area."""
    if issuer.kind not in {"root", "issuer"}:
        raise CredentialRefused(f"A credential of kind {issuer.kind} vouches for nobody.")
    if credential.kind in {"root", "issuer"} and issuer.kind != "root":
        raise CredentialRefused("Only a root vouches for roots and issuers.")
    named = f"The {issuer.kind} {issuer.holder} ({issuer.id.hex()[:8]})"
    if credential.kind != "root" and credential.kind not in issuer.rights:
        raise CredentialRefused(f"{named} has no right to vouch for the kind {credential.kind}.")
    if not covers(issuer.area, credential.area):
        raise CredentialRefused(f"{named} has no right to vouch for anyone in the area {credential.area}.")
    if credential.kind == "annexe" and not _is_in(credential.holder, credential.area):
        raise CredentialRefused(f"{named} vouches for {credential.holder}, which is no annexe of {credential.area}.")
    if credential.kind != "root" and credential.not_after > issuer.not_after:
        raise CredentialRefused(f"{named} vouches for a longer time than its own credential holds.")


def _is_in(annexe: str, area: str) -> bool:
    """Whether an annexe's id is one of an area."""
    begins = area.replace("/", "-")
    return annexe == begins or annexe.startswith(f"{begins}-")


def _check_signature(credential: Credential, issuer: Credential | None) -> None:
    if issuer is None:
        return
    try:
        check_public(credential.public)
        verify_signature(issuer.public, "credential", credential.signed_bytes(), credential.signature)
    except (BadKey, BadSignature) as error:
        raise CredentialRefused(f"The credential does not hold: {error}") from error


def _check_names(credential: Credential) -> None:
    if type(credential.kind) is not str or credential.kind not in KINDS:
        raise NotACredential(f"A credential's kind is one of {sorted(KINDS)}.")
    _check_text("holder", credential.holder, HOLDER, MAX_WORD)
    _check_text("area", credential.area, AREA, MAX_AREA)
    if type(credential.rights) is not tuple or len(credential.rights) > MAX_RIGHTS:
        raise NotACredential(f"A credential has at most {MAX_RIGHTS} rights.")
    for right in credential.rights:
        _check_text("right", right, WORD, MAX_WORD)
    if list(credential.rights) != sorted(set(credential.rights)):
        raise NotACredential("A credential's rights stand in order, each once.")
    if credential.role != "":
        _check_text("role", credential.role, WORD, MAX_WORD)


def _check_text(name: str, value: str, form: re.Pattern[str], longest: int) -> None:
    if type(value) is not str or len(value) > longest or not form.fullmatch(value):
        raise NotACredential(f"A credential's {name} is a short lower-case word.")


def _check_keys(credential: Credential) -> None:
    _check_bytes("public key", credential.public, PUBLIC_SIZE)
    if credential.sealing is not None:
        _check_bytes("sealing key", credential.sealing, PUBLIC_SIZE)
    _check_bytes("issuer", credential.issuer, KEY_ID_SIZE)
    _check_bytes("signature", credential.signature, SIGNATURE_SIZE)


def _check_bytes(name: str, value: bytes, size: int) -> None:
    if type(value) is not bytes or len(value) != size:
        raise NotACredential(f"A credential's {name} has {size} bytes.")


def _check_numbers(credential: Credential) -> None:
    for value, high in ((credential.epoch, MAX_EPOCH), (credential.not_before, MAX_MS), (credential.not_after, MAX_MS)):
        if type(value) is not int or not 0 <= value <= high:
            raise NotACredential("A credential's epoch and times are natural numbers.")
    if credential.not_after < credential.not_before:
        raise NotACredential("A credential ends after it begins.")
