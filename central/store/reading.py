"""What the release that folded last could read, kept so that one that was put back folds anew what it cannot read.

An upgrade needs none of it: what only a later release can read is noted (`later_records`) and looked at again at each
start. But a release that is put back finds views that say more than it understands, and nothing noted. So each start
compares by names (`protocol/office/vocabulary.py`), and where the one before read more, every record is folded again,
as if it had just come. Written only when it says something new. An earlier release, which does not know the table,
leaves what it does not know.
"""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.schema import reads, records, unfolded
from central.store.store import CentralStore
from protocol.office.vocabulary import vocabulary


async def fold_as_this_release(store: CentralStore, centre: str) -> bool:
    """Note what this release reads; whether everything waits to be folded again, for the one before read more.

    `centre`: the prefecture's own id.
    """
    names = "\n".join(sorted(vocabulary())).encode()
    async with store.database.write() as connection:
        found = (await connection.execute(select(reads.c.names).where(reads.c.annexe == centre))).scalar()
        if found == names:
            return False
        await store.database.put(connection, reads, [{"annexe": centre, "names": names}], replace=True)
        put_back = found is not None and not set(found.decode().splitlines()) <= vocabulary()
        if put_back:
            await _fold_all_again(connection)
    return put_back


async def _fold_all_again(connection: AsyncConnection) -> None:
    waiting = select(unfolded.c.hash).where(unfolded.c.annexe == records.c.annexe, unfolded.c.hash == records.c.hash)
    again = select(records.c.annexe, records.c.hash).where(
        records.c.subject.is_not(None), records.c.standing != "proof", ~waiting.exists()
    )
    await connection.execute(insert(unfolded).from_select(["annexe", "hash"], again))
