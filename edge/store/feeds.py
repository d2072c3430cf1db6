"""The prefecture's feeds at the annexe: `all`, and the one for this annexe alone.

Rules:

- A record enters only if its signer holds a credential of the prefecture (root, issuer or centre) that stands on a root
  this annexe trusts, its signature holds, and its chain fits what is held. Expiry is a flag elsewhere, never a refusal.
- Credentials travel in `all` themselves, and prove themselves: those of a batch are taken into the trust before the
  signatures of its records are looked at.
- A batch enters whole or not at all: a record that is not the prefecture's, or does not fit its chain, refuses it with
  a typed error, and nothing of it is written.
- A record that is the prefecture's and says what cannot be (a credential that nobody could give, a body that does not
  open) enters like any other, has no effect, and is noted (`edge.store.flaws`). What follows it is taken.
- A record that is held already is no error. A second record under a name that is taken is kept as proof, not folded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.store.chains import load_chain
from edge.store.columns import blob
from edge.store.flaws import judge_credentials
from edge.store.store import Store, Transaction
from protocol.errors import CallerError, PeerError
from protocol.records.chain import ACCEPTABLE, Chain, Verdict
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.envelope import Record, parse_record, unsealed_event, verify_record
from protocol.records.keys import subject_of
from protocol.records.vouching import believe, published_in

logger = logging.getLogger(__name__)

ALL = "all"
WRITERS = frozenset({"root", "issuer", "centre"})
"""Kinds of credential that speak for the prefecture."""


class FeedRefused(PeerError):
    """A record of a feed is not the prefecture's, or does not fit."""

    kind = "feed-refused"


class FeedGap(FeedRefused):
    """Records before this one have not come: ask for the feed from what is held."""

    kind = "feed-gap"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a batch: records stored, held already, and kept as proof of a contradiction."""

    stored: int = 0
    known: int = 0
    contradictions: int = 0


async def accept(
    store: Store,
    annexe: str,
    records: Sequence[bytes],
    trust: Trust,
    *,
    keys: Iterable[tuple[bytes, bytes]] = (),
) -> Accepted:
    """Verify, store and fold encoded records of `all` and `to/ANNEXE`, in order; durable when this returns.

    `keys`: (subject, data key) pairs for what is sealed. `trust` learns the credentials in the batch. Raises PeerError.
    """
    parsed = [parse_record(data) for data in records]
    published = published_in(record for record in parsed if record.stream == ALL)
    believe(trust, published)
    for record in parsed:
        _check_writer(record, trust, (ALL, f"to/{annexe}"))
    arrived = _checked_keys(keys)
    result = Accepted()

    async def work(transaction: Transaction) -> Value:
        nonlocal result
        for subject, key in arrived:
            transaction.keep_key(subject, key)
        result = await _store(transaction, parsed)
        await transaction.come_to_order()
        refused = await judge_credentials(transaction, trust) if published else {}
        for why in refused.values():
            logger.warning("the prefecture published a credential that is not believed: %s", why)
        return None

    await store.perform(work)
    _distrust(parsed, trust)
    return result


def _distrust(records: Iterable[Record], trust: Trust) -> None:
    """Flag the keys that the prefecture has revoked; the writer of each record was checked."""
    for record in records:
        event = unsealed_event(record) if record.stream == ALL else None
        key_id = None if event is None else event.get("id")
        if event is not None and event["kind"] == "credential.revoked" and isinstance(key_id, bytes):
            trust.revoke(key_id)


def _check_writer(record: Record, trust: Trust, streams: tuple[str, ...]) -> None:
    if record.stream not in streams:
        raise FeedRefused("a record of a stream that is no feed of this annexe: check the prefecture's server")
    signer = trust.signer(record.signer)
    if signer is None or signer.kind not in WRITERS:
        raise FeedRefused("a feed's record is signed by none of the prefecture's credentials")
    verify_record(record, signer.public)


def _checked_keys(keys: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    checked = list(keys)
    if any(subject_of(key) != subject for subject, key in checked):
        raise FeedRefused("a key came under a subject that is not its own")
    return checked


async def _store(transaction: Transaction, records: Sequence[Record]) -> Accepted:
    chains: dict[str, Chain] = {}
    result = Accepted()
    for record in records:
        if record.stream not in chains:
            chains[record.stream] = await load_chain(transaction, record.stream)
        verdict = chains[record.stream].check(record, await held_hash(transaction, record))
        if verdict in ACCEPTABLE:
            chains[record.stream].accept(record)
            await transaction.accept(record)
            result = replace(result, stored=result.stored + 1)
        elif verdict is Verdict.DUPLICATE:
            result = replace(result, known=result.known + 1)
        elif verdict is Verdict.CONTRADICTS:
            keep_as_proof(transaction, record)
            result = replace(result, contradictions=result.contradictions + 1)
        else:
            raise _refusal(verdict)
    return result


async def held_hash(transaction: Transaction, record: Record) -> bytes | None:
    """Return the hash of what is held under the name of `record`."""
    found = await transaction.rows(
        "SELECT hash FROM records WHERE stream = ? AND segment = ? AND seq = ?",
        (record.stream, record.segment, record.seq),
    )
    return blob(found[0][0]) if found else None


def keep_as_proof(transaction: Transaction, record: Record) -> None:
    """Keep a second record under a name that is taken."""
    transaction.write(
        "INSERT INTO contradictions (hash, stream, segment, seq, bytes, seen_ms) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (record.hash, record.stream, record.segment, record.seq, record.encoded(), transaction.now_ms),
    )


def _refusal(verdict: Verdict) -> PeerError:
    if verdict is Verdict.GAP:
        return FeedGap("records of a feed are missing before this one: ask again from what is held")
    if verdict is Verdict.WRONG_STREAM:
        raise CallerError("a record was checked against another stream's chain")
    return FeedRefused(f"a feed's record does not fit its chain ({verdict.value})")
