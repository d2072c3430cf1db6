"""An appliance's data folder: made once from the prefecture's signed seed, opened at each start.

    vault.key        the vault's key, readable by the service alone
    seed.sealed      the seed, sealed by the vault: who this annexe is, its keys, its seals, whom it trusts
    mulhaqa.db       the log and its views

The seed that arrived can be destroyed once `install` has returned: everything in it that is secret is sealed here.
`seed.sealed` is written last, so a folder without it is not installed: after a power cut `install` begins again there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from disk.durable import make_folder, write_durably
from edge.services.office import AnnexeProfile
from edge.store.custody import KEY_NAME
from edge.store.schema import DATABASE
from edge.store.vault import Vault
from protocol.errors import OperatorError
from protocol.office.seed import Seed, parse_seed

SEALED_SEED = "seed.sealed"
PLACE = b"installation/seed"


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed folder, opened: its vault and the seed it was installed from."""

    folder: Path
    vault: Vault
    seed: Seed

    def profile(self, origin: str, verify_url: str = "") -> AnnexeProfile:
        """Return what the screens show of this annexe.

        `origin` is the address that they are served at, `verify_url` where papers are checked if that has moved since
        the seed was made.
        """
        seed = self.seed
        return AnnexeProfile(
            id=seed.annexe_id,
            prefix=seed.prefix,
            name_ar=seed.name_ar,
            name_fr=seed.name_fr,
            town_ar=seed.town_ar,
            town_fr=seed.town_fr,
            province_ar=seed.province_ar,
            province_fr=seed.province_fr,
            origin=origin,
            verify_url=verify_url or seed.verify_url,
        )


def install(folder: Path, seed: bytes, entropy: Callable[[int], bytes]) -> Installation:
    """Make a data folder from a seed.

    Raises PeerError when the seed is bad, OperatorError when the folder is installed already, holds a log whose seed is
    gone, or cannot be written to.
    """
    parsed = parse_seed(seed)
    if (folder / SEALED_SEED).exists():
        raise OperatorError(f"{folder} is installed already: choose another folder, or start it with mulhaqa-edge run.")
    if (folder / DATABASE).exists():
        raise OperatorError(f"{folder} holds a log but no seed: restore {SEALED_SEED} from the backup of that annexe.")
    try:
        make_folder(folder)
        (folder / KEY_NAME).unlink(missing_ok=True)  # left by an installation that the power ended: it sealed nothing
        vault = Vault.create(folder, entropy)
        write_durably(folder / SEALED_SEED, vault.seal_local(PLACE, seed))
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}.") from error
    return Installation(folder, vault, parsed)


def open_installation(folder: Path) -> Installation:
    """Open an installed folder; OperatorError when it is none."""
    path = folder / SEALED_SEED
    if not path.exists():
        raise OperatorError(
            f"{folder} holds no annexe yet: install one with mulhaqa-edge install --data {folder} SEED."
        )
    vault = Vault.open(folder)
    return Installation(folder, vault, parse_seed(vault.open_local(PLACE, path.read_bytes())))


def renew(installation: Installation, seed: bytes) -> Installation:
    """Let a newer seed of the same machine take the place of the one that there is.

    It must hold this machine's own secret keys, which nobody but the prefecture's IT has besides: that, and the
    signature on it, is why it is believed. Raises PeerError when the seed is bad, OperatorError when it is another's.
    """
    held, newer = installation.seed, parse_seed(seed)
    keys = ("annexe_id", "signing_seed", "opening_seed")
    if type(newer) is not type(held) or any(getattr(newer, key) != getattr(held, key) for key in keys):
        raise OperatorError("This is the seed of another machine: a machine takes only newer ones of its own.")
    vault = installation.vault
    try:
        write_durably(installation.folder / SEALED_SEED, vault.seal_local(PLACE, seed))
    except OSError as error:
        raise OperatorError(f"{installation.folder} cannot be written to: {error.strerror}.") from error
    return Installation(installation.folder, vault, newer)
