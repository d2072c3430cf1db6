"""The annexe's own streams, coming back from the prefecture: what a restored, replaced or cloned card has not.

Rules:

- A record enters only if a credential of this annexe signed it (an older card's, or a standby's, counts too), its
  signature holds, its body opens under its key (a later release's is taken as it is), and its chain fits what is held.
- One that does not is left out, and with it what follows it in its segment: the own log has no holes. Everything else
  enters. What the prefecture cannot show soundly stays there, as it was.
- A second record under a name that is taken is kept as proof, not folded.
- What came is folded as if it had been written here. The next segment continues the furthest leaf, unless one of this
  start is open already: then the branch is made, and another segment would only add to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.store.chains import load_chain
from edge.store.feeds import held_hash, keep_as_proof
from edge.store.log import last_tip
from edge.store.store import Store, Transaction
from protocol.errors import PeerError
from protocol.records.chain import ACCEPTABLE, Chain, Verdict
from protocol.records.credentials import Trust
from protocol.records.encoding import Value
from protocol.records.envelope import Record, open_body, verify_record
from protocol.records.keys import key_id, subject_of
from protocol.records.refusals import UnknownDictionary, UnknownVersion


@dataclass(slots=True)
class CameBack:
    """What became of a batch of the own streams: records stored, held already, contradicting, and left out."""

    stored: int = 0
    known: int = 0
    contradictions: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose streams come back: the annexe's id, and its own public key."""

    annexe: str
    public: bytes


async def take_back(
    store: Store, owner: Owner, records: Sequence[Record], trust: Trust, keys: Mapping[bytes, bytes]
) -> CameBack:
    """Verify, store and fold records of the own streams, in order; durable when this returns. `keys` by subject."""
    signed = [record for record in records if _is_signed(record, owner, trust)]
    given = {subject: key for subject, key in keys.items() if subject_of(key) == subject}
    result = CameBack()

    async def work(transaction: Transaction) -> Value:
        nonlocal result
        result = CameBack(left_out=len(records) - len(signed))
        chains: dict[str, Chain] = {}
        for record in signed:
            if record.stream not in chains:
                chains[record.stream] = await load_chain(transaction, record.stream)
            await _enter(transaction, chains[record.stream], record, given, result)
        for stream in chains:
            transaction.go_on_from(stream, await last_tip(transaction, stream))
        return None

    await store.perform(work)
    return result


async def _enter(
    transaction: Transaction, chain: Chain, record: Record, given: Mapping[bytes, bytes], result: CameBack
) -> None:
    verdict = chain.check(record, await held_hash(transaction, record))
    if verdict is Verdict.DUPLICATE:
        result.known += 1
    elif verdict is Verdict.CONTRADICTS:
        keep_as_proof(transaction, record)
        result.contradictions += 1
    elif verdict in ACCEPTABLE and await _opens(transaction, record, given):
        chain.accept(record)
        await transaction.accept(record)
        result.stored += 1
    else:
        result.left_out += 1


async def _opens(transaction: Transaction, record: Record, given: Mapping[bytes, bytes]) -> bool:
    """Whether the record's body can be read here, now or by a later release; its key is kept."""
    subject = record.subject
    key = None if subject is None else await transaction.data_key(subject) or given.get(subject)
    if subject is not None and key is None:
        return False
    try:
        open_body(record, key)
    except (UnknownVersion, UnknownDictionary):
        pass  # an upgrade reads it
    except PeerError:
        return False
    if subject is not None and key is not None:
        transaction.keep_key(subject, key)
    return True


def _is_signed(record: Record, owner: Owner, trust: Trust) -> bool:
    public = owner.public
    if record.signer != key_id(public):
        credential = trust.signer(record.signer)
        if credential is None or credential.kind != "annexe" or credential.holder != owner.annexe:
            return False
        public = credential.public
    try:
        verify_record(record, public)
    except PeerError:
        return False
    return True
