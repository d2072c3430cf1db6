"""The order in which commands were kept here: places that a standby is given back as marks (`protocol.sync.results`).

A place is a number, and whose command stands there since when. A store that was restored from an old copy gives the
same numbers again, to other commands or at another time: a mark of before is then none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from edge.store.columns import blob, number
from edge.store.reader import Reader
from edge.store.results import PAGE, opened
from protocol.errors import PeerError
from protocol.records.encoding import decode, encode
from protocol.sync.frames import blob as framed
from protocol.sync.frames import natural
from protocol.sync.results import COMMAND_SIZE, CommandResult

__all__ = ["BEGINNING", "PAGE", "Kept", "Place", "kept_after", "last_position", "place_of", "places_after"]


class Place(NamedTuple):
    """Where a command stands in the order; positions begin at 1."""

    position: int
    command: bytes
    at_ms: int

    def mark(self) -> bytes:
        """As it travels."""
        return encode([self.position, self.command, self.at_ms])


BEGINNING = Place(0, b"", 0)
"""Before the first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A place, and what was answered there; None where the row is damaged."""

    place: Place
    result: CommandResult | None


async def place_of(reader: Reader, mark: bytes) -> Place:
    """Return the place that a mark is of; the beginning where it is none of this store's."""
    try:
        position, command, at_ms = _fields(mark)
    except PeerError:
        return BEGINNING
    place = Place(position, command, at_ms)
    return place if place in await places_after(reader, Place(position - 1, b"", 0), 1) else BEGINNING


def _fields(mark: bytes) -> tuple[int, bytes, int]:
    value = decode(mark)
    if not isinstance(value, list) or len(value) != 3:
        raise PeerError("A mark is a place of the order.")
    return natural(value[0]), framed(value[1], COMMAND_SIZE), natural(value[2])


async def last_position(reader: Reader) -> int:
    """Return the position of the last command; 0 if there is none."""
    rows = await reader.rows("SELECT position FROM command_order ORDER BY position DESC LIMIT 1")
    return number(rows[0][0]) if rows else 0


async def places_after(reader: Reader, at: Place, count: int) -> list[Place]:
    """Return so many places behind this one."""
    rows = await reader.rows(
        "SELECT position, id, at_ms FROM command_order JOIN commands USING (id) WHERE position > ?"
        " ORDER BY position LIMIT ?",
        (at.position, count),
    )
    return [Place(number(row[0]), blob(row[1]), number(row[2])) for row in rows]


async def kept_after(reader: Reader, at: Place, end: int) -> list[Kept]:
    """Return a page of what is remembered behind this place, up to the position `end`."""
    rows = await reader.rows(
        "SELECT position, id, at_ms, result FROM command_order JOIN commands USING (id)"
        " WHERE position > ? AND position <= ? ORDER BY position LIMIT ?",
        (at.position, end, PAGE),
    )
    places = [(Place(number(row[0]), blob(row[1]), number(row[2])), blob(row[3])) for row in rows]
    return [Kept(place, opened(reader, place.command, sealed, place.at_ms)) for place, sealed in places]
