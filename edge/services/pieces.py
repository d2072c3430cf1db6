"""The dossier's pieces: seen once by an official, never copied where that is not needed (law 55-19)."""

from __future__ import annotations

from collections.abc import Collection

from edge.services.accounts import require_card
from edge.services.cases import change_case
from edge.services.office import Office
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.calendar import due_date
from protocol.office.casework import Case
from protocol.office.catalogue import Procedure
from protocol.office.events import Actor, DossierCompleted, PieceSeen


async def complete(
    office: Office, command: bytes, case: bytes, piece_ids: Collection[str], by: Actor, *, card_seen: bool = False
) -> None:
    """Note that every piece of the dossier was seen: from now on the legal deadline runs.

    The applicant's card is seen with them at the latest. Raises PersonError when a piece is missing or unknown, when
    the dossier was complete already, or when the account is only declared and its card was not seen.
    """
    seen = frozenset(piece_ids)

    def event(tx: Transaction, opened: Case, procedure: Procedure) -> DossierCompleted:
        due_pieces = [piece.id for piece in procedure.pieces]
        if not seen.issuperset(due_pieces) or not seen.issubset(due_pieces):
            raise PersonError(
                N_("Tick each piece that you have seen: the dossier is complete with all of them."), field="pieces"
            )
        return DossierCompleted(
            follows=list(opened.heads),
            pieces=[PieceSeen(id=piece, provenance="shown") for piece in due_pieces],
            due=due_date(tx.now_ms, procedure.deadline_days).isoformat(),
            enquiry=procedure.field_enquiry and opened.enquiry is None,
            by=by,
        )

    async def card(tx: Transaction, opened: Case) -> None:
        await require_card(tx, opened.account, card_seen, by)

    await change_case(office, command, case, event, before=card)
