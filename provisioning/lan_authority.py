"""The authority of the annexes' networks, as files: what vouches for each appliance's own.

lan-authority.key                 its private key (PKCS #8); the root's own is in provisioning.roots
lan-root.der, lan-authority.der   the certificates; the root is what tablets install
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from protocol.errors import OperatorError
from protocol.office.lan import LanAuthority
from provisioning import files, issuance, lan
from provisioning.certification import Authority, Lifetime, Prefecture, new_key
from provisioning.issuance import Issued
from provisioning.roots import SLACK_MS, Entropy, Roots

ROOT = Path("lan-root.der")
KEY, CERTIFICATE = Path("lan-authority.key"), Path("lan-authority.der")


def files_of(folder: Path) -> tuple[Path, ...]:
    """The files of the networks' authority in `folder`."""
    return tuple(folder / name for name in (ROOT, KEY, CERTIFICATE))


def create(folder: Path, roots: Roots, *, now_ms: int, entropy: Entropy, force: bool = False) -> None:
    """Make the authority in `folder`, certified by the root; OperatorError if it is there."""
    files.refuse_existing(folder / KEY, folder / CERTIFICATE, force=force)
    root, life = roots.lan_root(), Lifetime.years(now_ms - SLACK_MS, lan.AUTHORITY_YEARS)
    made = lan.make_authority(Prefecture(roots.prefecture), root, new_key(entropy), life)
    line = Issued.certificate("lan-authority", made.certificate, root.certificate, roots.area, now_ms)
    issuance.append(folder, [line])
    files.write_public(folder / ROOT, root.certificate, force=True)  # an authority of before had none
    files.write_private(folder / KEY, made.key, force=force)
    files.write_public(folder / CERTIFICATE, made.certificate, force=force)


def of_appliance(folder: Path, prefecture: Prefecture, annexe: str, *, now_ms: int, entropy: Entropy) -> LanAuthority:
    """Draw an appliance's authority and vouch for it; it goes into its seed."""
    if not (folder / KEY).exists():
        raise OperatorError(
            f"{folder} has no authority of the annexes' networks, without which their screens have no HTTPS: make it "
            f"with mulhaqa-provision authority issuer --authority {folder}"
        )
    certificate = files.read(folder / CERTIFICATE)
    return lan.make_appliance(
        prefecture,
        annexe,
        Authority(certificate, files.read_private(folder / KEY), (certificate,)),
        files.read(folder / ROOT),
        Lifetime.years(now_ms - SLACK_MS, lan.APPLIANCE_YEARS),
        key=new_key(entropy),
    )


def fingerprint(folder: Path) -> str:
    """The root's SHA-256 as every tablet shows it: "AB:CD:..."."""
    return x509.load_der_x509_certificate(files.read(folder / ROOT)).fingerprint(SHA256()).hex(":").upper()


def line_of(made: LanAuthority, area: str, now_ms: int) -> Issued:
    """What the log says of an appliance's authority."""
    return Issued.certificate("lan", made.certificate, made.chain[0], area, now_ms)
