"""The prefecture's authority: who vouches for every machine and every seal.

    offline/root.key          signs the issuer once a year; kept on a stick in a safe, not on this disk
    offline/seal-root.key     the X.509 root's key, likewise
    issuer.key                signs annexes, the centre, agents and seeds through the year
    seal-authority.key        signs the seals of the annexes
    root.credential, issuer.credential, seal-root.der, seal-authority.der      to be shown to anybody

Whoever holds `issuer.key` can admit an annexe until the issuer's credential ends; whoever holds the root can do so for
good. That is why the root works once a year and lives elsewhere: `authority --renew` needs it, nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import OperatorError
from protocol.records.credentials import Credential, issue, parse_credential
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, SigningKey
from provisioning import files

DAY_MS = 24 * 60 * 60 * 1000
ROOT_YEARS = 20  # longer than an annexe's hardware; a root is replaced by one that the old root signs
ISSUER_DAYS = 396  # a year and a month, so that two issuers overlap while seeds are on their way
SLACK_MS = DAY_MS  # an appliance without a battery clock may be a day behind when it first meets its credential

ISSUER_RIGHTS = ("annexe", "centre", "agent", "seal", "screen")

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The yearly issuer, opened: its key, its credential and the root's."""

    signing: SigningKey
    credential: Credential
    root: Credential

    def vouch(
        self,
        kind: str,
        holder: str,
        signing: SigningKey,
        opening: OpeningKey,
        *,
        role: str,
        area: str,
        epoch: int,
        now_ms: int,
    ) -> Credential:
        """A leaf credential for a machine; it never outlives the issuer."""
        return issue(
            kind=kind,
            holder=holder,
            public=signing.public,
            sealing=opening.public,
            area=area or self.credential.area,
            rights=(),
            role=role,
            epoch=epoch,
            not_before=now_ms - SLACK_MS,
            not_after=self.credential.not_after,
            signing=self.signing,
        )


def root_key_file(folder: Path) -> Path:
    """Where the root's key lies until it is carried away."""
    return folder / "offline" / "root.key"


def create(folder: Path, *, area: str, now_ms: int, entropy: Entropy, force: bool = False) -> Issuer:
    """Make the root and its first issuer in `folder`; OperatorError if there is an authority in it."""
    names = ("root.credential", "issuer.key", "issuer.credential", "offline/root.key")
    files.refuse_existing(*(folder / name for name in names), force=force)
    files.make_folder(folder)
    files.make_folder(folder / "offline")
    seed = entropy(32)
    root_key = SigningKey(seed)
    root = issue(
        kind="root",
        holder=area,
        public=root_key.public,
        sealing=None,
        area=area,
        rights=("issuer",),
        role="",
        epoch=1,
        not_before=now_ms - SLACK_MS,
        not_after=now_ms + ROOT_YEARS * 366 * DAY_MS,
        signing=root_key,
    )
    files.write_private_values(root_key_file(folder), {"root": seed}, force=force)
    files.write_public(folder / "root.credential", root.encoded(), force=force)
    return renew(folder, now_ms=now_ms, entropy=entropy, force=force)


def renew(folder: Path, *, now_ms: int, entropy: Entropy, force: bool = True) -> Issuer:
    """Make the issuer of a new year, signed by the root, whose key must be back in its place."""
    root = _credential(folder / "root.credential")
    root_key = SigningKey(_seed(root_key_file(folder), "root"))
    if root_key.public != root.public:
        raise OperatorError(f"{root_key_file(folder)} is not the key of {folder / 'root.credential'}.")
    seed = entropy(32)
    key = SigningKey(seed)
    credential = issue(
        kind="issuer",
        holder=root.area,
        public=key.public,
        sealing=None,
        area=root.area,
        rights=ISSUER_RIGHTS,
        role="",
        epoch=1,
        not_before=now_ms - SLACK_MS,
        not_after=now_ms + ISSUER_DAYS * DAY_MS,
        signing=root_key,
    )
    files.write_private_values(folder / "issuer.key", {"issuer": seed}, force=force)
    files.write_public(folder / "issuer.credential", credential.encoded(), force=force)
    return Issuer(key, credential, root)


def open_issuer(folder: Path) -> Issuer:
    """Open the authority's issuer; OperatorError if there is none in `folder`."""
    if not (folder / "issuer.key").exists():
        raise OperatorError(
            f"{folder} holds no authority: make one first with mulhaqa-provision authority --out {folder}"
        )
    key = SigningKey(_seed(folder / "issuer.key", "issuer"))
    credential = _credential(folder / "issuer.credential")
    if credential.public != key.public:
        raise OperatorError(f"{folder / 'issuer.key'} is not the key of issuer.credential beside it.")
    return Issuer(key, credential, _credential(folder / "root.credential"))


def _seed(path: Path, name: str) -> bytes:
    if not path.exists():
        raise OperatorError(f"{path} is not there: bring it back from where it is kept, then type the command again.")
    return as_bytes(files.read_private_values(path, {name})[name], path)


def _credential(path: Path) -> Credential:
    return parse_credential(files.read(path))


def as_bytes(value: Value, path: Path) -> bytes:
    """The bytes that a key file must hold; OperatorError naming the file otherwise."""
    if not isinstance(value, bytes):
        raise OperatorError(f"{path} is damaged: take it from its backup.")
    return value
