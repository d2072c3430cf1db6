"""Vectors of secrets under a passphrase, and of the sheet on which the sealed roots stand."""

from __future__ import annotations

from protocol.records.sheet import lines_of
from protocol.records.strongbox import DEMO, Lock, seal
from provisioning.roots import Roots
from tests.vectors.values import Json, fixed

PASSPHRASE = "cinq mots tirés aux dés"
MADE = 1_767_225_600_000


def strongbox() -> Json:
    """A box, and the sealed roots with the lines of their sheet."""
    lock = Lock(PASSPHRASE, DEMO)
    roots = Roots("berkane", "Province de Berkane", MADE, fixed("root"), MADE, fixed("seal root"))
    box = roots.sealed(lock, lambda size: fixed("salt")[:size])
    return {
        "passphrase": PASSPHRASE,
        "thing": "authority",
        "secret": b"secret".hex(),
        "box": seal("authority", b"secret", lock, lambda size: fixed("salt")[:size]).hex(),
        "roots": box.hex(),
        "root": roots.credential().encoded().hex(),
        "sheet": list[Json](lines_of(box)),
    }
