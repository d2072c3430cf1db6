"""The keeper of an annexe's vault key: asks each way at a start, and adds, changes and removes them.

Order of what is written, so that a power cut never leaves an annexe without its key:

- add      the secret (stick, file) first, its slot then: a cut leaves a secret that opens nothing.
- change   as add, with the new slot and without the old in one write; then the old secret is deleted.
- remove   the slot first, its secret then. A plain file that a cut left behind is deleted at the next start.
- The last slot is never removed; the last that needs nobody is, knowingly: then each start waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.custody.key_file import KEY_NAME, KeyFile
from edge.custody.slots import (
    MOST,
    PASSPHRASE,
    RECOVERY,
    TYPED,
    Slot,
    new_id,
    opened,
    opened_by_passphrase,
    passphrase_slot,
    read_slots,
    slot_of,
    write_slots,
)
from edge.custody.ways import LEAST, Way
from protocol.errors import CallerError, OperatorError
from protocol.records.refusals import CannotOpen
from protocol.records.sheet import SheetRefused, typed_back
from protocol.records.strongbox import BoxRefused, Lock

NOT_IT: Final = "This is not the passphrase of the vault. Look at the keyboard's language, and type it again."
WRONG_SHEET: Final = "These lines are of another sheet: take the one of this annexe that was printed last."
NONE_TYPED: Final = "No passphrase opens this vault: mulhaqa-edge custody list shows what does."

Entropy = Callable[[int], bytes]


class Locked(OperatorError):
    """No way opens by itself: somebody must type a passphrase, or plug a key in. The message has each way's reason."""


class WrongPassphrase(OperatorError):
    """What was typed opens no slot."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new slot, and what stands on its sheet (of the kind "recovery" alone). `repr` shows no secret."""

    slot: Slot
    sheet: bytes = field(default=b"", repr=False)


class Keeper:
    """Of the data folder `folder`; `ways` by kind, `now` in milliseconds."""

    def __init__(self, folder: Path, ways: Mapping[str, Way], now: Callable[[], int], entropy: Entropy) -> None:
        self._folder = folder
        self._ways = ways
        self._now = now
        self._entropy = entropy

    def slots(self) -> list[Slot] | None:
        """The slots, None where the plain file's bytes are the key itself."""
        return read_slots(self._folder)

    @property
    def takes_passphrase(self) -> bool:
        """Whether typing a passphrase could help."""
        return any(slot.kind == PASSPHRASE for slot in self.slots() or ())

    def key(self) -> bytes:
        """The key, by the first way that opens; raises Locked when none does."""
        slots = self.slots()
        if slots is None:
            return KeyFile(self._folder / KEY_NAME).load()
        reasons: list[str] = []
        for slot in slots:
            if slot.kind in TYPED:
                continue
            try:
                key = self.key_in(slot)
            except OperatorError as error:
                reasons.append(str(error))
            else:
                self._finish_removal(slots)
                return key
        if any(slot.kind == PASSPHRASE for slot in slots):
            reasons.append("Type the passphrase at /admin, or where the command is typed.")
        raise Locked(" ".join(["The vault is locked.", *reasons]))

    def key_in(self, slot: Slot) -> bytes:
        """The key in one slot that needs nobody; OperatorError when it cannot be had."""
        way = self._ways.get(slot.kind)
        if way is None:
            raise OperatorError(f"This release knows no way {slot.kind!r}: start the release that added it.")
        try:
            return opened(slot, way.secret(slot.id))
        except CannotOpen as error:
            raise OperatorError(
                f"The secret of slot {slot.id} ({slot.kind}) is another than the one it was made with: bring back the"
                f" board, stick, file or credential that it was made with, or take the recovery sheet."
            ) from error

    def key_by_passphrase(self, passphrase: str) -> bytes:
        """The key, by what somebody typed; OperatorError when it is not the passphrase. Takes a second of one core."""
        slots = [slot for slot in self.slots() or () if slot.kind == PASSPHRASE]
        if not slots:
            raise OperatorError(NONE_TYPED)
        for slot in slots:
            try:
                return opened_by_passphrase(slot, passphrase)
            except BoxRefused:
                continue
        raise WrongPassphrase(NOT_IT)

    def key_by_sheet(self, text: str) -> bytes:
        """The key, by the lines of the recovery sheet; OperatorError when they are not its own."""
        try:
            secret = typed_back(text)
        except SheetRefused as error:
            raise OperatorError(str(error)) from error
        for slot in (one for one in self.slots() or () if one.kind == RECOVERY):
            try:
                return opened(slot, secret)
            except CannotOpen:
                continue
        raise OperatorError(WRONG_SHEET)

    def add(self, kind: str, key: bytes, lock: Lock | None = None) -> Made:
        """Let one more way of a kind open to `key`; `lock` of a passphrase. OperatorError when it cannot be had."""
        made = self._made(kind, key, lock)
        self._write([*self._present(key), made.slot])
        return made

    def change(self, old: Slot, key: bytes, lock: Lock | None = None) -> Made:
        """Put a new slot of the same kind in place of one, whose secret is forgotten."""
        made = self._made(old.kind, key, lock)
        self._write([made.slot if one.id == old.id else one for one in self._present(key)])
        if old.kind not in (*TYPED, "file"):  # the one plain file is the new slot's too
            self._ways[old.kind].forget(old.id)
        return made

    def remove(self, slot: Slot) -> None:
        """Let a way open no more; OperatorError when it is the last."""
        left = [one for one in self.slots() or () if one.id != slot.id]
        if not left:
            raise OperatorError("This is the only way to the vault's key: add another first (custody add).")
        write_slots(self._folder, left)
        if slot.kind not in TYPED and slot.kind not in {one.kind for one in left if one.kind == "file"}:
            self._ways[slot.kind].forget(slot.id)

    def rehearse(self, kind: str) -> None:
        """See whether a way of a kind could be added, without a change; OperatorError when it could not."""
        if kind in ("otp", "credential"):  # theirs is the only secret that must be there before
            self._ways[kind].secret("")

    def _made(self, kind: str, key: bytes, lock: Lock | None) -> Made:
        id_, made_ms = new_id(self._entropy), self._now()
        if kind == PASSPHRASE:
            if lock is None:
                raise CallerError("a slot of a passphrase is made with its passphrase")
            return Made(passphrase_slot(id_, lock, key, made_ms, self._entropy))
        if kind == RECOVERY:
            secret = self._entropy(LEAST)
            return Made(slot_of(id_, kind, secret, key, made_ms, self._entropy), secret)
        way = self._ways[kind]
        way.prepare(id_, self._entropy)
        return Made(slot_of(id_, kind, way.secret(id_), key, made_ms, self._entropy))

    def _present(self, key: bytes) -> list[Slot]:
        """The slots; a plain file of before there were any becomes the first."""
        slots = self.slots()
        if slots is not None:
            return slots
        file = self._folder / KEY_NAME
        if not file.exists():
            return []
        return [slot_of(new_id(self._entropy), "file", KeyFile(file).load(), key, self._now(), self._entropy)]

    def _write(self, slots: Sequence[Slot]) -> None:
        if len(slots) > MOST:
            raise OperatorError(f"A vault has at most {MOST} ways: remove one first (custody remove).")
        write_slots(self._folder, slots)

    def _finish_removal(self, slots: Sequence[Slot]) -> None:
        """Delete the plain file of a slot that is gone: a cut came between the two."""
        if "file" in self._ways and all(slot.kind != "file" for slot in slots):
            self._ways["file"].forget("")

