"""Vectors of what records are made of: encoding, hashing, keys, sealing, compression."""

from __future__ import annotations

import zstandard
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from protocol.records.compression import compress
from protocol.records.dictionaries import DICTIONARIES
from protocol.records.encoding import MAX_DEPTH, Value, encode
from protocol.records.hashing import digest, record_hash, text_of
from protocol.records.keys import OpeningKey, key_id, seal_to, subject_of, subkey
from protocol.records.sealing import seal
from tests.vectors.values import DATA_KEY, OTHER_KEY, READER, SIGNER, STRANGER, Json, fixed, to_json

GOOD_VALUES: dict[str, Value] = {
    "nil": None,
    "true": True,
    "false": False,
    "zero is not false": 0,
    "one is not true": 1,
    "the largest single byte": 127,
    "one byte": 128,
    "two bytes": 256,
    "four bytes": 65536,
    "eight bytes": 1 << 32,
    "the largest integer": (1 << 64) - 1,
    "the smallest single byte": -32,
    "one negative byte": -33,
    "two negative bytes": -129,
    "four negative bytes": -32769,
    "eight negative bytes": -(1 << 31) - 1,
    "the smallest integer": -(1 << 63),
    "no text": "",
    "Arabic": "شهادة السكنى",
    "Tifinagh": "ⵜⴰⵎⴰⵣⵉⵖⵜ",
    "32 characters": "x" * 32,
    "256 characters": "x" * 256,
    "no bytes": b"",
    "bytes": b"\x00\xff",
    "256 bytes": bytes(256),
    "no items": [],
    "15 items": list(range(15)),
    "16 items": list(range(16)),
    "no keys": {},
    "keys in the order of their UTF-8 bytes": {
        "": 0,
        "B": 1,
        "a": 2,
        "aa": 3,
        "é": 4,
        "س": 5,
        "\uffff": 6,
        "\U00010000": 7,
    },
    "16 keys": {f"{number:02}": number for number in range(16)},
    "as deep as may be": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]],
}

BAD_ENCODINGS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not-canonical"),
    "a positive integer in two bytes for one": (b"\xcc\x7f", "not-canonical"),
    "an integer in four bytes for two": (b"\xce\x00\x00\xff\xff", "not-canonical"),
    "a positive integer in a signed form": (b"\xd0\x05", "not-canonical"),
    "a negative integer in two bytes for one": (b"\xd0\xff", "not-canonical"),
    "text in the long form": (b"\xd9\x01a", "not-canonical"),
    "bytes in the long form": (b"\xc5\x00\x01a", "not-canonical"),
    "an array in the long form": (b"\xdc\x00\x01\x01", "not-canonical"),
    "a map in the long form": (b"\xde\x00\x01\xa1a\x01", "not-canonical"),
    "a float": (b"\xcb" + bytes(8), "not-canonical"),
    "a short float": (b"\xca" + bytes(4), "not-canonical"),
    "an extension": (b"\xd4\x01\x00", "not-canonical"),
    "a timestamp extension": (b"\xd6\xff" + bytes(4), "not-canonical"),
    "the byte that msgpack never uses": (b"\xc1", "not-canonical"),
    "keys out of order": (b"\x82\xa1b\x01\xa1a\x02", "not-canonical"),
    "a key twice": (b"\x82\xa1a\x01\xa1a\x02", "not-canonical"),
    "a key that is a number": (b"\x81\x01\x02", "not-canonical"),
    "a key that is bytes": (b"\x81\xc4\x01a\x02", "not-canonical"),
    "text that is not UTF-8": (b"\xa1\xff", "not-canonical"),
    "text that spells a surrogate": (b"\xa3\xed\xa0\x80", "not-canonical"),
    "text in overlong UTF-8": (b"\xa2\xc0\xaf", "not-canonical"),
    "an array cut short": (b"\x92\x01", "not-canonical"),
    "text cut short": (b"\xa5abc", "not-canonical"),
    "an integer cut short": (b"\xcd\x01", "not-canonical"),
    "a length cut short": (b"\xc6\x00\x00", "not-canonical"),
    "two values": (b"\x01\x02", "not-canonical"),
    "four billion items announced": (b"\xdd\xff\xff\xff\xff", "not-canonical"),
    "four billion keys announced": (b"\xdf\xff\xff\xff\xff\x01", "not-canonical"),
    "four gigabytes announced": (b"\xc6\xff\xff\xff\xff\x01", "not-canonical"),
    "one level too deep": (b"\x91" * MAX_DEPTH + b"\x90", "too-deep"),
    "a thousand levels": (b"\x91" * 1000 + b"\x01", "too-deep"),
}


def encoding() -> Json:
    """Values with their encodings, and bytes that are none."""
    return {
        "good": [
            {"name": name, "value": to_json(value), "bytes": encode(value).hex()} for name, value in GOOD_VALUES.items()
        ],
        "bad": [{"name": name, "bytes": data.hex(), "kind": kind} for name, (data, kind) in BAD_ENCODINGS.items()],
    }


def hashing() -> Json:
    """Digests, and ids as text."""
    cases: list[tuple[str, list[bytes], int, bytes]] = [
        ("record-hash", [b""], 32, b""),
        ("example", [], 32, b""),
        ("example", [b"ab", b"c"], 32, b""),
        ("example", [b"a", b"bc"], 32, b""),
        ("example", [b"ab", b"c"], 16, b""),
        ("example", [b"ab", b"c"], 32, b"a key"),
    ]
    return {
        "digests": [
            {
                "thing": thing,
                "parts": [part.hex() for part in parts],
                "size": size,
                "key": key.hex(),
                "digest": digest(thing, *parts, size=size, key=key).hex(),
            }
            for thing, parts, size, key in cases
        ],
        "record_hash": {"record": b"any bytes".hex(), "hash": record_hash(b"any bytes").hex()},
        "text": [
            {"subject": subject.hex(), "text": text_of(subject)}
            for subject in (bytes(16), b"\xff" * 16, fixed("id", 16))
        ],
        "not_text": ["", "a" * 25, "a" * 27, "A" * 26, "0" + "a" * 25, "a" * 25 + "b", "é" + "a" * 25],
    }


# The points of Ed25519 whose order divides 8, and encodings of field elements that are not reduced.
SMALL_ORDER = {
    "the identity": "01" + "00" * 31,
    "order 2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order 4": "00" * 32,
    "order 4, negative": "00" * 31 + "80",
    "order 8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order 8, another": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "the identity, not reduced": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "zero, not reduced": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "no point": "02" + "00" * 31,
    "too short": "01" * 31,
}

GROUP_ORDER = (1 << 252) + 27742317777372353535851937790883648493


def keys() -> Json:
    """Signatures, ids, subjects, subkeys, and messages sealed to a key."""
    message = b"a message"
    signature = SIGNER.sign("example", message)
    second = (int.from_bytes(signature[32:], "little") + GROUP_ORDER).to_bytes(32, "little")
    sealed = seal_to(READER.public, message, fixed("ephemeral"))
    good = {"public": SIGNER.public.hex(), "thing": "example", "message": message.hex(), "signature": signature.hex()}
    bad: list[tuple[str, dict[str, str]]] = [
        ("another purpose", {"thing": "exampl"}),
        ("another message", {"message": b"A message".hex()}),
        ("another key", {"public": STRANGER.public.hex()}),
        ("S with the group's order added", {"signature": (signature[:32] + second).hex()}),
        ("cut short", {"signature": signature[:63].hex()}),
        ("one byte more", {"signature": (signature + b"\0").hex()}),
        *((f"key: {name}", {"public": public, "signature": "01" + "00" * 63}) for name, public in SMALL_ORDER.items()),
    ]
    return {
        "seed": SIGNER.seed.hex(),
        "key_id": key_id(SIGNER.public).hex(),
        "signatures": {
            "good": [good],
            "bad": [{"name": name, **good, **change, "kind": "bad-signature"} for name, change in bad],
        },
        "bad_public_keys": [
            {"name": name, "public": public, "kind": "bad-key"} for name, public in SMALL_ORDER.items()
        ],
        "data_key": {
            "key": DATA_KEY.hex(),
            "subject": subject_of(DATA_KEY).hex(),
            "subkeys": {thing: subkey(DATA_KEY, thing).hex() for thing in ("record/seal", "record/nonce")},
        },
        "sealed_to": {
            "seed": READER.seed.hex(),
            "public": READER.public.hex(),
            "entropy": fixed("ephemeral").hex(),
            "message": message.hex(),
            "sealed": sealed.hex(),
            "bad": [
                {"name": "changed", "sealed": (sealed[:-1] + bytes([sealed[-1] ^ 1])).hex(), "kind": "cannot-open"},
                {"name": "cut short", "sealed": sealed[:47].hex(), "kind": "cannot-open"},
                {"name": "for another", "sealed": _for_another(message).hex(), "kind": "cannot-open"},
            ],
        },
    }


def _for_another(message: bytes) -> bytes:
    return seal_to(OpeningKey(fixed("another reader")).public, message, fixed("ephemeral"))


def sealing() -> Json:
    """Sealed bytes, and the ways in which they do not open."""
    sealed = seal(DATA_KEY, "example", b"here", b"plain")
    good = {
        "key": DATA_KEY.hex(),
        "thing": "example",
        "place": b"here".hex(),
        "plain": b"plain".hex(),
        "sealed": sealed.hex(),
    }
    changes: list[tuple[str, dict[str, str]]] = [
        ("another key", {"key": OTHER_KEY.hex()}),
        ("another purpose", {"thing": "exampl"}),
        ("another place", {"place": b"there".hex()}),
        ("nonce changed", {"sealed": (bytes([sealed[0] ^ 1]) + sealed[1:]).hex()}),
        ("tag changed", {"sealed": (sealed[:-1] + bytes([sealed[-1] ^ 1])).hex()}),
        ("cut short", {"sealed": sealed[:39].hex()}),
        ("one byte more", {"sealed": (sealed + b"\0").hex()}),
        ("a nonce that its writer chose", {"sealed": _chosen_nonce(b"here", b"plain").hex()}),
    ]
    return {
        "good": [good, {**good, "plain": "", "sealed": seal(DATA_KEY, "example", b"here", b"").hex()}],
        "bad": [{"name": name, **good, **change, "kind": "cannot-open"} for name, change in changes],
    }


def _chosen_nonce(place: bytes, plain: bytes) -> bytes:
    """Bytes that authenticate, under a nonce that is not the one recomputed on opening."""
    nonce = bytes(24)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, place, nonce, subkey(DATA_KEY, "example/seal"))


def compression() -> Json:
    """Compressed bytes, and frames that are refused."""
    plain = encode({"kind": "account.viewed", "reason": "guichet"})
    data = compress(plain)
    dictionary = zstandard.ZstdCompressionDict(DICTIONARIES[1])
    unsized = zstandard.ZstdCompressor(dict_data=dictionary, write_content_size=False).compress(plain)
    large = zstandard.ZstdCompressor(dict_data=dictionary).compress(bytes(100_000))
    bad = {
        "nothing": (b"", "bad-compression"),
        "no frame": (data[:1], "bad-compression"),
        "an unknown dictionary": (b"\x00" + data[1:], "unknown-dictionary"),
        "a later dictionary": (b"\xff" + data[1:], "unknown-dictionary"),
        "cut short": (data[:-1], "bad-compression"),
        "one byte more": (data + b"\0", "bad-compression"),
        "a second frame": (data + data[1:], "bad-compression"),
        "no stated size": (b"\x01" + unsized, "bad-compression"),
        "larger than allowed": (b"\x01" + large, "too-large"),
        "an empty frame": (compress(b""), "bad-compression"),
        "another format": (b"\x01\x1f\x8b" + bytes(20), "bad-compression"),
    }
    return {
        "max_size": 65536,
        "dictionary": {"number": 1, "digest": digest("dictionary", DICTIONARIES[1]).hex()},
        "good": [{"plain": plain.hex(), "compressed": data.hex()}],
        "bad": [{"name": name, "compressed": wrong.hex(), "kind": kind} for name, (wrong, kind) in bad.items()],
    }
