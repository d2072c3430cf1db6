"""The centre's store: one database, one vault, and the data keys at hand."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.database import Connect, Database, open_database, sqlite_url
from central.store.fresh import Fresh
from central.store.schema import data_keys
from central.store.vault import NAME, CentreVault
from protocol.errors import OperatorError, PeerError

# Keys kept unwrapped: what the annexes of a prefecture work on in a week, some 5 MB; the least used goes first.
REMEMBERED = 16_384
# Subjects in one question: SQLite takes 32,766 parameters.
CHUNK = 1000

# Made once, as all that is asked for each batch: see `central.store.waiting`.
KEYS = select(data_keys.c.subject, data_keys.c.sealed).where(
    data_keys.c.annexe == bindparam("of"), data_keys.c.subject.in_(bindparam("subjects", expanding=True))
)

logger = logging.getLogger(__name__)


class CentralStore:
    """Opened by `CentralStore.open`; `database` runs the statements, `vault` seals the keys."""

    def __init__(self, database: Database, vault: CentreVault) -> None:
        self.database = database
        self.vault = vault
        self.fresh = Fresh()
        self._opened: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        entropy: Callable[[int], bytes],
        database_url: str | None = None,
        connect: Connect | None = None,
    ) -> CentralStore:
        """Open the store of a data folder, or make it; `connect` as `open_database` says.

        Raises OperatorError when the key is missing or open to others, or the database is of another release.
        """
        is_new = await asyncio.to_thread(_prepare, folder)
        database = await open_database(database_url or sqlite_url(folder), connect)
        try:
            await _check_key(database, folder, is_new=is_new)
            return cls(database, await asyncio.to_thread(CentreVault.open, folder, entropy))
        except OperatorError:
            await database.close()
            raise

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()

    async def keys_of(self, connection: AsyncConnection, annexe: str, subjects: Iterable[bytes]) -> dict[bytes, bytes]:
        """The data keys that are held, by subject. One that the disk has damaged is not: its annexe sends it again."""
        wanted = set(subjects)
        found = {subject: key for subject in wanted if (key := self._opened.get((annexe, subject))) is not None}
        missing = list(wanted - found.keys())
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            rows = await connection.execute(KEYS, {"of": annexe, "subjects": chunk})
            for subject, sealed in rows:
                try:
                    found[subject] = self.vault.unwrap(annexe, subject, sealed)
                except PeerError:
                    logger.error("the key of %s in %s is damaged on the disk", subject.hex(), annexe)  # noqa: TRY400 - said, not raised
                    continue
                self._remember(annexe, subject, found[subject])
        return found

    async def put_keys(
        self,
        connection: AsyncConnection,
        annexe: str,
        keys: Mapping[bytes, bytes],
        wrapped: Mapping[bytes, bytes] = MappingProxyType({}),
    ) -> None:
        """Keep data keys, sealed, in the caller's transaction; each mends what the disk may have damaged of it.

        `wrapped`: those that the vault has sealed already.
        """
        wrap = self.vault.wrap
        rows = [
            {"annexe": annexe, "subject": subject, "sealed": wrapped.get(subject) or wrap(annexe, subject, key)}
            for subject, key in keys.items()
        ]
        await self.database.put(connection, data_keys, rows, replace=True)

    def remember(self, annexe: str, keys: Mapping[bytes, bytes]) -> None:
        """Keep at hand data keys that were committed."""
        for subject, key in keys.items():
            self._remember(annexe, subject, key)

    def _remember(self, annexe: str, subject: bytes, key: bytes) -> None:
        self._opened[annexe, subject] = key
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)


def _prepare(folder: Path) -> bool:
    """Make the folder, and tell whether its vault is still to be made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return not (folder / NAME).exists()


async def _check_key(database: Database, folder: Path, *, is_new: bool) -> None:
    """A new vault opens nothing of an old database: then its key was lost, and must be brought back."""
    if not is_new:
        return
    async with database.read() as connection:
        held = (await connection.execute(select(func.count()).select_from(data_keys))).scalar()
    if held:
        raise OperatorError(
            f"{folder / NAME} is missing, and the database is sealed by it: restore it from its backup."
        )
