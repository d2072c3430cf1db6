"""An appliance's data folder: made once from the prefecture's signed seed, opened at each start.

    vault.slots      the vault's key, wrapped for each way in (edge.custody.slots); or else
    vault.key        the key itself, readable by the service alone
    vault.months     the keys of the months, sealed by the vault
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
from edge.custody.here import keeper_here
from edge.custody.keeper import Locked
from edge.custody.key_file import KEY_NAME, KeyFile
from edge.custody.slots import SLOTS_NAME
from edge.services.office import AnnexeProfile
from edge.store.schema import DATABASE
from edge.store.vault import Vault
from protocol.errors import OperatorError
from protocol.office.seed import Seed, parse_seed

Entropy = Callable[[int], bytes]
NewKey = Callable[[Path, Entropy], bytes]
"""Draws a new vault's key, sees that it can be had again at the next start, and returns it."""

Ask = Callable[[str], str]

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


def plain_key(folder: Path, entropy: Entropy) -> bytes:
    """A new vault's key in a plain file, for demonstrations and machines that are locked away."""
    file = KeyFile(folder / KEY_NAME)
    file.create(entropy)
    return file.load()


def install(folder: Path, seed: bytes, entropy: Entropy, new_key: NewKey = plain_key) -> Installation:
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
        for left in (KEY_NAME, SLOTS_NAME):  # by an installation that the power ended: they sealed nothing
            (folder / left).unlink(missing_ok=True)
        vault = Vault(folder, new_key(folder, entropy))
        write_durably(folder / SEALED_SEED, vault.seal_local(PLACE, seed))
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}.") from error
    return Installation(folder, vault, parsed)


def open_installation(folder: Path, ask: Ask | None = None) -> Installation:
    """Open an installed folder.

    `ask` asks somebody for the passphrase where no way opens by itself. Raises OperatorError when the folder is none,
    Locked when the vault stays locked.
    """
    require_installed(folder)
    keeper = keeper_here(folder)
    try:
        key = keeper.key()
    except Locked:
        if ask is None or not keeper.takes_passphrase:
            raise
        key = keeper.key_by_passphrase(ask("Passphrase of the vault: "))
    return unlocked(folder, key)


def require_installed(folder: Path) -> None:
    """Raise OperatorError where there is no annexe."""
    if not (folder / SEALED_SEED).exists():
        raise OperatorError(
            f"{folder} holds no annexe yet: install one with mulhaqa-edge install --data {folder} SEED."
        )


def unlocked(folder: Path, key: bytes) -> Installation:
    """Open an installed folder with its vault's key; PeerError when it is another's."""
    vault = Vault(folder, key)
    return Installation(folder, vault, parse_seed(vault.open_local(PLACE, (folder / SEALED_SEED).read_bytes())))


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
