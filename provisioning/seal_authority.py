"""The X.509 side of the authority, as files: the root of seals, the authority that certifies each annexe's two seals.

offline/seal-root.key    the root's private key (PKCS #8), carried away with the other root's
seal-authority.key       the authority's private key
seal-root.der, seal-authority.der      the certificates, to be shown to anybody who checks a paper
"""

from __future__ import annotations

from pathlib import Path

from protocol.errors import OperatorError
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value
from provisioning import files, seals
from provisioning.authority import SLACK_MS, Entropy

ROOT_KEY, ROOT = Path("offline/seal-root.key"), Path("seal-root.der")
KEY, CERTIFICATE = Path("seal-authority.key"), Path("seal-authority.der")
ALL = (ROOT_KEY, ROOT, KEY, CERTIFICATE)


def create(folder: Path, prefecture: seals.Prefecture, *, now_ms: int, entropy: Entropy, force: bool = False) -> None:
    """Make the root of seals and the seal authority in `folder`; OperatorError if they are there."""
    files.refuse_existing(*(folder / name for name in ALL), force=force)
    start = now_ms - SLACK_MS
    root = seals.make_root(prefecture, seals.new_key(entropy), seals.Lifetime.years(start, seals.ROOT_YEARS))
    authority = seals.make_seal_authority(
        prefecture, root, seals.new_key(entropy), seals.Lifetime.years(start, seals.AUTHORITY_YEARS)
    )
    files.make_folder(folder / ROOT_KEY.parent)
    files.write_private(folder / ROOT_KEY, root.key, force=force)
    files.write_public(folder / ROOT, root.certificate, force=force)
    files.write_private(folder / KEY, authority.key, force=force)
    files.write_public(folder / CERTIFICATE, authority.certificate, force=force)


def annexe_seals(folder: Path, prefecture: seals.Prefecture, annexe: str, *, now_ms: int, entropy: Entropy) -> SealKeys:
    """Draw an annexe's two seals and certify them; they go into its seed."""
    certificate = files.read(folder / CERTIFICATE)
    authority = seals.Authority(certificate, files.read_private(folder / KEY), (certificate,))
    return seals.make_seals(
        prefecture,
        annexe,
        authority,
        seals.Lifetime.years(now_ms - SLACK_MS, seals.SEAL_YEARS),
        pades_key=seals.new_key(entropy),
        token_key=seals.new_key(entropy),
    )


def public_certificates(folder: Path) -> dict[str, Value]:
    """What the centre verifies seals with: the root and the authority, DER."""
    if not (folder / ROOT).exists():
        raise OperatorError(f"{folder} holds no seal authority: make one with mulhaqa-provision authority.")
    return {"root": files.read(folder / ROOT), "authority": files.read(folder / CERTIFICATE)}
