"""The annexe's own streams, coming from elsewhere: back from the prefecture or a standby, what a restored, replaced or
cloned card has not; and to a standby, all that the annexe writes.

Rules:

- A record enters only if a credential of this annexe signed it (an older card's, or a standby's, counts too), its
  signature holds, its body opens under its key (a later release's is taken as it is), and its chain fits what is held.
- One that does not is left out, and with it what follows it in its segment: the own log has no holes. Everything else
  enters. What the prefecture cannot show soundly stays there, as it was. The tail does not pass a
  hole: this log is what holes elsewhere are filled from, and each head of it stands for all that goes before, so that
  nobody would ask for the hole again. What follows it is at the prefecture, and shown there.
- A second record under a name that is taken is kept as proof, not folded.
- What came is folded as if it had been written here. The next segment continues the furthest leaf, unless one of this
  start is open already: then the branch is made, and another segment would only add to it.
- A record that a later epoch signed says that the standby was promoted: from that transaction on nothing is written
  here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.store.chains import load_chain
from edge.store.feeds import held_hash, keep_as_proof
from edge.store.log import last_tip
from edge.store.post import Post
from edge.store.results import WaitingResults
from edge.store.store import Store, Transaction
from protocol.errors import PeerError
from protocol.records.chain import ACCEPTABLE, Chain, Verdict
from protocol.records.credentials import Credential, Trust
from protocol.records.encoding import Value
from protocol.records.envelope import Record, open_body, verify_record
from protocol.records.keys import key_id, subject_of
from protocol.records.refusals import UnknownDictionary, UnknownVersion
from protocol.sync.results import CommandResult


@dataclass(slots=True)
class CameBack:
    """What became of a batch of the own streams: records stored, held already, contradicting, and left out."""

    stored: int = 0
    known: int = 0
    contradictions: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose streams come back: the annexe's id, and this machine's own public key and epoch."""

    annexe: str
    public: bytes
    epoch: int


async def take_back(
    store: Store,
    owner: Owner,
    records: Sequence[Record],
    trust: Trust,
    keys: Mapping[bytes, bytes],
    waiting: WaitingResults | None = None,
) -> CameBack:
    """Verify, store and fold records of the own streams, in order; durable when this returns. `keys` by subject;
    `waiting`: first results of commands, kept with their records."""
    signers = [_signer(record, owner, trust) for record in records]
    signed = [record for record, signer in zip(records, signers, strict=True) if signer is not None]
    latest = max((one for one in signers if isinstance(one, Credential)), key=lambda one: one.epoch, default=None)
    given = {subject: key for subject, key in keys.items() if subject_of(key) == subject}
    result = CameBack()
    kept: list[CommandResult] = []

    async def work(transaction: Transaction) -> Value:
        nonlocal result, kept
        result = CameBack(left_out=len(records) - len(signed))
        chains: dict[str, Chain] = {}
        for record in signed:
            if record.stream not in chains:
                chains[record.stream] = await load_chain(transaction, record.stream)
            await _enter(transaction, chains[record.stream], record, given, result)
        await transaction.come_to_order()
        for stream in chains:
            transaction.go_on_from(stream, await last_tip(transaction, stream))
        if latest is not None and latest.epoch > owner.epoch and transaction.post is Post.ANNEXE:
            _retire(transaction, latest, trust)
        kept = await waiting.settle(transaction) if waiting else []
        return None

    await store.perform(work)
    if waiting:
        waiting.forget(kept)
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


def _retire(transaction: Transaction, successor: Credential, trust: Trust) -> None:
    """Write no more, and keep who writes now: a start needs both before it hears from anyone."""
    issuer = trust.signer(successor.issuer)
    transaction.keep_colleague(successor.id, [one.encoded() for one in (successor, issuer) if one is not None])
    transaction.take_post(Post.REPLACED)


def _signer(record: Record, owner: Owner, trust: Trust) -> Credential | Owner | None:
    """Who signed the record in this annexe's name: another of its machines, or this one; None if nobody did."""
    own = record.signer == key_id(owner.public)
    credential = None if own else trust.signer(record.signer)
    if not own and (credential is None or credential.kind != "annexe" or credential.holder != owner.annexe):
        return None
    try:
        verify_record(record, owner.public if credential is None else credential.public)
    except PeerError:
        return None
    return credential or owner
