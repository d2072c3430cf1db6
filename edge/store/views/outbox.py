"""The view of messages: what is to be sent to citizens, what became of it, and who could not be told.

    queued, waiting --attempted--> sending --sent--> sent
                                   sending --failed, not final--> waiting
                                   sending --failed, final--> failed --told in person--> told

On a log that has parted all messages of a case are folded anew, causally as the case itself is.

A message that a crash left `sending` may have gone out or not: whoever sends decides what to do with it. The number
is not here: it is the applicant's, in the case.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edge.store.views.fold import entry_of, readable_event
from edge.store.views.view import Entry, Fold, Folding, View, open_cell, place, seal_cell
from protocol.office.events import (
    Event,
    Language,
    MessageAttempted,
    MessageFailed,
    MessageQueued,
    MessageSent,
    ToldInPerson,
)
from protocol.office.facts import Fact, in_causal_order

SCHEMA = """
CREATE TABLE messages (
    message TEXT PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    queued_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE INDEX messages_by_state ON messages (state, queued_ms);
CREATE INDEX messages_of ON messages (subject);
"""


class MessageDetails(msgspec.Struct, frozen=True):
    """What of a message is sealed."""

    template: str
    language: Language
    part_count: int
    why: str = ""


_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(MessageDetails).decode


def open_message(key: bytes, message: str, sealed: bytes) -> MessageDetails:
    """Open a message's row."""
    return _decode(open_cell(key, place("messages", "details", message.encode()), sealed))


def _sealed(key: bytes, message: str, details: MessageDetails) -> bytes:
    return seal_cell(key, place("messages", "details", message.encode()), _encode(details))


async def _queued(folding: Folding, entry: Entry, event: MessageQueued) -> None:
    details = MessageDetails(template=event.template, language=event.language, part_count=event.part_count)
    sealed = _sealed(await folding.key(entry.subject), event.message, details)
    folding.write(
        "INSERT INTO messages (message, subject, state, attempts, queued_ms, updated_ms, details)"  # noqa: S608 - our own words
        " VALUES (?, ?, 'queued', 0, ?, ?, ?)" + folding.if_taken,
        (event.message, entry.subject, entry.time_ms, entry.time_ms, sealed),
    )


async def _attempted(folding: Folding, entry: Entry, event: MessageAttempted) -> None:
    folding.write(
        "UPDATE messages SET state = 'sending', attempts = ?, updated_ms = ? WHERE message = ?",
        (event.attempt, entry.time_ms, event.message),
    )


async def _sent(folding: Folding, entry: Entry, event: MessageSent) -> None:
    folding.write(
        "UPDATE messages SET state = 'sent', attempts = ?, updated_ms = ? WHERE message = ?",
        (event.attempt, entry.time_ms, event.message),
    )


async def _failed(folding: Folding, entry: Entry, event: MessageFailed) -> None:
    key = await folding.key(entry.subject)
    found = await folding.rows("SELECT details FROM messages WHERE message = ?", (event.message,))
    if not found or not isinstance(found[0][0], bytes):
        return  # what queued it has not come: the log has parted
    details = msgspec.structs.replace(open_message(key, event.message, found[0][0]), why=event.why)
    folding.write(
        "UPDATE messages SET state = ?, attempts = ?, updated_ms = ?, details = ? WHERE message = ?",
        (
            "failed" if event.final else "waiting",
            event.attempt,
            entry.time_ms,
            _sealed(key, event.message, details),
            event.message,
        ),
    )


async def _told(folding: Folding, entry: Entry, _event: ToldInPerson) -> None:
    folding.write(
        "UPDATE messages SET state = 'told', updated_ms = ? WHERE subject = ? AND state <> 'sent'",
        (entry.time_ms, entry.subject),
    )


STEPS: Mapping[type, Fold] = {
    MessageQueued: _queued,
    MessageAttempted: _attempted,
    MessageSent: _sent,
    MessageFailed: _failed,
    ToldInPerson: _told,
}


async def _folded(folding: Folding, entry: Entry, event: Event) -> None:
    if folding.in_line(entry):
        await STEPS[type(event)](folding, entry, event)
    else:
        await _fold_anew(folding, entry)


async def _fold_anew(folding: Folding, entry: Entry) -> None:
    key = await folding.key(entry.subject)
    records = {one.hash: one for one in await folding.records_of(entry.subject)}
    facts = [Fact(one.hash, one.time.ms, readable_event(one, key)) for one in records.values()]
    folding.write("DELETE FROM messages WHERE subject = ?", (entry.subject,))
    for fact in in_causal_order(facts):
        step = STEPS.get(type(fact.event))
        if step is not None:
            await step(folding, entry_of(records[fact.hash]), fact.event)


OUTBOX = View(
    name="outbox",
    version=3,
    schema=SCHEMA,
    tables=("messages",),
    folds=dict.fromkeys(STEPS, _folded),
)
