"""`mulhaqa-edge rebuild-views`: throw the views away and fold them again from the log, while the store is open."""

from __future__ import annotations

from edge.store.store import Store
from edge.store.transaction import Transaction
from protocol.errors import OperatorError
from protocol.records.encoding import Value


async def rebuild_views(store: Store) -> int:
    """Rebuild every view in one transaction of the writer; returns how many records were folded.

    Readers see the old views until it has committed. Raises PeerError, with the old views in place, when a record
    cannot be opened or folded.
    """

    async def work(transaction: Transaction) -> Value:
        return await transaction.rebuild()

    folded = await store.perform(work)
    if not isinstance(folded, int):
        raise OperatorError("the views were not rebuilt: verify the log first")
    return folded
