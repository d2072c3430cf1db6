"""Backups that are made in a run and restored later in it, where nothing that only the lost disk held would be missed.

What was on one disk alone is lost with it, and no log brings it back. So a disk is replaced only when another machine
holds all of it: an annexe's once the prefecture has its whole log, and has taken back its feeds if it lost them; the
prefecture's once each annexe has its own whole log and all feeds. Nobody may be waiting for an answer of that machine:
he would ask again for what the backup has not seen. For the same reason a copy that was made in the middle of a write
that the disk then lost is never restored: whoever had asked asked again, and both would stand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import apsw

from central.store.database import SQLITE
from central.store.restoration import mark
from edge.store.schema import DATABASE
from protocol.records.envelope import parse_record
from tests.simulation.disk import Disk
from tests.simulation.machine import Machine
from tests.simulation.nodes import AnnexeMachine, CentreMachine

CENTRE = "prefecture"
OWN = "SELECT hash FROM records WHERE stream LIKE ?"


class Backups:
    """The newest backup of each machine."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self._folder = folder
        self._chance = chance
        self._made: dict[str, Disk] = {}
        self._count = 0

    def make(self, machine: Machine) -> bool:
        """Copy a machine's disk as it is now; False where there is nothing to copy yet."""
        name = SQLITE if isinstance(machine, CentreMachine) else DATABASE
        if not machine.powered or not (machine.disk.folder / name).exists():
            return False
        self._made[machine.name] = machine.disk.copy(self._place())
        return True

    def forget(self, machine: Machine) -> None:
        """Throw a machine's backup away: it is of another time."""
        self._made.pop(machine.name, None)

    def restore_annexe(self, annexe: AnnexeMachine, centre: CentreMachine) -> bool:
        """Put an annexe's backup in the place of its disk; False where that would lose something, or there is none."""
        backup = self._made.get(annexe.name)
        if backup is None or annexe.failed is not None or not (annexe.has_database and _has_database(centre)):
            return False
        if not _can(lambda: _is_held(annexe, centre)) or not self._written(backup, annexe) <= _own(annexe):
            return False
        self._put_in(annexe, backup)
        return True

    def restore_centre(self, centre: CentreMachine, annexes: Sequence[AnnexeMachine]) -> bool:
        """Put the prefecture's backup in the place of its disk, with the mark of a restoration or without."""
        backup = self._made.get(centre.name)
        if backup is None or centre.is_asked or centre.failed is not None or not _has_database(centre):
            return False
        if any(one.failed is not None or not one.has_database for one in annexes):
            return False
        if not _can(lambda: all(_holds_all(one, centre) for one in annexes)):
            return False
        self._put_in(centre, backup)
        if self._chance.random() < 0.5:
            with closing(sqlite3.connect(centre.disk.folder / SQLITE)) as database:
                mark(database, CENTRE)
        return True

    def _put_in(self, machine: Machine, backup: Disk) -> None:
        machine.cut()
        machine.take_in(backup.copy(self._place()))

    def _written(self, backup: Disk, annexe: AnnexeMachine) -> set[bytes]:
        """What an annexe had written as its backup shows it, read in a copy: to open it may mend it."""
        copy = backup.copy(self._place())
        with closing(sqlite3.connect(copy.folder / DATABASE)) as database:
            has_log = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchall()
            rows = database.execute(OWN, (f"{annexe.annexe}/%",)) if has_log else ()
            written = {hash_ for (hash_,) in rows}
        copy.leave()
        return written

    def _place(self) -> Path:
        self._count += 1
        return self._folder / f"backup.{self._count}"


def _can(look: Callable[[], bool]) -> bool:
    """Look at machines that may be off; False where a start must first mend what a power cut left, or make tables."""
    try:
        return look()
    except apsw.Error:
        return False


def _is_held(annexe: AnnexeMachine, centre: CentreMachine) -> bool:
    """Whether the prefecture holds all that an annexe does, scans too; of its own feeds it may have lost something."""
    records = _own(annexe) <= _held(centre, annexe.annexe) and _feeds(annexe) <= _published(centre, annexe)
    return records and set(annexe.disk.shelf.names) <= _whole(centre, annexe)


def _holds_all(annexe: AnnexeMachine, centre: CentreMachine) -> bool:
    """Whether an annexe holds all that the prefecture has of it and for it."""
    records = _held(centre, annexe.annexe) <= _own(annexe) and _published(centre, annexe) <= _feeds(annexe)
    return records and _whole(centre, annexe) <= set(annexe.disk.shelf.names)


def _has_database(centre: CentreMachine) -> bool:
    return (centre.disk.folder / SQLITE).exists()


def records_of(annexe: AnnexeMachine) -> set[bytes]:
    """The hashes of all that a machine of an annexe holds."""
    return _hashes(annexe, DATABASE, "SELECT hash FROM records WHERE stream LIKE ?", "%")


def writers_of(annexe: AnnexeMachine) -> set[bytes]:
    """The key ids of all who began a segment that a machine of an annexe holds."""
    query = "SELECT bytes FROM records WHERE stream LIKE ? AND seq = 0"
    return {parse_record(data).signer for data in _hashes(annexe, DATABASE, query, f"{annexe.annexe}/%")}


def has_all_feeds(annexe: AnnexeMachine, centre: CentreMachine) -> bool:
    """Whether an annexe holds all that the prefecture has published for it."""
    return centre.powered and annexe.powered and _published(centre, annexe) <= _feeds(annexe)


def scans_awaited(centre: CentreMachine) -> bool:
    """Whether a scan that the prefecture knows of has not come whole yet."""
    return bool(_hashes(centre, SQLITE, "SELECT address FROM blobs WHERE NOT whole AND address <> ?", ""))


def _whole(centre: CentreMachine, annexe: AnnexeMachine) -> set[str]:
    """The scans of an annexe that the prefecture holds, as its files are called."""
    found = _hashes(centre, SQLITE, "SELECT address FROM blobs WHERE whole AND annexe = ?", annexe.annexe)
    return {address.hex() for address in found}


def _own(annexe: AnnexeMachine) -> set[bytes]:
    return _hashes(annexe, DATABASE, OWN, f"{annexe.annexe}/%")


def _feeds(annexe: AnnexeMachine) -> set[bytes]:
    return _hashes(annexe, DATABASE, "SELECT hash FROM records WHERE stream NOT LIKE ?", f"{annexe.annexe}/%")


def _published(centre: CentreMachine, annexe: AnnexeMachine) -> set[bytes]:
    query = f"SELECT hash FROM records WHERE annexe = '{CENTRE}' AND stream IN ('all', ?)"  # noqa: S608 - our own name
    return _hashes(centre, SQLITE, query, f"to/{annexe.annexe}")


def _held(centre: CentreMachine, writer: str) -> set[bytes]:
    return _hashes(centre, SQLITE, "SELECT hash FROM records WHERE annexe = ? AND standing <> 'proof'", writer)


def _hashes(machine: Machine, name: str, query: str, value: str) -> set[bytes]:
    """Read beside the machine, at once."""
    connection = machine.disk.connect(name, writable=False)
    try:
        return {hash_ for (hash_,) in connection.execute(query, (value,))}
    finally:
        connection.close(True)
