"""The keys of the months: what wraps the data keys at rest. Each is new after a month, and destroyed some time later.

    vault.months    sealed by the vault: encode([1, [[generation, made (ms), retired (ms) or nil, key(32)]...]])

Why a file of its own: a copy of the database alone (a backup, a card image without the newest of this file) goes blind
once the month's key is destroyed, while the log in it is never rewritten. What an erased person's data key was wrapped
under is gone with the month.

- Generation 0 is the vault's own key, of installations of before there were months. It is never destroyed.
- A wrapped data key names its generation: 4 bytes, big-endian, before what is sealed. Generation 0 has no such bytes.
- The file is replaced whole, before any row is wrapped under what it adds, and after no row is left under what it drops
  (`edge.store.rotation`). `retired` is an instant that the prefecture signed, never this machine's clock.
- On flash what was replaced can be found again until the card reuses it; it is sealed by the vault there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from disk.durable import write_durably
from protocol.errors import OperatorError, PeerError
from protocol.records.encoding import Value, decode, encode
from protocol.records.refusals import CannotOpen
from protocol.records.sealing import Sealer

MONTHS_NAME: Final = "vault.months"
VERSION: Final = 1
PLACE: Final = b"vault/months"
KEY_SIZE: Final = 32

MAX_FILE: Final = 64 * 1024
DAMAGED: Final = f"{MONTHS_NAME} is damaged or another vault's: restore it from a copy, or install anew and recover."


@dataclass(frozen=True, slots=True)
class Month:
    """A key of a month. `made_ms` by this machine's clock; `retired_ms`: the prefecture's newest signed instant when no
    data key was left under it, None before. `repr` shows no key."""

    generation: int
    made_ms: int
    retired_ms: int | None
    key: bytes

    def __repr__(self) -> str:
        return f"Month({self.generation})"


class MonthFile:
    """The file of a data folder; `sealer` is the vault's."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._path = folder / MONTHS_NAME
        self._sealer = sealer

    def load(self) -> list[Month]:
        """The months, oldest first; none where there is no file. OperatorError when it is damaged."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OperatorError(f"{self._path} cannot be read: {error.strerror}.") from error
        try:
            return _parsed(self._sealer.unseal(PLACE, data))
        except PeerError as error:
            raise OperatorError(DAMAGED) from error

    def save(self, months: Sequence[Month]) -> None:
        """Put these in place of those that are there; OperatorError when the folder cannot be written to."""
        rows: list[Value] = [[one.generation, one.made_ms, one.retired_ms, one.key] for one in months]
        try:
            write_durably(self._path, self._sealer.seal(PLACE, encode([VERSION, rows])))
        except OSError as error:
            raise OperatorError(f"{self._path} cannot be written: {error.strerror}.") from error


def _parsed(data: bytes) -> list[Month]:
    match decode(data, max_size=MAX_FILE):
        case [1, [*rows]]:
            return [_row(row) for row in rows]
    raise CannotOpen(DAMAGED)


def _row(row: Value) -> Month:
    match row:
        case [int(generation), int(made_ms), (int() | None) as retired_ms, bytes(key)] if len(key) == KEY_SIZE:
            return Month(generation, made_ms, retired_ms, key)
    raise CannotOpen(DAMAGED)
