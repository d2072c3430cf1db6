"""Keys that the prefecture has revoked: published in `all` with the last head that was taken in of each stream.

Rules:

- A key is revoked once and for good. A root is revoked by nobody here: the roots lie offline, and another one follows.
- The heads say where the prefecture stood. What a revoked machine signs behind them is stored and acknowledged like
  everything else, and flagged.
- A running server hears of a revocation by another process as it hears of a credential (`Centre.learn`).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store import schema
from central.store.chains import load_intake
from central.store.feed_log import ALL, FeedLog, News
from central.store.store import CentralStore
from protocol.errors import OperatorError
from protocol.office.events import CredentialRevoked, RevokedAt, WhyRevoked, to_value
from protocol.records.credentials import Credential, Trust
from protocol.sync.streams import streams_of


async def trust_no_more(store: CentralStore, trust: Trust) -> None:
    """Flag the keys that were revoked."""
    async with store.database.read() as connection:
        for key_id in (await connection.execute(select(schema.revoked_keys.c.id))).scalars():
            trust.revoke(key_id)


async def heads_of(connection: AsyncConnection, credential: Credential) -> list[RevokedAt]:
    """The last heads taken in of what this credential's holder writes; none for who writes no stream."""
    streams = streams_of("edge", credential.holder) if credential.kind == "annexe" else ()
    found = [(name, (await load_intake(connection, credential.holder, name)).held().leaves) for name in streams]
    return [RevokedAt(name, head.segment, head.seq, head.hash) for name, leaves in found for head in leaves]


async def publish_revocation(log: FeedLog, credential: Credential, why: WhyRevoked, now_ms: int) -> bool:
    """Put the revocation of a key into `all`; False if it stands there already. Raises OperatorError for a root."""
    if credential.kind == "root":
        raise OperatorError("A root is not revoked: let another follow it with mulhaqa-provision authority rotate.")

    async def fresh(connection: AsyncConnection) -> list[News]:
        table = schema.revoked_keys
        if (await connection.execute(select(table.c.id).where(table.c.id == credential.id))).first() is not None:
            return []
        event = CredentialRevoked(id=credential.id, why=why, heads=await heads_of(connection, credential))
        return [News(to_value(event), [revoked_row(event, credential.holder, now_ms)])]

    return await log.append(ALL, schema.revoked_keys, fresh) == 1


def revoked_row(event: CredentialRevoked, holder: str, at_ms: int) -> dict[str, object]:
    """A revocation as a row of `revoked_keys`."""
    return {"annexe": holder, "id": event.id, "why": event.why, "revoked_ms": at_ms}
