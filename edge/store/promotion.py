"""The standby becomes the annexe: one transaction, after which it writes where the annexe's log ends here.

What it commits together: the post; record 0 of a segment of its own in each stream, which names what it continues and
which its later epoch signs; and which key the office's events go on under. A power cut leaves a standby or the annexe,
and `promote` may be typed again.

A stream of which nothing is held is not begun: at the next start the prefecture may give it back whole, and then it is
continued without a branch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.store.chains import held_segments
from edge.store.columns import blob
from edge.store.keyring import Source
from edge.store.log import Tip, last_tip
from edge.store.post import Post
from edge.store.store import Store, Transaction
from edge.store.tail import Owner
from protocol.errors import OperatorError
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.envelope import parse_record
from protocol.records.keys import key_id


@dataclass(frozen=True, slots=True)
class Holding:
    """What a standby holds of the annexe's log. `last_ms`: when the last of it was written, by its writer's clock."""

    records: int
    last_ms: int | None


async def holding(store: Store) -> Holding:
    """Return what this machine holds of the annexe's own streams."""
    async with store.reading() as reader:
        segments = [one for stream in store.streams for one in await held_segments(reader, stream)]
        tips = await _tips(reader, store.streams)
    return Holding(sum(one.last + 1 for one in segments), max((tip.time.ms for tip in tips), default=None))


async def promote(store: Store, owner: Owner, trust: Trust) -> bool:
    """Make a standby the annexe, durably; False if it was already.

    Raises OperatorError when another machine has this epoch or a later one, or this one was replaced itself.
    """
    if store.post is Post.ANNEXE:
        return False
    if store.post is Post.REPLACED:
        raise OperatorError(
            "this appliance was replaced by its standby: install it anew, from the seed of a later epoch, before it "
            "can take that one's place"
        )

    async def work(transaction: Transaction) -> Value:
        await _refuse_later(transaction, store.streams, owner, trust)
        office = await _office_key(transaction, store.streams)
        if office is not None:
            transaction.keep_office(office)
        transaction.take_post(Post.ANNEXE)
        for stream in store.streams:
            if store.head(stream) is not None:
                transaction.open_segment(stream)
        return None

    await store.perform(work)
    return True


async def _refuse_later(source: Source, streams: Iterable[str], owner: Owner, trust: Trust) -> None:
    query = "SELECT bytes FROM records WHERE stream = ? AND seq = 0"
    for stream in streams:
        for (data,) in await source.rows(query, (stream,)):
            signer = trust.signer(parse_record(blob(data)).signer)
            if signer is not None and signer.id != key_id(owner.public) and signer.epoch >= owner.epoch:
                raise OperatorError(
                    f"another appliance writes with epoch {signer.epoch}, and this standby has {owner.epoch}: have the "
                    "prefecture make a standby of that one, and install it"
                )


async def _office_key(source: Source, streams: Iterable[str]) -> bytes | None:
    """The subject of the key that the office's events are sealed under: of the newest record whose key is held."""
    query = (
        "SELECT records.subject FROM records JOIN keys USING (subject) WHERE stream = ? ORDER BY position DESC LIMIT 1"
    )
    for stream in streams:
        if stream.endswith("/office"):
            for (subject,) in await source.rows(query, (stream,)):
                return blob(subject)
    return None


async def _tips(source: Source, streams: Iterable[str]) -> list[Tip]:
    found = [await last_tip(source, stream) for stream in streams]
    return [tip for tip in found if tip is not None]
