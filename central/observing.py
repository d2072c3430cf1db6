"""What the prefecture knows of each annexe at this moment, brought together for `central.fleet` to judge."""

from __future__ import annotations

from central.connections import Connections
from central.fleet import RATE_MS, Observed
from central.store.arriving import arriving
from central.store.queries import AnnexeState
from central.store.store import CentralStore


async def observed(store: CentralStore, connections: Connections, state: AnnexeState, now_ms: int) -> Observed:
    """One annexe, as it is here and as it last told."""
    async with store.database.read() as connection:
        came = await arriving(connection, state.annexe, now_ms - RATE_MS)
    told = connections.told.get(state.annexe)
    return Observed(
        now_ms=now_ms,
        connected=connections.connected(state.annexe),
        contact_ms=state.last_contact_ms,
        since_ms=connections.since(state.annexe),
        arrived_ms=came.last_ms,
        recent=came.recent,
        left=told.left if told else None,
        holes=sum(len(stream.holes) for stream in state.streams),
        branches=len(state.branches),
        one_machine=bool(state.branches) and state.branches[0].is_one_machine,
        succession=bool(state.branches) and state.branches[0].is_succession,
        ahead_ms=told.ahead_ms if told else None,
        future_ms=came.future_ms,
        later=state.later,
    )
