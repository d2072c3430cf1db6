"""The prefecture's authority: who vouches for every machine and every seal.

    offline/roots.sealed      the two roots, sealed with a passphrase (provisioning.roots); kept on a stick in a safe
    issuer.key                signs annexes, the centre, agents and seeds through the year
    seal-authority.key        signs the seals of the annexes
    lan-authority.key         signs what each appliance certifies its screens with
    issued.log                what was issued (provisioning.issuance)
    root.credential, issuer.credential, seal-root.der, seal-authority.der, lan-root.der, lan-authority.der
                              to be shown to anybody

Whoever holds `issuer.key` can admit an annexe until the issuer's credential ends; whoever holds the root can do so for
good. That is why the root works once a year, needs a passphrase and lives elsewhere: `authority issuer` needs it,
nothing that is done through the year does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from protocol.errors import OperatorError
from protocol.records.credentials import Credential, issue, parse_credential, vouched_anew
from protocol.records.encoding import Value
from protocol.records.keys import OpeningKey, SigningKey
from protocol.records.strongbox import Lock
from provisioning import files, issuance, lan_authority, seal_authority
from provisioning.issuance import Issued
from provisioning.roots import DAY_MS, SLACK_MS, Entropy, Roots, earlier_file, sealed_file

ISSUER_DAYS = 396  # a year and a month, so that two issuers overlap while seeds are on their way
ISSUER_RIGHTS = ("annexe", "centre", "agent", "seal", "screen")

ROOT, KEY, CREDENTIAL = "root.credential", "issuer.key", "issuer.credential"


@dataclass(frozen=True, slots=True)
class Limits:
    """What an issuer may vouch for: kinds of credential, an area ("" for its root's), and for how many days."""

    kinds: tuple[str, ...] = ISSUER_RIGHTS
    area: str = ""
    days: int = ISSUER_DAYS


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


def would_make(folder: Path) -> tuple[Path, ...]:
    """The files that `create` makes."""
    credentials = (folder / name for name in (ROOT, KEY, CREDENTIAL))
    return (sealed_file(folder), *credentials, *seal_authority.files_of(folder), *lan_authority.files_of(folder))


def create(folder: Path, roots: Roots, lock: Lock, *, now_ms: int, entropy: Entropy, force: bool = False) -> Issuer:
    """Keep new roots in `folder`, with their first issuer and seal authority; OperatorError if there are some in it."""
    files.refuse_existing(*would_make(folder), force=force)
    keep(folder, roots, roots.sealed(lock, entropy), now_ms=now_ms, force=force)
    seal_authority.create(folder, roots, now_ms=now_ms, entropy=entropy, force=force)
    lan_authority.create(folder, roots, now_ms=now_ms, entropy=entropy, force=force)
    return renew(folder, roots, Limits(), now_ms=now_ms, entropy=entropy, force=force)


def keep(folder: Path, roots: Roots, box: bytes, *, now_ms: int, did: str = "issued", force: bool = False) -> None:
    """Write the sealed roots and what is shown of them."""
    files.make_folder(folder)
    files.make_folder(sealed_file(folder).parent)
    root, seal_root, lan_root = roots.credential(), roots.seal_root().certificate, roots.lan_root().certificate
    seal_line = Issued.certificate("seal-root", seal_root, seal_root, roots.area, now_ms, did)
    lan_line = Issued.certificate("lan-root", lan_root, lan_root, roots.area, now_ms, did)
    issuance.append(folder, [Issued.credential(root, now_ms, did), seal_line, lan_line])
    files.write_private(sealed_file(folder), box, force=force)
    files.write_public(folder / ROOT, root.encoded(), force=force)
    files.write_public(folder / seal_authority.ROOT, seal_root, force=force)
    files.write_public(folder / lan_authority.ROOT, lan_root, force=force)


def renew(folder: Path, roots: Roots, limits: Limits, *, now_ms: int, entropy: Entropy, force: bool = True) -> Issuer:
    """Make the issuer of a new year in the place of the one before, signed by the root."""
    root = read_root(folder)
    _check_pair(folder, roots, root)
    issuer = make_issuer(roots, root, limits, now_ms=now_ms, entropy=entropy)
    issuance.append(folder, [Issued.credential(issuer.credential, now_ms)])
    files.write_private_values(folder / KEY, {"issuer": issuer.signing.seed}, force=force)
    files.write_public(folder / CREDENTIAL, issuer.credential.encoded(), force=force)
    return issuer


def bridge_file(folder: Path, roots: Roots) -> Path:
    """The credential of `roots` that the root before them signed: for everybody who knows that one."""
    return folder / f"root-{roots.signing.id.hex()[:8]}.bridge.credential"


def rotate(
    folder: Path, roots: Roots, box: bytes, lock: Lock, *, now_ms: int, entropy: Entropy
) -> tuple[Roots, Issuer]:
    """Let a new root follow, signed by the one there is (`box`: its sealed form, which is kept), with a new issuer."""
    root = read_root(folder)
    _check_pair(folder, roots, root)
    new = roots.successor(now_ms=now_ms, entropy=entropy)
    bridge = new.vouched_by(roots.signing)
    issuance.append(folder, [Issued.credential(bridge, now_ms)])
    files.write_private(earlier_file(folder, roots), box)
    files.write_public(bridge_file(folder, new), bridge.encoded())
    files.write_private(sealed_file(folder), new.sealed(lock, entropy), force=True)
    files.write_public(folder / ROOT, new.credential().encoded(), force=True)
    return new, renew(folder, new, Limits(), now_ms=now_ms, entropy=entropy)


def vouch_anew(issuer: Issuer, credential: Credential) -> Credential:
    """The same credential of the same key, by this issuer and until its end; the beginning stays."""
    return vouched_anew(credential, not_after=issuer.credential.not_after, signing=issuer.signing)


def make_issuer(roots: Roots, root: Credential, limits: Limits, *, now_ms: int, entropy: Entropy) -> Issuer:
    """Draw an issuer's key and have the root vouch for it within `limits`."""
    key = SigningKey(entropy(32))
    credential = issue(
        kind="issuer",
        holder=root.area,
        public=key.public,
        sealing=None,
        area=limits.area or root.area,
        rights=limits.kinds,
        role="",
        epoch=1,
        not_before=now_ms - SLACK_MS,
        not_after=min(now_ms + limits.days * DAY_MS, root.not_after),
        signing=roots.signing,
    )
    return Issuer(key, credential, root)


def _check_pair(folder: Path, roots: Roots, root: Credential) -> None:
    if roots.signing.public != root.public:
        raise OperatorError(
            f"{sealed_file(folder)} holds another root than {folder / ROOT}: bring the two back that belong together."
        )


def read_root(folder: Path) -> Credential:
    """The root's credential; OperatorError if there is no authority in `folder`."""
    if not (folder / ROOT).exists():
        raise OperatorError(
            f"{folder} holds no authority: make one first with mulhaqa-provision authority init --out {folder}"
        )
    return parse_credential(files.read(folder / ROOT))


def open_issuer(folder: Path) -> Issuer:
    """Open the authority's issuer; OperatorError if there is none in `folder`."""
    root, path = read_root(folder), folder / KEY
    if not path.exists():
        raise OperatorError(
            f"{folder} has no issuer: make one with mulhaqa-provision authority issuer --authority {folder}"
        )
    key = SigningKey(as_bytes(files.read_private_values(path, {"issuer"})["issuer"], path))
    credential = parse_credential(files.read(folder / CREDENTIAL))
    if credential.public != key.public:
        raise OperatorError(f"{path} is not the key of issuer.credential beside it.")
    return Issuer(key, credential, root)


def as_bytes(value: Value, path: Path) -> bytes:
    """The bytes that a key file must hold; OperatorError naming the file otherwise."""
    if not isinstance(value, bytes):
        raise OperatorError(f"{path} is damaged: take it from its backup.")
    return value
