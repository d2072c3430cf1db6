"""What the appliance itself has still to do, and how its messages stand: read from the views, opening nothing.

These questions are asked every second or for every page, so each is one query on an index and no row is unsealed. Lists
are bounded where a screen shows them, never where work would be forgotten behind old rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.store.columns import blob, number, text
from edge.store.reader import Reader
from protocol.office.transitions import TELLING


@dataclass(frozen=True, slots=True)
class Tried:
    """A message as its row tells without being opened; states as in `OutboxRow`."""

    message: str
    case: bytes
    state: str
    attempts: int
    updated_ms: int


async def unanswered(reader: Reader) -> list[bytes]:
    """Return the cases that were decided on and whose answer may not be on its way: those granted and not yet ready,
    and those refused whose answer no message tells; the oldest first."""
    found = await reader.rows(
        "SELECT subject FROM cases WHERE state = 'approved' OR (state = 'refused' AND NOT told)"
        " ORDER BY updated_ms, subject"
    )
    return [blob(row[0]) for row in found]


async def messages_in(reader: Reader, states: Iterable[str]) -> list[Tried]:
    """Return all messages in `states`, the oldest first."""
    wanted = tuple(states)
    marks = ", ".join("?" for _ in wanted)
    found = await reader.rows(
        "SELECT message, subject, state, attempts, updated_ms FROM messages"  # noqa: S608 - marks
        f" WHERE state IN ({marks}) ORDER BY queued_ms, message",
        wanted,
    )
    return [Tried(text(row[0]), blob(row[1]), text(row[2]), number(row[3]), number(row[4])) for row in found]


async def newest_messages(reader: Reader, limit: int) -> list[Tried]:
    """Return the last `limit` messages that were queued, the oldest of them first."""
    found = await reader.rows(
        "SELECT message, subject, state, attempts, updated_ms FROM messages ORDER BY queued_ms DESC, message LIMIT ?",
        (limit,),
    )
    return [Tried(text(row[0]), blob(row[1]), text(row[2]), number(row[3]), number(row[4])) for row in found][::-1]


async def message_counts(reader: Reader) -> dict[str, int]:
    """Return how many messages are in each state that any is in."""
    found = await reader.rows("SELECT state, count(*) FROM messages GROUP BY state ORDER BY state")
    return {text(row[0]): number(row[1]) for row in found}


async def request_counts(reader: Reader) -> dict[str, int]:
    """Return how many requests are in each state that any is in."""
    found = await reader.rows("SELECT state, count(*) FROM cases GROUP BY state ORDER BY state")
    return {text(row[0]): number(row[1]) for row in found}


async def record_count(reader: Reader) -> int:
    """Return how many records the log holds, of all streams."""
    return number((await reader.rows("SELECT count(*) FROM records"))[0][0])


TELLABLE = tuple(sorted(state.value for state in TELLING))


async def untold(reader: Reader) -> list[bytes]:
    """Return the cases of which a message failed for good and that still have something to tell, the oldest first."""
    marks = ", ".join("?" for _ in TELLABLE)
    found = await reader.rows(
        "SELECT messages.subject FROM messages JOIN cases ON cases.subject = messages.subject"  # noqa: S608 - marks
        f" WHERE messages.state = 'failed' AND cases.state IN ({marks})"
        " GROUP BY messages.subject ORDER BY min(messages.queued_ms), messages.subject",
        TELLABLE,
    )
    return [blob(row[0]) for row in found]
