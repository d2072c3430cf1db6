"""Whose a document's number is when several accounts have claimed it: two halves of a log that has parted may have.

- It is the account's whose claim stands first in the one order of records. A claim is the record since which an account
  has the number without a break.
- The others' rows stay in the index, as second claims: a clerk finds all of them, nobody else finds any but the first,
  and whoever signs in with the number is not told that there are more.
- Where the number is taken back by a correction, the next claim takes its place.
"""

from __future__ import annotations

from edge.store.columns import blob
from edge.store.views.account_changes import changed
from edge.store.views.fold import entry_of, readable_event
from edge.store.views.view import Folding
from protocol.records.envelope import Record

NUMBERED = ("cnie", "residence_card", "passport", "association")
"""Kinds of documents that have a number."""

CLAIMED = "UPDATE account_index SET second = ? WHERE kind = ? AND blind = ? AND account = ?"


async def settle(folding: Folding, stream: str, kind: str, text: str) -> None:
    """Say anew whose a number is, after who claims it has changed; `stream`: where the claims stand."""
    blind = folding.blind(kind, text)
    found = await folding.rows(
        "SELECT account, second FROM account_index WHERE kind = ? AND blind = ? ORDER BY account", (kind, blind)
    )
    claimants, holders = [blob(row[0]) for row in found], [blob(row[0]) for row in found if not row[1]]
    if not claimants or (len(claimants) == 1 and holders):
        return
    first = await _first(folding, stream, claimants)
    if holders == [first]:
        return
    for holder in holders:
        folding.write(CLAIMED, (1, kind, blind, holder))
    folding.write(CLAIMED, (0, kind, blind, first))
    folding.concerned.update((*holders, first))
    folding.changed_accounts.update((*holders, first))


async def _first(folding: Folding, stream: str, claimants: list[bytes]) -> bytes:
    if len(claimants) == 1:
        return claimants[0]
    claims = {account: await _claim(folding, stream, account) for account in claimants}
    known = [claim for claim in claims.values() if claim is not None]
    ordered = await folding.in_order(known, stream)
    return next((one.subject for one in ordered if one.subject is not None), claimants[0])


async def _claim(folding: Folding, stream: str, account: bytes) -> Record | None:
    """The record since which an account has the number that it has."""
    key, claim, now = await folding.key(account), None, None
    for record in await folding.ordered_of(account, stream):
        event = readable_event(record, key)
        after = now if event is None else changed(now, entry_of(record), event)
        if after is not None and (now is None or (after.document, after.cnie) != (now.document, now.cnie)):
            claim = record
        now = after
    return claim
