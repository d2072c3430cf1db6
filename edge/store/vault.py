"""The vault: what the appliance's own secret seals.

One master key, a subkey a purpose, so that no key has two uses:

| purpose | seals | bound to |
|---|---|---|
| `vault-wrap` | the data keys of accounts, cases and the office | the key's subject |
| `vault-blind` | nothing: it keys the blind indexes | the index's kind |
| `vault-local` | secrets of the appliance (signing seeds, seals) | the secret's name |
| `vault-results` | the first answers of commands | the command's id |

All sealing is deterministic (a synthetic nonce), so that views rebuilt from the log are equal byte for byte. What that
tells (two equal plaintexts at one place under one key give equal bytes) is that a row did not change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.store.custody import KEY_NAME, KEY_SIZE, Custody, KeyFile
from protocol.errors import OperatorError, PeerError
from protocol.records.hashing import digest
from protocol.records.keys import subject_of, subkey
from protocol.records.sealing import Sealer

BLIND_SIZE = 16
"""Bytes of a blind index: no collision among the people of a country, half the size of a full hash."""


class Vault:
    """The appliance's own sealing; made from the 32-byte master key that a custodian keeps."""

    def __init__(self, custody: Custody) -> None:
        master = custody.load()
        if len(master) != KEY_SIZE:
            raise OperatorError("the vault's key has the wrong length: restore it from the annexe's backup")
        self._blind = subkey(master, "vault-blind")
        self._keys = Sealer(subkey(master, "vault-wrap"), "vault-key")
        self._local = Sealer(subkey(master, "vault-local"), "vault-local")
        self._results = Sealer(subkey(master, "vault-results"), "vault-result")

    @classmethod
    def create(cls, folder: Path, entropy: Callable[[int], bytes]) -> Vault:
        """Make the key file of a new vault in `folder` and open it; refuses where there is one."""
        file = KeyFile(folder / KEY_NAME)
        file.create(entropy)
        return cls(file)

    @classmethod
    def open(cls, folder: Path) -> Vault:
        """Open the vault whose key is in `folder`; raises OperatorError when it is missing or too widely readable."""
        return cls(KeyFile(folder / KEY_NAME))

    def wrap(self, key: bytes, subject: bytes) -> bytes:
        """Seal a data key for the disk."""
        return self._keys.seal(subject, key)

    def unwrap(self, wrapped: bytes, subject: bytes) -> bytes:
        """Open a data key; raises CannotOpen, or PeerError when it is not the key of this subject."""
        key = self._keys.unseal(subject, wrapped)
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
