"""A systemd credential: the service manager decrypts it (with a TPM, where there is one) and hands it to us at a start.

    systemd-creds encrypt --name=mulhaqa-vault SECRET /etc/credstore.encrypted/mulhaqa-vault
    [Service] LoadCredentialEncrypted=mulhaqa-vault

See systemd.exec(5), "Credentials". Without a TPM, systemd's own key lies on the same card: then this is no better than
a file, and docs/custody.md says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from edge.custody.ways import MOST, checked
from protocol.errors import OperatorError

NAME: Final = "mulhaqa-vault"
FOLDER: Final = "CREDENTIALS_DIRECTORY"
MISSING: Final = (
    f"systemd gives no credential {NAME} of 32 bytes or more: add LoadCredentialEncrypted={NAME} to the service, as"
    " docs/custody.md says. A command is run with it by: systemd-run --pty -p LoadCredentialEncrypted=..."
)


class SystemdCredential:
    """The way of the kind "credential"; `environment` is this process's."""

    kind = "credential"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def prepare(self, slot: str, _entropy: Callable[[int], bytes]) -> None:
        """Refuse when systemd gives none."""
        self.secret(slot)

    def secret(self, _slot: str) -> bytes:
        """The credential's bytes."""
        folder = self._environment.get(FOLDER)
        if not folder:
            raise OperatorError(MISSING)
        try:
            with (Path(folder) / NAME).open("rb") as file:
                return checked(file.read(MOST), missing=MISSING)
        except OSError as error:
            raise OperatorError(MISSING) from error

    def forget(self, _slot: str) -> None:
        """What systemd keeps is not ours to delete."""
