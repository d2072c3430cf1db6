"""The X.509 side of the authority, as files: the authority that certifies each annexe's two seals.

seal-authority.key                  its private key (PKCS #8); the root's own is in provisioning.roots
seal-root.der, seal-authority.der   the certificates, to be shown to anybody who checks a paper
"""

from __future__ import annotations

from pathlib import Path

from protocol.errors import OperatorError
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value
from provisioning import files, issuance, seals
from provisioning.certification import Authority, Lifetime, Prefecture, new_key
from provisioning.issuance import Issued
from provisioning.roots import SLACK_MS, Entropy, Roots

ROOT = Path("seal-root.der")
KEY, CERTIFICATE = Path("seal-authority.key"), Path("seal-authority.der")


def files_of(folder: Path) -> tuple[Path, ...]:
    """The files of the seal authority in `folder`."""
    return tuple(folder / name for name in (ROOT, KEY, CERTIFICATE))


def create(folder: Path, roots: Roots, *, now_ms: int, entropy: Entropy, force: bool = False) -> None:
    """Make the seal authority in `folder`, certified by the root; OperatorError if it is there."""
    files.refuse_existing(folder / KEY, folder / CERTIFICATE, force=force)
    root, life = roots.seal_root(), Lifetime.years(now_ms - SLACK_MS, seals.AUTHORITY_YEARS)
    authority = seals.make_seal_authority(Prefecture(roots.prefecture), root, new_key(entropy), life)
    line = Issued.certificate("seal-authority", authority.certificate, root.certificate, roots.area, now_ms)
    issuance.append(folder, [line])
    files.write_private(folder / KEY, authority.key, force=force)
    files.write_public(folder / CERTIFICATE, authority.certificate, force=force)


def annexe_seals(folder: Path, prefecture: Prefecture, annexe: str, *, now_ms: int, entropy: Entropy) -> SealKeys:
    """Draw an annexe's two seals and certify them; they go into its seed."""
    certificate = files.read(folder / CERTIFICATE)
    authority = Authority(certificate, files.read_private(folder / KEY), (certificate,))
    return seals.make_seals(
        prefecture,
        annexe,
        authority,
        Lifetime.years(now_ms - SLACK_MS, seals.SEAL_YEARS),
        pades_key=new_key(entropy),
        token_key=new_key(entropy),
    )


def lines_of(folder: Path, made: SealKeys, area: str, now_ms: int) -> list[Issued]:
    """What the log says of an annexe's two seals."""
    issuer = files.read(folder / CERTIFICATE)
    return [Issued.certificate("seal", one, issuer, area, now_ms) for one in (made.pades_cert, made.token_cert)]


def public_certificates(folder: Path) -> dict[str, Value]:
    """What the centre verifies seals with: the root and the authority, DER."""
    if not (folder / ROOT).exists():
        raise OperatorError(f"{folder} holds no seal authority: make one with mulhaqa-provision authority init.")
    return {"root": files.read(folder / ROOT), "authority": files.read(folder / CERTIFICATE)}
