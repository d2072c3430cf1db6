"""The vault's key, wrapped once for each way in: as LUKS does, a way is changed without touching what the key seals.

    vault.slots   encode([1, [slot...]])
    slot          [id(8), kind, made (ms), salt(32), box]
    box           of "passphrase": a strongbox (protocol.records.strongbox) of the thing "vault-key"; no salt of its own
                  of any other: the key sealed for "vault-slot" at encode([id, kind]), under
                  BLAKE2b "vault-slot-mix" (kind, id, secret), keyed with the salt

Why it is safe:

- Secret and salt are mixed: the chip, the stick or the sheet without the card gives nothing, nor the card without them.
- A slot is bound to its id and kind. One that was changed, or moved from another file, opens nothing.
- The file is replaced whole (rename): after a power cut there are the slots of before, or those of after.
- Who can write on the card can delete a slot, and so shut the office; he could as well delete the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from disk.durable import write_durably
from protocol.errors import OperatorError, PeerError
from protocol.records.encoding import Value, decode, encode
from protocol.records.hashing import digest
from protocol.records.refusals import CannotOpen
from protocol.records.sealing import seal, unseal
from protocol.records.strongbox import Lock, open_box
from protocol.records.strongbox import seal as seal_box

SLOTS_NAME: Final = "vault.slots"
VERSION: Final = 1
SALT: Final = 32
ID: Final = 8
THING: Final = "vault-key"

PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a way, and no password
RECOVERY: Final = "recovery"
TYPED: Final = (PASSPHRASE, RECOVERY)
"""Kinds of what a person types; every other is fetched by the machine itself."""

MOST: Final = 16
"""Slots of one annexe: each way twice, and to spare. A start tries each."""

MAX_FILE: Final = 16 * 1024
DAMAGED: Final = f"{SLOTS_NAME} is damaged: restore it from a copy, or install anew and recover (docs/custody.md)."

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Slot:
    """One way in; `id` in hex, `made_ms` by this machine's clock."""

    id: str
    kind: str
    made_ms: int
    salt: bytes
    box: bytes


def new_id(entropy: Entropy) -> str:
    """The id of a slot to come."""
    return entropy(ID).hex()


def slot_of(id_: str, kind: str, secret: bytes, key: bytes, made_ms: int, entropy: Entropy) -> Slot:
    """The slot that `secret`, of 32 bytes or more, opens to `key`."""
    salt = entropy(SALT)
    return Slot(id_, kind, made_ms, salt, seal(_mixed(id_, kind, salt, secret), "vault-slot", _place(id_, kind), key))


def passphrase_slot(id_: str, lock: Lock, key: bytes, made_ms: int, entropy: Entropy) -> Slot:
    """The slot that a passphrase opens to `key`."""
    return Slot(id_, PASSPHRASE, made_ms, b"", seal_box(THING, key, lock, entropy))


def opened(slot: Slot, secret: bytes) -> bytes:
    """The key in a slot; raises CannotOpen."""
    return unseal(_mixed(slot.id, slot.kind, slot.salt, secret), "vault-slot", _place(slot.id, slot.kind), slot.box)


def opened_by_passphrase(slot: Slot, passphrase: str) -> bytes:
    """The key in a slot of the kind "passphrase"; raises BoxRefused. Takes a second or more of one core."""
    return open_box(THING, slot.box, passphrase)


def write_slots(folder: Path, slots: Sequence[Slot]) -> None:
    """Put these in place of those that are there; OperatorError when the folder cannot be written to."""
    rows: list[Value] = [[bytes.fromhex(one.id), one.kind, one.made_ms, one.salt, one.box] for one in slots]
    try:
        write_durably(folder / SLOTS_NAME, encode([VERSION, rows]))
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}.") from error


def read_slots(folder: Path) -> list[Slot] | None:
    """The slots of a folder, None where there is no file of them; OperatorError when it is damaged."""
    try:
        data = (folder / SLOTS_NAME).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorError(f"{folder / SLOTS_NAME} cannot be read: {error.strerror}.") from error
    try:
        return _parsed(data)
    except PeerError as error:
        raise OperatorError(DAMAGED) from error


def _parsed(data: bytes) -> list[Slot]:
    match decode(data, max_size=MAX_FILE):
        case [1, [*rows]] if len(rows) <= MOST:
            return [_row(row) for row in rows]
    raise CannotOpen(DAMAGED)


def _row(row: Value) -> Slot:
    match row:
        case [bytes(id_), str(kind), int(made_ms), bytes(salt), bytes(box)] if len(id_) == ID:
            if len(salt) == (0 if kind == PASSPHRASE else SALT):
                return Slot(id_.hex(), kind, made_ms, salt, box)
    raise CannotOpen(DAMAGED)


def _mixed(id_: str, kind: str, salt: bytes, secret: bytes) -> bytes:
    return digest("vault-slot-mix", kind.encode(), bytes.fromhex(id_), secret, key=salt)


def _place(id_: str, kind: str) -> bytes:
    return encode([bytes.fromhex(id_), kind])
