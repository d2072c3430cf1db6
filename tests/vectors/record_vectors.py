"""Vectors of records: good ones, and ones that are refused when parsed, verified or opened."""

from __future__ import annotations

from dataclasses import replace

from protocol.records.chain import segment_opened
from protocol.records.clock import Timestamp
from protocol.records.compression import compress
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import Record, pad, write_record
from protocol.records.keys import SigningKey, subject_of
from protocol.records.sealing import seal
from tests.vectors.values import DATA_KEY, OTHER_KEY, SIGNER, STRANGER, Json, fixed, to_json

SEGMENT = fixed("segment", 8)
TIME = Timestamp(1_767_225_600_000, 7)
PERSONAL: dict[str, Value] = {"kind": "account.viewed", "by": {"id": "guichet1", "role": "clerk"}, "reason": "السكنى"}
PUBLIC: dict[str, Value] = {"kind": "catalogue.published", "id": "residence", "version": 1, "document": {"fee": None}}


def sealed_record(event: dict[str, Value] = PERSONAL, key: bytes = DATA_KEY) -> Record:
    """The record that most cases begin from."""
    return write_record(
        stream="berkane-05/cases",
        segment=SEGMENT,
        seq=3,
        prev=fixed("previous record"),
        time=TIME,
        event=event,
        key=key,
        signing=SIGNER,
    )


def unsealed_record(event: dict[str, Value] = PUBLIC, stream: str = "all") -> Record:
    """A record that anybody reads."""
    return write_record(
        stream=stream,
        segment=SEGMENT,
        seq=0,
        prev=bytes(32),
        time=TIME,
        event=event,
        key=None,
        signing=SIGNER,
    )


def signed_anew(record: Record, signing: SigningKey = SIGNER) -> Record:
    """The same record, signed by a key that may well hold it to be true."""
    return replace(record, signature=signing.sign("record", record.signed_bytes()))


def with_plain(padded: bytes, key: bytes = DATA_KEY) -> Record:
    """A record whose sealed body opens to these padded bytes, whatever they are."""
    record = sealed_record(key=key)
    return signed_anew(replace(record, body=seal(key, "record", record.header(), padded)))


def with_field(place: int, value: Value) -> bytes:
    """The encoding of a record with one field of another shape."""
    fields = decode(sealed_record().encoded())
    if not isinstance(fields, list):
        raise TypeError("A record is an array.")
    fields[place] = value
    return encode(fields)


def records() -> Json:
    """Good records, and those refused at each step."""
    first = segment_opened(parent=None, software="mulhaqa 0.1.0", fingerprint="cpu", clock="estimated")
    good = {
        "sealed": (sealed_record(), PERSONAL, DATA_KEY),
        "unsealed": (unsealed_record(), PUBLIC, None),
        "the first of a segment": (unsealed_record(first, "berkane-05/office"), first, None),
    }
    return {
        "good": [_good(name, *case) for name, case in good.items()],
        "bad": [
            *(_bad(name, data, "parse", kind) for name, (data, kind) in _not_parsed().items()),
            *(_bad(name, data, "verify", kind) for name, (data, kind) in _not_verified().items()),
            *(_bad(name, data, "open", kind) for name, (data, kind) in _not_opened().items()),
        ],
        "later": _good("a later version: verified and stored, opened after an upgrade", _later(), PERSONAL, DATA_KEY),
    }


def _good(name: str, record: Record, event: dict[str, Value], key: bytes | None) -> dict[str, Json]:
    return {
        "name": name,
        "seed": SIGNER.seed.hex(),
        "public": SIGNER.public.hex(),
        "key": None if key is None else key.hex(),
        "event": to_json(event),
        "header": record.header().hex(),
        "record": record.encoded().hex(),
        "hash": record.hash.hex(),
    }


def _bad(name: str, data: bytes, step: str, kind: str) -> Json:
    return {
        "name": name,
        "record": data.hex(),
        "public": SIGNER.public.hex(),
        "key": DATA_KEY.hex(),
        "step": step,
        "kind": kind,
    }


def _later() -> Record:
    return signed_anew(replace(sealed_record(), version=2))


def _not_parsed() -> dict[str, tuple[bytes, str]]:
    whole = sealed_record().encoded()
    form = "not-a-record"
    return {
        "nothing": (b"", "not-canonical"),
        "cut short": (whole[:-1], "not-canonical"),
        "one byte more": (whole + b"\0", "not-canonical"),
        "a value that is no array": (encode({"kind": "account.viewed"}), form),
        "nine fields": (b"\x99" + whole[1:-66], form),
        "the count in the long form": (b"\xdc\x00\x0a" + whole[1:], "not-canonical"),
        "version 0": (with_field(0, 0), form),
        "a version that is true": (with_field(0, True), form),
        "a stream of three words": (with_field(1, "a/b/c"), form),
        "a stream in capitals": (with_field(1, "Berkane-05/cases"), form),
        "no stream": (with_field(1, ""), form),
        "a stream that is bytes": (with_field(1, b"berkane-05/cases"), form),
        "a segment of seven bytes": (with_field(2, SEGMENT[:7]), form),
        "a negative seq": (with_field(3, -1), form),
        "a seq that no other language counts to": (with_field(3, 1 << 53), form),
        "a prev of 31 bytes": (with_field(4, bytes(31)), form),
        "a time without counter": (with_field(5, [TIME.ms]), form),
        "a time that is one number": (with_field(5, TIME.ms), form),
        "a negative time": (with_field(5, [-1, 0]), form),
        "a counter beyond 32 bits": (with_field(5, [TIME.ms, 1 << 32]), form),
        "a subject of 15 bytes": (with_field(6, bytes(15)), form),
        "a subject that is text": (with_field(6, "x" * 16), form),
        "a signer that is nil": (with_field(7, None), form),
        "a body that is text": (with_field(8, "body"), form),
        "a signature of 63 bytes": (with_field(9, bytes(63)), form),
    }


def _not_verified() -> dict[str, tuple[bytes, str]]:
    record = sealed_record()
    moved = {
        "another version": replace(record, version=2),
        "another stream": replace(record, stream="berkane-06/cases"),
        "another segment": replace(record, segment=bytes(8)),
        "another seq": replace(record, seq=4),
        "another prev": replace(record, prev=bytes(32)),
        "another time": replace(record, time=Timestamp(TIME.ms, 8)),
        "another subject": replace(record, subject=subject_of(OTHER_KEY)),
        "no subject": replace(record, subject=None),
        "another body": replace(record, body=record.body[:-1] + b"\0"),
        "another signature": replace(record, signature=record.signature[:-1] + b"\0"),
        "signed for another purpose": replace(record, signature=SIGNER.sign("credential", record.signed_bytes())),
    }
    other = signed_anew(replace(record, signer=STRANGER.id), STRANGER)
    return {name: (bad.encoded(), "bad-signature") for name, bad in moved.items()} | {
        "another signer": (other.encoded(), "wrong-signer"),
    }


def _not_opened() -> dict[str, tuple[bytes, str]]:
    """All are signed by the writer himself: it is the reader of the body who refuses."""
    record = sealed_record()
    plain = compress(encode(PERSONAL))
    wrong = {
        "moved to another place by its writer": signed_anew(replace(record, seq=4)),
        "under the subject of another key": signed_anew(replace(record, subject=subject_of(OTHER_KEY))),
        "a body cut short": signed_anew(replace(record, body=record.body[:39])),
        "no padding": with_plain(plain + bytes(-len(plain) % 16)),
        "a block of padding too much": with_plain(pad(plain) + bytes(16)),
        "padding that is not zeros": with_plain(plain + b"\x80" + b"\x01" * (-(len(plain) + 1) % 16)),
        "nothing but zeros": with_plain(bytes(16)),
        "nothing": with_plain(b""),
        "bytes behind the frame": with_plain(pad(plain + b"\0")),
        "an event that is no map": with_plain(pad(compress(encode(["account.viewed"])))),
        "an event without kind": with_plain(pad(compress(encode({"reason": ""})))),
        "an event whose kind is no text": with_plain(pad(compress(encode({"kind": 1})))),
        "an event that is not canonical": with_plain(pad(compress(b"\xdf\x00\x00\x00\x00"))),
        "a sealed clock.changed": with_plain(pad(compress(encode({"kind": "clock.changed"})))),
        "a personal event in the clear": signed_anew(replace(record, subject=None, body=encode(PERSONAL))),
        "an unsealed body that is no event": signed_anew(replace(record, subject=None, body=b"\xc1")),
    }
    later = with_plain(pad(b"\xff" + plain[1:]))
    return {name: (bad.encoded(), "cannot-open") for name, bad in wrong.items()} | {
        "a later version": (_later().encoded(), "unknown-version"),
        "a later dictionary": (later.encoded(), "unknown-dictionary"),
    }
