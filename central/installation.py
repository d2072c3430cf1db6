"""The prefecture server's data folder: made once from its signed seed, opened at each start.

    centre.key        the vault's key, readable by the service alone (see central.store.vault)
    seed.sealed       the seed, sealed by the vault: the centre's name and keys, whom it trusts
    published.revocations  the list of void certificates, as anyone gets it
    published.keys    what anyone may know: the roots, authorities and codes' seals that papers are checked with
    central.sqlite    the store

The seed that arrived can be destroyed once `install` has returned: everything in it that is secret is sealed here.
`seed.sealed` is written last, so a folder without it is not installed: after a power cut `install` begins again there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from central.paper_keys import PaperKeys
from central.published_keys import PublishedKeys
from central.revocation_file import RevocationFile
from central.store.vault import NAME, SIZE, CentreVault
from disk.durable import make_folder, write_durably
from protocol.errors import OperatorError
from protocol.office.seed import CentreSeed, SeedRefused, parse_centre_seed
from protocol.records.credentials import Credential, parse_credential
from protocol.records.keys import OpeningKey, SigningKey

SEALED_SEED = "seed.sealed"
PUBLISHED = "published.keys"
REVOKED = "published.revocations"
PLACE = b"installation/seed"


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed folder, opened: its vault and the seed it was installed from."""

    folder: Path
    vault: CentreVault
    seed: CentreSeed

    @property
    def signing(self) -> SigningKey:
        """The key that signs the prefecture's feeds and checkpoints."""
        return SigningKey(self.seed.signing_seed)

    @property
    def opening(self) -> OpeningKey:
        """The key that annexes seal their data keys to."""
        return OpeningKey(self.seed.opening_seed)

    @property
    def root(self) -> Credential:
        """The root on which everybody stands."""
        return parse_credential(self.seed.root)

    @property
    def chain(self) -> tuple[Credential, Credential]:
        """The centre's credential and its issuer's."""
        return parse_credential(self.seed.credential), parse_credential(self.seed.issuer)

    @property
    def papers(self) -> PaperKeys:
        """The keys by which papers are checked."""
        return PaperKeys(self.folder / PUBLISHED)

    @property
    def revocations(self) -> RevocationFile:
        """The list of void certificates that papers are checked with."""
        return RevocationFile(self.folder / REVOKED, self.root)


def install(folder: Path, seed: bytes, entropy: Callable[[int], bytes]) -> Installation:
    """Make a data folder from a seed.

    Raises PeerError when the seed is not good, OperatorError when the folder is installed already or cannot be written
    to.
    """
    parsed = parse_centre_seed(seed)
    published = _first_keys(parsed)
    if (folder / SEALED_SEED).exists():
        raise OperatorError(
            f"{folder} is installed already: choose another folder, or start it with mulhaqa-central run."
        )
    try:
        make_folder(folder)
        _drop_half_a_key(folder / NAME)
        vault = CentreVault.open(folder, entropy)
        PaperKeys(folder / PUBLISHED).publish(published)
        write_durably(folder / SEALED_SEED, vault.seal_local(PLACE, seed))
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}.") from error
    return Installation(folder, vault, parsed)


def open_installation(folder: Path) -> Installation:
    """Open an installed folder; OperatorError when it is none, or its key is missing."""
    path = folder / SEALED_SEED
    if not path.exists():
        raise OperatorError(
            f"{folder} holds no prefecture yet: install one with mulhaqa-central install --data {folder} SEED."
        )
    if not (folder / NAME).exists():
        raise OperatorError(f"{folder / NAME} is missing, and the folder is sealed by it: restore it from its backup.")
    vault = CentreVault.open(folder, _no_entropy)
    return Installation(folder, vault, parse_centre_seed(vault.open_local(PLACE, path.read_bytes())))


def _drop_half_a_key(path: Path) -> None:
    """Remove what the power left of a key that was being written: it sealed nothing. A whole one may have."""
    if path.exists() and path.stat().st_size < SIZE:
        path.unlink()


def _first_keys(seed: CentreSeed) -> PublishedKeys:
    match seed.seals:
        case {"root": bytes(root), "authority": bytes(authority)}:
            return PublishedKeys.build([root], [authority], [])
        case _:
            raise SeedRefused("The seed names no seal authority: have the prefecture's IT make it again.")


def _no_entropy(_size: int) -> bytes:
    raise OperatorError("The vault's key vanished while it was opened: start again.")
