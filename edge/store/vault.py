"""The vault: what the appliance's own secret seals.

One master key, a subkey a purpose, so that no key has two uses:

| purpose | seals | bound to |
|---|---|---|
| `vault-wrap` | the data keys of accounts, cases and the office, of before there were months | the key's subject |
| `vault-months` | the keys of the months, which wrap the data keys (`edge.store.months`) | one place |
| `vault-blind` | nothing: it keys the blind indexes | the index's kind |
| `vault-local` | secrets of the appliance (signing seeds, seals) | the secret's name |
| `vault-results` | the first answers of commands | the command's id |

All sealing is deterministic (a synthetic nonce), so that views rebuilt from the log are equal byte for byte. What that
tells (two equal plaintexts at one place under one key give equal bytes) is that a row did not change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from edge.custody.key_file import KEY_NAME, KEY_SIZE, KeyFile
from edge.store.months import Month, MonthFile
from protocol.errors import OperatorError, PeerError
from protocol.records.hashing import digest
from protocol.records.keys import DATA_KEY_SIZE, subject_of, subkey
from protocol.records.refusals import CannotOpen
from protocol.records.sealing import OVERHEAD, Sealer

BLIND_SIZE = 16
"""Bytes of a blind index: no collision among the people of a country, half the size of a full hash."""

GENERATION: Final = 4
"""Bytes that name the month before a wrapped data key: a month a minute would still last 8,000 years."""

WRAPPED: Final = DATA_KEY_SIZE + OVERHEAD
"""Bytes of a data key that is wrapped under the vault's own key."""

MONTH_GONE: Final = (
    "A data key is wrapped under a month's key that is no more: this database is a copy from long ago, or vault.months"
    " is. Install anew and recover from the second medium or the prefecture."
)


class Vault:
    """The appliance's own sealing; made from the 32-byte master key that a custodian keeps for the data folder
    `folder`, and the keys of the months that lie there."""

    def __init__(self, folder: Path, master: bytes) -> None:
        if len(master) != KEY_SIZE:
            raise OperatorError("the vault's key has the wrong length: restore it from the annexe's backup")
        self._blind = subkey(master, "vault-blind")
        self._wraps = {0: Sealer(subkey(master, "vault-wrap"), "vault-key")}
        self._newest = 0
        self._local = Sealer(subkey(master, "vault-local"), "vault-local")
        self._results = Sealer(subkey(master, "vault-results"), "vault-result")
        self.month_file = MonthFile(folder, Sealer(subkey(master, "vault-months"), "vault-months"))
        self.take_up(self.month_file.load())

    @classmethod
    def create(cls, folder: Path, entropy: Callable[[int], bytes]) -> Vault:
        """Make the key file of a new vault in `folder` and open it; refuses where there is one."""
        file = KeyFile(folder / KEY_NAME)
        file.create(entropy)
        return cls(folder, file.load())

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """Open the vault whose key is in `folder`; raises OperatorError when it is missing or too widely readable."""
        return cls(folder, KeyFile(folder / KEY_NAME).load())

    def take_up(self, months: Sequence[Month]) -> None:
        """Wrap under the newest of these months from now on, and open under each of them."""
        own = self._wraps[0]
        self._wraps = {0: own, **{one.generation: Sealer(one.key, "vault-key") for one in months}}
        self._newest = max(self._wraps)

    @property
    def generation(self) -> bytes:
        """What stands before each data key that is wrapped now; nothing under the vault's own key."""
        return self._newest.to_bytes(GENERATION, "big") if self._newest else b""

    @property
    def wrapped_size(self) -> int:
        """Bytes of a data key that is wrapped now."""
        return len(self.generation) + WRAPPED

    def wrap(self, key: bytes, subject: bytes) -> bytes:
        """Seal a data key for the disk, under the month's key."""
        return self.generation + self._wraps[self._newest].seal(subject, key)

    def unwrap(self, wrapped: bytes, subject: bytes) -> bytes:
        """Open a data key; raises CannotOpen, or PeerError when it is not the key of this subject."""
        generation, sealed = _split(wrapped)
        if generation not in self._wraps:
            raise CannotOpen(MONTH_GONE)
        key = self._wraps[generation].unseal(subject, sealed)
        if subject_of(key) != subject:
            raise PeerError("a data key on the disk is not the one that its subject names")
        return key

    def blind(self, kind: str, text: str) -> bytes:
        """Return the 16-byte index of `text` among its kind: equal texts find each other, nobody reads them back."""
        return digest("blind", kind.encode(), text.encode(), size=BLIND_SIZE, key=self._blind)

    def seal_local(self, place: bytes, plain: bytes) -> bytes:
        """Seal a secret of the appliance itself."""
        return self._local.seal(place, plain)

    def open_local(self, place: bytes, sealed: bytes) -> bytes:
        """Open a secret of the appliance itself; raises CannotOpen."""
        return self._local.unseal(place, sealed)

    def seal_result(self, command: bytes, plain: bytes) -> bytes:
        """Seal the first answer of a command."""
        return self._results.seal(command, plain)

    def open_result(self, command: bytes, sealed: bytes) -> bytes:
        """Open the first answer of a command; raises CannotOpen."""
        return self._results.unseal(command, sealed)


def _split(wrapped: bytes) -> tuple[int, bytes]:
    """The month of a wrapped data key, 0 for the vault's own, and what is sealed."""
    if len(wrapped) <= WRAPPED:
        return 0, wrapped
    return int.from_bytes(wrapped[:GENERATION], "big"), wrapped[GENERATION:]
