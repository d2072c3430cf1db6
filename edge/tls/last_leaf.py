"""The last leaf, kept on the card for a start that finds the vault locked: the passphrase is typed over TLS too.

An appliance whose vault somebody opens by a passphrase has no authority until then, for it is sealed. So its last leaf
lies beside the vault, in the clear and for the service alone. Whoever steals the card has a certificate of the annexe's
names until that leaf ends, three months at most; he has nothing that it protected. Where the vault opens by itself, or
no passphrase opens it, no leaf is kept.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from disk.durable import write_durably
from edge.tls.keeper import server_context
from edge.tls.leaf import Leaf

FILE: Final = "screens.pem"

log = structlog.get_logger("mulhaqa.tls")


def keep_leaf(folder: Path, leaf: Leaf) -> None:
    """Keep a leaf, in the place of the one before. A disk that refuses stops no screen: the next locked start is then
    opened at the appliance's own."""
    try:
        write_durably(folder / FILE, leaf.key + leaf.chain)
    except OSError as error:
        log.warning("certificate.not_kept", why=error.strerror)


def forget_leaf(folder: Path) -> None:
    """Keep none."""
    (folder / FILE).unlink(missing_ok=True)


def last_context(folder: Path) -> ssl.SSLContext | None:
    """What to serve with until the vault is open; None where no leaf was kept, or what is there is none."""
    context = server_context()
    with suppress(OSError):  # ssl.SSLError is one
        context.load_cert_chain(folder / FILE)
        return context
    return None
