"""What views show depends on what a log holds, never on how it came: the measure of it.

Where the streams of an annexe have parted, its log is folded from nothing in every order in which somebody really got
it: as the prefecture did, and as each machine that has the card, or had it, did (what that one lacks comes last, as
it would by a line that is plugged in at last). Each must give what the appliance shows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from sqlalchemy import select

from central.centre import Centre
from central.store import schema
from central.store.sealed_case import open_login
from edge.store.branches import branches_of
from edge.store.connection import Row, statements_of
from edge.store.keyring import Keyring
from edge.store.pending import Pending
from edge.store.refold import refold
from edge.store.schema import DATABASE, TABLES
from edge.store.store import Store
from edge.store.transaction import store_record
from edge.store.vault import Vault
from edge.store.views import DEFAULT_VIEWS
from edge.store.views.fold import dump
from protocol.records.envelope import Record, parse_record
from tests.simulation import edge_database
from tests.simulation.edge_database import SimulatedConnection
from tests.simulation.nodes import AnnexeMachine

Shown = Mapping[str, Sequence[Row]]


async def unlike(
    centre: Centre, annexe: AnnexeMachine, store: Store, others: Iterable[AnnexeMachine]
) -> AsyncIterator[str]:
    """Yield a sentence for each way of getting an annexe's log that would show something else than its appliance does.

    `others`: machines of the annexe that write no more, or are written at as well.
    """
    async for sentence in _agents(centre, annexe.annexe, store):
        yield sentence
    async with store.reading() as reader:
        if not await branches_of(reader, store.streams):
            return
        held = _parsed(await reader.rows("SELECT bytes FROM records ORDER BY position"))
        keys = await reader.rows("SELECT subject, wrapped FROM keys")
        tables = [table for view in DEFAULT_VIEWS for table in view.tables]
        shown = {table: sorted(await reader.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608 - our own names
    vault = Vault.open(annexe.disk.folder)
    orders = {"the prefecture": await _at_centre(centre, annexe.annexe)}
    orders |= {one.name: await _on(one) for one in others if one.annexe == annexe.annexe}
    for who, order in orders.items():
        folded = await _folded(_as_came(held, order), keys, vault)
        for table in sorted(table for table in tables if folded[table] != shown[table]):
            yield f"{table} show something else to who got the log as {who} did"


def _parsed(rows: Iterable[Row]) -> list[Record]:
    return [parse_record(row[0]) for row in rows if isinstance(row[0], bytes)]


def _as_came(held: Sequence[Record], order: Sequence[bytes]) -> list[Record]:
    """The records that are held, as `order` (their hashes) has them, the rest behind them."""
    by_hash = {one.hash: one for one in held}
    return list({hash_: by_hash[hash_] for hash_ in [*order, *by_hash] if hash_ in by_hash}.values())


async def _at_centre(centre: Centre, annexe: str) -> list[bytes]:
    table = schema.records
    query = select(table.c.hash).where(table.c.annexe == annexe, table.c.standing != "proof").order_by(table.c.position)
    async with centre.store.database.read() as connection:
        return list((await connection.execute(query)).scalars())


async def _on(machine: AnnexeMachine) -> list[bytes]:
    """What is on a machine's card, whether it runs or not."""
    connection = await edge_database.connect_to(machine.disk)(machine.disk.folder / DATABASE, False)
    try:
        rows = await connection.rows("SELECT hash FROM records ORDER BY position")
    finally:
        await connection.close()
    return [row[0] for row in rows if isinstance(row[0], bytes)]


async def _folded(records: Iterable[Record], keys: Iterable[Row], vault: Vault) -> Shown:
    connection = await edge_database.open_scratch()
    try:
        return await _folded_in(connection, records, keys, vault)
    finally:
        await connection.close()


async def _folded_in(
    connection: SimulatedConnection, records: Iterable[Record], keys: Iterable[Row], vault: Vault
) -> Shown:
    pending = Pending(connection)
    for statement in statements_of(TABLES):
        pending.write(statement)
    for key in keys:
        pending.write("INSERT INTO keys (subject, wrapped) VALUES (?, ?)", key)
    for record in records:
        store_record(pending, record)
    await pending.flush()
    await refold(pending, DEFAULT_VIEWS, Keyring(vault), vault)
    return await dump(connection, DEFAULT_VIEWS)


async def _agents(centre: Centre, annexe: str, store: Store) -> AsyncIterator[str]:
    """The key of each agent is his at the prefecture too."""
    table = schema.agent_keys
    async with centre.store.database.read() as connection:
        query = select(table.c.public, table.c.subject, table.c.sealed_login).where(table.c.annexe == annexe)
        rows = (await connection.execute(query)).all()
        keys = await centre.store.keys_of(connection, annexe, {subject for _, subject, _ in rows})
    there = {public: open_login(keys[subject], annexe, public, sealed) for public, subject, sealed in rows}
    async with store.reading() as reader:
        agents = await reader.staff_list()
    for agent in agents:
        if agent.public is not None and there.get(agent.public) != agent.login:
            yield "an agent's key is somebody else's at the prefecture, or nobody's"
