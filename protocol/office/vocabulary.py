"""What a release can read: names for every kind of event and each of its fields, dictionaries and versions included.

Two releases compare what they read by their sets: what one lacks of the other's, it cannot have folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec
from msgspec import inspect

from protocol.office.events import Event
from protocol.records.dictionaries import DICTIONARIES
from protocol.records.envelope import VERSION


@cache
def vocabulary() -> frozenset[str]:
    """Return this release's names: "record 1", "dictionary 1", "request.submitted", "request.submitted/answers", ..."""
    names = {f"record {number}" for number in range(1, VERSION + 1)}
    names |= {f"dictionary {number}" for number in DICTIONARIES}
    return frozenset(names.union(_names(inspect.type_info(Event), set())))


def _names(kind: object, seen: set[type]) -> Iterator[str]:
    """Yield the names in a type: those of structs wherever they stand in it, each once."""
    if isinstance(kind, inspect.StructType):
        if kind.cls in seen:
            return
        seen.add(kind.cls)
        name = kind.tag if isinstance(kind.tag, str) else kind.cls.__name__
        yield name
        for field in kind.fields:
            yield f"{name}/{field.encode_name}"
            yield from _names(field.type, seen)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _names(one, seen)
    elif isinstance(kind, inspect.Type):
        for part in msgspec.structs.astuple(kind):
            yield from _names(part, seen)
    elif isinstance(kind, tuple):
        for part in kind:
            yield from _names(part, seen)
