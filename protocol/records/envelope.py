"""The envelope of an event: one record of an append-only log.

    record     [version, stream, segment(8), seq, prev(32), [ms, counter], subject(16) | nil, signer(16), body,
                signature(64)]
    signature  Ed25519 over "mulhaqa/record/1" NUL + encode(first nine fields)
    hash       digest("record-hash", encode(all ten fields))

    sealed     body = seal(data key, "record", place = encode(first eight fields), padded)
    padded     compress(encode(event)), then 0x80, then zeros up to a multiple of 16 (ISO/IEC 7816-4)
    unsealed   subject = nil, body = encode(event)

- The chain fields keep their place in every version. A record of a later version is parsed, verified, stored and
  acknowledged here; only `open_body` refuses it, until an upgrade.
- A few kinds of event are never sealed, all others always. A reader refuses either in the other's form, so a
  citizen's event cannot be published by leaving its key away, and a clock cannot be hidden.
- The subject is a hash of the key, so nobody can be handed another key under which the body reads differently.
- All fields before the body are its associated data, and all before the signature are signed: no bit is free.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import msgspec

from protocol.errors import CallerError, PeerError
from protocol.records.clock import MAX_COUNTER, MAX_MS, Timestamp
from protocol.records.compression import compress, decompress
from protocol.records.encoding import Value, decode, encode, pack
from protocol.records.hashing import HASH_SIZE, SUBJECT_SIZE, record_hash
from protocol.records.keys import KEY_ID_SIZE, SigningKey, key_id, subject_of, verify_signature
from protocol.records.refusals import (
    BadCompression,
    CannotOpen,
    NotARecord,
    NotCanonical,
    TooDeep,
    TooLarge,
    UnknownVersion,
    WrongSigner,
)
from protocol.records.sealing import seal, unseal
from protocol.records.sodium import SIGNATURE_SIZE

VERSION: Final = 1
MAX_VERSION: Final = (1 << 16) - 1
SEGMENT_SIZE: Final = 8
FIELDS: Final = 10
PADDING: Final = 16

MAX_EVENT: Final = 56 * 1024
"""Bytes of one encoded event. The largest is a catalogue's document in two languages, some 20 KiB; scans are blobs."""

MAX_RECORD: Final = 64 * 1024
"""Bytes of one record: the largest event, incompressible, in its envelope; some seconds of the slowest link."""

MAX_SEQ: Final = (1 << 53) - 1
"""Exact in every language's numbers; a segment lasts from one start of a writer to the next."""

MAX_STREAM: Final = 80
"""Characters of a stream's name: an annexe's id and one word more."""

STREAM_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)?")

UNSEALED_KINDS: Final = frozenset(
    {"segment.opened", "clock.changed", "credential.published", "credential.revoked"}
    | {"catalogue.published", "calendar.published", "revocations.published"}
)
"""What must be readable without any key: the chain's own events, and what is public by law."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Its fields are those of the format; making one with fields of other shapes raises NotARecord."""

    version: int
    stream: str
    segment: bytes
    seq: int
    prev: bytes
    time: Timestamp
    subject: bytes | None
    signer: bytes
    body: bytes
    signature: bytes
    _encoded: bytes = field(init=False, repr=False, compare=False, default=b"")
    _hash: bytes = field(init=False, repr=False, compare=False, default=b"")

    def __post_init__(self) -> None:
        _check_place(self)
        _check_content(self)
        encoded = pack([*_header_fields(self), self.body, self.signature])
        if len(encoded) > MAX_RECORD:
            raise NotARecord(f"A record has at most {MAX_RECORD} bytes.")
        object.__setattr__(self, "_encoded", encoded)
        object.__setattr__(self, "_hash", record_hash(encoded))

    @property
    def hash(self) -> bytes:
        """The 32 bytes that name this record."""
        return self._hash

    @property
    def sealed(self) -> bool:
        """Whether the body needs a key."""
        return self.subject is not None

    def encoded(self) -> bytes:
        """The whole record as it is stored and sent."""
        return self._encoded

    def header(self) -> bytes:
        """encode(first eight fields): the place of a sealed body."""
        return pack(_header_fields(self))

    def signed_bytes(self) -> bytes:
        """encode(first nine fields): what the signer signs."""
        return b"\x99" + self._encoded[1 : -SIGNATURE_SIZE - 2]  # 0xc4 0x40 stand before the signature


@dataclass(frozen=True, slots=True)
class EncodedEvent:
    """An event that whoever knows its type has encoded already: `plain` is the one encoding of its map."""

    kind: str
    plain: bytes


def write_record(
    *,
    stream: str,
    segment: bytes,
    seq: int,
    prev: bytes,
    time: Timestamp,
    event: dict[str, Value] | EncodedEvent,
    key: bytes | None,
    signing: SigningKey,
) -> Record:
    """Seal (under a data key of 32 bytes) or spell out (key None) an event, and sign it into its place.

    Raises CallerError when the kind wants the other form, the event is too large, or a field is not of the format.
    """
    plain = _encode_event(event, sealed=key is not None)
    subject = None if key is None else subject_of(key)
    try:
        header = header_bytes(VERSION, stream, segment, seq, prev, time, subject, signing.id)
        body = plain if key is None else seal_compressed(header, key, compress(plain))
        signature = signing.sign("record", b"\x99" + header[1:] + pack(body))
        return Record(VERSION, stream, segment, seq, prev, time, subject, signing.id, body, signature)
    except (NotARecord, OverflowError) as error:
        raise CallerError(f"This is not how a record is made: {error}") from error


def parse_record(data: bytes) -> Record:
    """The record in these bytes, its form checked and nothing else.

    Raises NotCanonical, TooLarge, TooDeep or NotARecord.
    """
    return _parse_typed(data) or _parse_checked(data)


def _parse_typed(data: bytes) -> Record | None:
    """The short way of `parse_record`: what is written again as the same bytes is their one encoding. None says nothing
    of bytes that are no such record; the long way tells what is wrong with them."""
    if len(data) > MAX_RECORD:
        return None
    try:
        version, stream, segment, seq, prev, time, subject, signer, body, signature = _read_fields(data)
        record = Record(version, stream, segment, seq, prev, Timestamp(*time), subject, signer, body, signature)
    except (msgspec.MsgspecError, ValueError, NotARecord):
        return None
    return record if record.encoded() == data else None


def _parse_checked(data: bytes) -> Record:
    """The long way: by the closed encoding alone, which says what it refuses."""
    fields = decode(data, max_size=MAX_RECORD)
    if not isinstance(fields, list) or len(fields) != FIELDS:
        raise NotARecord(f"A record is an array of {FIELDS} fields.")
    version, stream, segment, seq, prev, time, subject, signer, body, signature = fields
    if not isinstance(time, list) or len(time) != len(Timestamp._fields):
        raise NotARecord("A record's time is an array of milliseconds and counter.")
    stamp = Timestamp(*time)  # type: ignore[arg-type]  # Record checks every field's type
    return Record(version, stream, segment, seq, prev, stamp, subject, signer, body, signature)  # type: ignore[arg-type]  # likewise


def verify_record(record: Record, public: bytes) -> None:
    """Raises WrongSigner unless `public` is the key that the record names, BadSignature unless it signed the record."""
    if key_id(public) != record.signer:
        raise WrongSigner("The record names another signer than this key.")
    verify_signature(public, "record", record.signed_bytes(), record.signature)


def open_body(record: Record, key: bytes | None) -> dict[str, Value]:
    """The event in a record. A sealed one wants its data key, an unsealed one none (a key given is not looked at).

    Raises CannotOpen; UnknownVersion or UnknownDictionary (both NeedsUpgrade) for what a later release wrote.
    """
    plain = open_plain(record, key)
    try:
        event = decode(plain, max_size=MAX_EVENT)
    except (NotCanonical, TooLarge, TooDeep) as error:
        raise CannotOpen(f"What the record holds is no event: {error}") from error
    return _checked_event(event, sealed=record.sealed)


def open_plain(record: Record, key: bytes | None) -> bytes:
    """The bytes of the event in a record, not looked at: for one that `open_body` has opened before, and that is kept.

    Raises what `open_body` raises for a seal that does not open.
    """
    if record.version != VERSION:
        raise UnknownVersion(f"The record has version {record.version}; this release opens {VERSION}: upgrade it.")
    if record.subject is None:
        return record.body
    if key is None:
        raise CallerError("A sealed record is opened with its data key.")
    return plain_of(open_compressed(record, key))


def open_compressed(record: Record, key: bytes) -> bytes:
    """What was padded and sealed in a sealed record of this version: `seal_compressed` makes the same body of it, byte
    for byte, for the nonce is synthetic and was recomputed, and the padding has one form.

    Raises CannotOpen, or UnknownVersion for what a later release sealed in its own way.
    """
    if record.version != VERSION:
        raise UnknownVersion(f"The record has version {record.version}; this release opens {VERSION}: upgrade it.")
    if subject_of(key) != record.subject:
        raise CannotOpen("This is the key of another account or case.")
    return unpad(unseal(key, "record", record.header(), record.body))


def seal_compressed(header: bytes, key: bytes, compressed: bytes) -> bytes:
    """The body of a record of this version, from its `header` and what `open_compressed` gave."""
    return seal(key, "record", header, pad(compressed))


def plain_of(compressed: bytes) -> bytes:
    """The bytes of the event in what `open_compressed` gave, not looked at; raises what `open_plain` raises."""
    try:
        return decompress(compressed, max_size=MAX_EVENT)
    except (BadCompression, TooLarge) as error:
        raise CannotOpen(f"What the record holds is no event: {error}") from error


def unsealed_event(record: Record) -> dict[str, Value] | None:
    """The event of an unsealed record of any version, or None. The chain's own events keep their form for ever."""
    if record.subject is not None:
        return None
    try:
        return _checked_event(decode(record.body, max_size=MAX_EVENT), sealed=False)
    except PeerError:
        return None


def header_bytes(
    version: int,
    stream: str,
    segment: bytes,
    seq: int,
    prev: bytes,
    time: Timestamp,
    subject: bytes | None,
    signer: bytes,
) -> bytes:
    """encode(the eight fields before a body), which are of their types: the place that the body is sealed at."""
    return pack([version, stream, segment, seq, prev, list(time), subject, signer])


def pad(plain: bytes) -> bytes:
    """ISO/IEC 7816-4: 0x80, then zeros up to a multiple of 16. A sealed body's size so tells less of what is in it."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % PADDING)


def unpad(padded: bytes) -> bytes:
    """What `pad` padded; raises CannotOpen for any other bytes."""
    plain = padded.rstrip(b"\0")
    if not plain.endswith(b"\x80") or len(padded) % PADDING or len(padded) - len(plain) >= PADDING:
        raise CannotOpen("The padding is not the one that belongs there.")
    return plain[:-1]


def _encode_event(event: dict[str, Value] | EncodedEvent, *, sealed: bool) -> bytes:
    kind = event.kind if isinstance(event, EncodedEvent) else event.get("kind")
    if not isinstance(kind, str) or not kind:
        raise CallerError("An event has a kind.")
    if sealed == (kind in UNSEALED_KINDS):
        raise CallerError(f"An event of kind {kind} is {'never' if sealed else 'always'} sealed.")
    plain = event.plain if isinstance(event, EncodedEvent) else encode(event)
    if len(plain) > MAX_EVENT:
        raise CallerError(f"The event has {len(plain)} bytes where {MAX_EVENT} are allowed; large things are blobs.")
    return plain


def _checked_event(event: Value, *, sealed: bool) -> dict[str, Value]:
    if not isinstance(event, dict):
        raise CannotOpen("An event is a map.")
    kind = event.get("kind")
    if not isinstance(kind, str) or not kind:
        raise CannotOpen("An event has a kind.")
    if sealed == (kind in UNSEALED_KINDS):
        raise CannotOpen(f"An event of kind {kind!r} is {'never' if sealed else 'always'} sealed.")
    return event


def _header_fields(record: Record) -> list[Value]:
    """What stands before the body."""
    time: Value = list(record.time)
    place: list[Value] = [record.version, record.stream, record.segment, record.seq, record.prev, time]
    return [*place, record.subject, record.signer]


def _check_place(record: Record) -> None:
    """Where the record stands: the fields that keep their place in every version."""
    if type(record.version) is not int or not 1 <= record.version <= MAX_VERSION:
        raise _not_an_integer("version", 1, MAX_VERSION)
    if type(record.stream) is not str or len(record.stream) > MAX_STREAM or not _is_stream(record.stream):
        raise NotARecord("A stream is one or two lower-case words, as in berkane-05/cases.")
    if type(record.segment) is not bytes or len(record.segment) != SEGMENT_SIZE:
        raise _not_bytes("segment", SEGMENT_SIZE)
    if type(record.seq) is not int or not 0 <= record.seq <= MAX_SEQ:
        raise _not_an_integer("seq", 0, MAX_SEQ)
    if type(record.prev) is not bytes or len(record.prev) != HASH_SIZE:
        raise _not_bytes("prev", HASH_SIZE)
    if type(record.time) is not Timestamp:
        raise NotARecord("A record's time is a Timestamp.")
    ms, counter = record.time
    if type(ms) is not int or not 0 <= ms <= MAX_MS:
        raise _not_an_integer("time", 0, MAX_MS)
    if type(counter) is not int or not 0 <= counter <= MAX_COUNTER:
        raise _not_an_integer("time's counter", 0, MAX_COUNTER)


def _check_content(record: Record) -> None:
    """What the record holds, and who vouches for it."""
    subject = record.subject
    if subject is not None and (type(subject) is not bytes or len(subject) != SUBJECT_SIZE):
        raise _not_bytes("subject", SUBJECT_SIZE)
    if type(record.signer) is not bytes or len(record.signer) != KEY_ID_SIZE:
        raise _not_bytes("signer", KEY_ID_SIZE)
    if type(record.body) is not bytes:
        raise NotARecord("A record's body is bytes.")
    if type(record.signature) is not bytes or len(record.signature) != SIGNATURE_SIZE:
        raise _not_bytes("signature", SIGNATURE_SIZE)


@lru_cache(maxsize=1024)
def _is_stream(name: str) -> bool:
    """A log's records are all of a few streams: each name is looked at once."""
    return STREAM_NAME.fullmatch(name) is not None


def _not_an_integer(name: str, low: int, high: int) -> NotARecord:
    return NotARecord(f"A record's {name} is an integer from {low} to {high}.")


def _not_bytes(name: str, size: int) -> NotARecord:
    return NotARecord(f"A record's {name} has {size} bytes.")


_Fields = tuple[int, str, bytes, int, bytes, tuple[int, int], bytes | None, bytes, bytes, bytes]
_read_fields: Final = msgspec.msgpack.Decoder(_Fields).decode
