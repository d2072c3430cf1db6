"""The prefecture's backup: everything in its data folder as one file, sealed under a passphrase, and back again.

Rules:

- The server may run meanwhile: the database is copied by SQLite's own online backup, so it is one moment, committed.
- The file holds the vault's key and the server's own keys. Whoever has it and its passphrase is the prefecture.
- Nothing is restored over anything: the folder is new or empty. `seed.sealed` is written last, so a restoration that
  was broken off leaves no installed folder; and only once the backup's final piece came and the database was checked.
- What the annexes sent after the backup they send again: a restored centre confirms less than they know, under a newer
  nonce (protocol/sync). What the prefecture itself published after it the annexes give back; until one was heard,
  nothing new is published (central/store/restoration.py).
"""

from __future__ import annotations

import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from central.backup_stream import BackupRefused, OpeningReader, SealingWriter
from central.installation import PUBLISHED, SEALED_SEED, open_installation
from central.store.database import SQLITE
from central.store.restoration import mark
from central.store.vault import NAME as VAULT_KEY
from disk.durable import make_folder, sync_file, sync_folder
from protocol.errors import OperatorError

PARTS: Final = (SQLITE, PUBLISHED, VAULT_KEY, SEALED_SEED)
"""What a backup holds, in the order in which it is written and restored: what makes the folder installed comes last."""

PAGES: Final = 1_000
"""Database pages copied at once: the server's own commits come in between."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup held: whose it is, and how many records and requests."""

    centre: str
    records: int
    requests: int


def make_backup(
    folder: Path, out: Path, passphrase: str, entropy: Callable[[int], bytes], progress: Callable[[int, int], None]
) -> int:
    """Write the backup of an installed folder to the new file `out`; returns its size in bytes.

    `progress(done, total)` counts database pages. Raises OperatorError when the folder is none, its database stands
    elsewhere, or `out` exists or cannot be written; an unfinished file is removed.
    """
    open_installation(folder)
    if not (folder / SQLITE).exists():
        raise OperatorError(
            f"There is no {SQLITE} in {folder}: a database of its own server is backed up with that server's tools "
            "(pg_dump); the other files of the folder belong beside its dump."
        )
    with _new_file(out) as file, tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as place:
        copy = Path(place) / SQLITE
        copy_database(folder / SQLITE, copy, progress)
        sealed = SealingWriter(file, passphrase, entropy)
        with tarfile.open(fileobj=cast("BinaryIO", sealed), mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name in PARTS:
                tar.add(copy if name == SQLITE else folder / name, arcname=name, filter=_anonymous)
        sealed.finish()
    return out.stat().st_size


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A part belongs to whoever restores it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


@contextmanager
def _new_file(out: Path) -> Iterator[BinaryIO]:
    if out.exists():
        raise OperatorError(f"{out} is there already: name a file that is not, and keep older backups.")
    try:
        with open(out, "xb", opener=_closed_to_others) as file:
            yield file
            sync_file(file)
        sync_folder(out.parent)
    except OSError as error:
        out.unlink(missing_ok=True)
        raise OperatorError(f"{out} cannot be written: {error.strerror}. Nothing of it is left.") from error
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def copy_database(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy a database that may be written to meanwhile; raises OperatorError when it cannot be read."""
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy, pages=PAGES, progress=lambda _status, left, total: progress(total - left, total))
    except sqlite3.Error as error:
        raise OperatorError(f"The database {source} cannot be copied: {error}.") from error


def restore_backup(file: Path, folder: Path, passphrase: str) -> Restored:
    """Make `folder` from a backup and return what it held.

    Raises BackupRefused when the file is none, is damaged, or the passphrase is another's; OperatorError when the
    folder holds something or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OperatorError(f"{folder} is not empty: restore into a new folder, and keep the old one until it serves.")
    try:
        make_folder(folder)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as place:
            _unpack(file, Path(place), passphrase)
            _check_database(Path(place) / SQLITE)
            _mark_restored(Path(place))
            for name in PARTS:
                (Path(place) / name).replace(folder / name)
                sync_folder(folder)
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written, or {file} not read: {error.strerror}.") from error
    return _look_at(folder)


def _unpack(file: Path, place: Path, passphrase: str) -> None:
    with file.open("rb") as sealed:
        reader = OpeningReader(sealed, passphrase)
        try:
            with tarfile.open(fileobj=cast("BinaryIO", reader), mode="r|") as tar:
                names = [_take(tar, member, place) for member in tar]
        except tarfile.TarError as error:
            raise BackupRefused("This backup does not hold what it should: take another copy.") from error
        while reader.read(1 << 20):
            pass
    if names != list(PARTS):
        raise BackupRefused(f"This backup does not hold {', '.join(PARTS)}: it is another release's.")


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> str:
    data = tar.extractfile(member) if member.isreg() and member.name in PARTS else None
    if data is None:
        raise BackupRefused("This backup holds something that none should hold: take another copy.")
    with open(place / member.name, "xb", opener=_closed_to_others) as part:
        while piece := data.read(1 << 20):
            part.write(piece)
        sync_file(part)
    return member.name


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise BackupRefused("The database in this backup is damaged: take another copy.")


def _mark_restored(place: Path) -> None:
    with closing(sqlite3.connect(place / SQLITE)) as database:
        mark(database, open_installation(place).seed.centre_id)


def _look_at(folder: Path) -> Restored:
    installation = open_installation(folder)
    with closing(sqlite3.connect(folder / SQLITE)) as database:
        records = database.execute("SELECT count(*) FROM records").fetchone()[0]
        requests = database.execute("SELECT count(*) FROM case_views").fetchone()[0]
    return Restored(installation.seed.centre_id, records, requests)
