"""What the prefecture's newest list of void certificates says, as it came here."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.columns import number, text
from edge.store.reader import Reader
from edge.store.views.revocations import COMPLETE


@dataclass(frozen=True, slots=True)
class RevocationList:
    """The newest list of which every part came: its number, when it was made, and by when there is a newer one."""

    number: int
    issued_ms: int
    next_update_ms: int


@dataclass(frozen=True, slots=True)
class Voided:
    """A void certificate: why ("annulled" or "replaced"), and since when."""

    cause: str
    since_ms: int


async def newest_list(reader: Reader) -> RevocationList | None:
    """Return the newest list; None before the first came whole."""
    found = await reader.rows(f"{COMPLETE} ORDER BY number DESC, issued_ms DESC, next_update_ms DESC LIMIT 1")
    return RevocationList(number(found[0][0]), number(found[0][1]), number(found[0][2])) if found else None


async def voided(reader: Reader, serial: str) -> Voided | None:
    """Return what a list says of a certificate, also one that has not come whole; None where none names it."""
    found = await reader.rows(
        "SELECT cause, since_ms FROM void_certificates WHERE serial = ? ORDER BY number DESC LIMIT 1", (serial,)
    )
    return Voided(text(found[0][0]), number(found[0][1])) if found else None
