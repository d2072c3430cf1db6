"""Missing pieces, asked for once (law 55-19): by a clerk who saw the dossier, or by the agent who decides on it."""

from __future__ import annotations

from collections.abc import Collection

from edge.services.cases import append_lawful, opened_case
from edge.services.messages import queue_message
from edge.services.office import Office
from edge.services.sms import PIECES
from edge.store.store import Transaction
from protocol.office.calendar import due_date
from protocol.office.events import Actor, PiecesRequested
from protocol.records.encoding import Value

DAYS = 60
"""Calendar days for the citizen to bring what is missing. No text that we could read fixes them: he is given as much as
law 55-19 gives the administration at the most, so that a request is never closed sooner than it might have waited."""


async def ask(office: Office, command: bytes, case: bytes, piece_ids: Collection[str], by: Actor) -> None:
    """Ask for the pieces that are missing, all at once, and call the citizen.

    Raises PersonError 422 when none is named or one is not the catalogue's, 409 when it was asked before, or late.
    """
    named = frozenset(piece_ids)

    async def decide(tx: Transaction) -> Value:
        before, procedure = await opened_case(tx, case)
        known = [piece.id for piece in procedure.pieces if piece.id in named]
        event = PiecesRequested(
            follows=list(before.heads),
            pieces=[*known, *sorted(named.difference(known))],
            until=due_date(tx.now_ms, DAYS).isoformat(),
            by=by,
        )
        await append_lawful(tx, case, before, procedure, event)
        after, _ = await opened_case(tx, case)
        await queue_message(office, tx, case, after, procedure, PIECES)
        return None

    await office.store.execute(command, decide)
