"""Whose the keys of an annexe's agents are, as its office stream said when they were enrolled."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from central.store.schema import agent_keys
from central.store.sealed_case import open_login
from central.store.store import CentralStore


async def logins_of(store: CentralStore, connection: AsyncConnection, annexe: str) -> dict[bytes, str]:
    """Whose each enrolled public key (32 bytes) is; an annexe has a handful of agents."""
    table = agent_keys
    query = select(table.c.public, table.c.subject, table.c.sealed_login).where(table.c.annexe == annexe)
    rows = (await connection.execute(query)).all()
    keys = await store.keys_of(connection, annexe, [subject for _, subject, _ in rows])
    return {
        public: open_login(keys[subject], annexe, public, sealed) for public, subject, sealed in rows if subject in keys
    }
