"""A case's whole life, event by event, as the services would decide it."""

from __future__ import annotations

from collections.abc import Callable

from edge.store.store import Store, Transaction
from protocol.office.events import (
    Actor,
    CaseEvent,
    CertificateCollected,
    CertificateReady,
    CertificateSealed,
    DecisionTaken,
    DossierCompleted,
    EnquiryReported,
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    PieceSeen,
    ToldInPerson,
)
from protocol.records.encoding import Value
from tests.edge.store.support import CLERK, command

CAID = Actor(role="authority", id="h.bennani", name="Hassan Bennani", name_ar="حسن بناني")
SYSTEM = Actor(role="system", id="annexe", name="Mulhaqa")

Step = Callable[[list[bytes]], CaseEvent]

LIFE: list[Step] = [
    lambda heads: DossierCompleted(
        follows=heads, by=CLERK, pieces=[PieceSeen("cnie", "shown")], due="2026-11-25", enquiry=True
    ),
    lambda heads: EnquiryReported(
        follows=heads, by=CLERK, outcome="favourable", by_title="moqaddem", on="2026-09-23", note="lives at number 12"
    ),
    lambda heads: DecisionTaken(
        follows=heads,
        by=CAID,
        sheet=b"the sheet",
        signature=bytes(64),
        signer=bytes(32),
        outcome="approved",
        reason_code="",
        reason_text="",
    ),
    lambda heads: CertificateSealed(
        follows=heads,
        by=SYSTEM,
        serial="B05-2026-1",
        pdf_hash=bytes(32),
        blob=bytes(32),
        token="MLQ1:TEXT",
        template="residence",
    ),
    lambda heads: CertificateReady(follows=heads, by=CLERK, printed=True, stamped=True),
    lambda heads: MessageQueued(follows=heads, by=SYSTEM, message="m-1", template="ready", language="ar", part_count=1),
    lambda heads: MessageAttempted(follows=heads, by=SYSTEM, message="m-1", attempt=1),
    lambda heads: MessageFailed(follows=heads, by=SYSTEM, message="m-1", attempt=1, final=False, why="no network"),
    lambda heads: MessageAttempted(follows=heads, by=SYSTEM, message="m-1", attempt=2),
    lambda heads: MessageSent(follows=heads, by=SYSTEM, message="m-1", attempt=2),
    lambda heads: MessageQueued(follows=heads, by=SYSTEM, message="m-2", template="again", language="ar", part_count=1),
    lambda heads: MessageFailed(follows=heads, by=SYSTEM, message="m-2", attempt=0, final=True, why="no mobile number"),
    lambda heads: ToldInPerson(follows=heads, by=CLERK),
    lambda heads: CertificateCollected(follows=heads, by=CLERK, card_seen=True),
]


async def live(store: Store, case: bytes, step: Step, name: str) -> bytes:
    """Put one more event onto a case, following its heads as they are; returns the record's hash."""

    async def decide(tx: Transaction) -> Value:
        opened = await tx.case(case)
        assert opened is not None
        return await tx.append("cases", step(list(opened.heads)), key_of=case)

    hash_ = await store.execute(command(name), decide)
    assert isinstance(hash_, bytes)
    return hash_
