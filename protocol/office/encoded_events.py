"""Events straight to the bytes that a record seals, and back: what a writer does for each record, in one step.

- `encode_event(event)` is `encode(to_value(event))`, byte for byte: msgspec sorts keys as the closed encoding does and
  writes every integer and length in its shortest form. A property test holds it to that, for every kind of event. Only
  the catalogue's documents, whose inside has no type here, take the long way.
- `decode_event` reads those bytes as strictly as `from_value` reads their map. A writer folds what it gives, so what a
  later reader would refuse is never written.
"""

from __future__ import annotations

import msgspec

from protocol.errors import CallerError
from protocol.office.events import CataloguePublished, Event, UnknownEvent, kind_of, to_value
from protocol.records.encoding import encode
from protocol.records.envelope import UNSEALED_KINDS, EncodedEvent

_encode = msgspec.msgpack.Encoder(order="sorted").encode
_decode = msgspec.msgpack.Decoder(Event, strict=True).decode


def encode_event(event: Event) -> EncodedEvent:
    """Return the one encoding of an event; raises CallerError for what has none."""
    if isinstance(event, CataloguePublished):
        return EncodedEvent(kind_of(event), encode(to_value(event)))
    try:
        return EncodedEvent(kind_of(event), _encode(event))
    except (UnicodeEncodeError, OverflowError, TypeError) as error:
        raise CallerError("The event holds text with a lone surrogate, or a value that has no encoding.") from error


def decode_event(encoded: EncodedEvent) -> Event:
    """Read an event as whoever opens its record will; raises UnknownEvent for one that no reader would take."""
    return read_event(encoded.plain)


def read_event(plain: bytes) -> Event:
    """The same from the bytes alone."""
    try:
        event: Event = _decode(plain)
    except msgspec.DecodeError as error:  # a value of another type (ValidationError) is one of these
        raise UnknownEvent("This record holds an event that this release does not know: upgrade it.") from error
    return event


def is_one_encoding(plain: bytes) -> bool:
    """Whether these bytes are the one encoding of an event that this release knows, and that records seal.

    False says nothing: then the long way (`protocol.records.encoding.decode`) tells what they are.
    """
    try:
        event = read_event(plain)
        encoded = encode_event(event)
    except (UnknownEvent, CallerError):
        return False
    return encoded.plain == plain and encoded.kind not in UNSEALED_KINDS
