"""Finding a request's records by its reference: where each is, and since when. Nothing of whom it is about."""

from __future__ import annotations

from dataclasses import dataclass

from edge.store.reader import Reader
from edge.store.whereabouts import RecordFound, records_of
from protocol.errors import N_, PersonError
from protocol.office import references

UNKNOWN = N_("No request of this reference is on this appliance. Check it, letter by letter.")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The records of a request, in the order in which they came here."""

    reference: str
    records: tuple[RecordFound, ...]


async def whereabouts(reader: Reader, reference: str) -> Whereabouts:
    """Find a request by its reference as typed; PersonError 422 when it is none, 404 when nothing here has it."""
    folded = references.parse(reference)
    case = await reader.case_by_reference(folded)
    if case is None:
        raise PersonError(UNKNOWN, field="reference", status=404)
    return Whereabouts(folded, tuple(await records_of(reader, case)))
