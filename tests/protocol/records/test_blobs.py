"""Blobs: one form of each file under each key, and nothing else that opens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.blobs import (
    CHUNK,
    MAX_BLOB,
    MAX_CHUNKS,
    SEALED_CHUNK,
    BlobReader,
    BlobWriter,
    blob_size,
    count_chunks,
    count_in_blob,
    parse_list,
    split_blob,
)
from protocol.records.refusals import BlobDamaged, NotABlob
from tests.vectors.blob_vectors import changed, make_blob, pattern
from tests.vectors.make import path_of

VECTORS: dict[str, Any] = json.loads(path_of("blobs").read_text("utf-8"))
KEY = bytes.fromhex(VECTORS["key"])

SIZES = st.one_of(st.integers(1, 300), st.integers(-2, 2).map(lambda by: 2 * CHUNK + by))


def read(key: bytes, address: bytes, size: int, data: bytes) -> bytes:
    found, chunks = split_blob(address, size, data)
    reader = BlobReader(key, found)
    return b"".join(reader.open(index, sealed) for index, sealed in enumerate(chunks))


@pytest.mark.parametrize("case", VECTORS["good"], ids=lambda case: str(case["name"]))
def test_a_file_has_this_one_blob(case: dict[str, Any]) -> None:
    plain = pattern(case["size"])
    made, blob = make_blob(KEY, plain)
    assert made.address.hex() == case["address"]
    assert made.encoded().hex() == case["list"]
    assert blob.hex() == case.get("blob", blob.hex())
    assert len(blob) == blob_size(case["size"])
    assert read(KEY, made.address, case["size"], blob) == plain


@pytest.mark.parametrize("case", VECTORS["bad"], ids=lambda case: str(case["name"]))
def test_what_is_no_blob_is_refused_for_its_own_reason(case: dict[str, Any]) -> None:
    address, data, size = changed(case)
    with pytest.raises(PeerError) as refused:
        read(bytes.fromhex(case["key"]), address, size, data)
    assert refused.value.kind == case["kind"]


@given(st.binary(min_size=32, max_size=32), SIZES, st.lists(st.integers(1, 20_000), max_size=5))
def test_a_blob_is_the_same_in_whatever_pieces_its_file_comes(key: bytes, size: int, cuts: list[int]) -> None:
    plain = pattern(size)
    writer, chunks, rest = BlobWriter(key), [], plain
    for cut in cuts:
        chunks += writer.feed(rest[:cut])
        rest = rest[cut:]
    chunks += writer.feed(rest)
    last, made = writer.finish()
    whole, blob = make_blob(key, plain)
    assert (made, b"".join([*chunks, last])) == (whole, blob[: -len(made.encoded())])
    assert read(key, made.address, size, blob) == plain


@given(st.integers(1, MAX_BLOB))
def test_a_blobs_length_tells_how_many_chunks_it_has(size: int) -> None:
    assert count_in_blob(blob_size(size)) == count_chunks(size)


@pytest.mark.parametrize("length", [0, 1, 72, blob_size(CHUNK) + 1, blob_size(CHUNK) + 72, blob_size(MAX_BLOB) + 1])
def test_a_length_that_no_blob_has_holds_no_chunk(length: int) -> None:
    assert count_in_blob(length) == 0


@given(st.integers(0, 8 * blob_size(CHUNK + 9) - 1))
def test_every_bit_of_a_blob_counts(bit: int) -> None:
    made, blob = make_blob(KEY, pattern(CHUNK + 9))
    flipped = bytearray(blob)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BlobDamaged):
        split_blob(made.address, CHUNK + 9, bytes(flipped))


def test_one_file_under_two_keys_is_two_blobs_that_share_no_chunk() -> None:
    one, _ = make_blob(KEY, pattern(3 * CHUNK))
    other, _ = make_blob(KEY[::-1], pattern(3 * CHUNK))
    assert not set(one.hashes) & set(other.hashes)


def test_a_chunk_is_verified_by_its_list_alone_as_it_arrives() -> None:
    made, blob = make_blob(KEY, pattern(CHUNK + 1))
    listed = parse_list(made.address, made.encoded())
    listed.check(0, blob[:SEALED_CHUNK])
    for index in (-1, 1, 2):
        with pytest.raises(BlobDamaged):
            listed.check(index, blob[:SEALED_CHUNK])


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(32 * (MAX_CHUNKS + 1))])
def test_a_list_is_some_hashes_and_nothing_else(data: bytes) -> None:
    with pytest.raises(NotABlob):
        parse_list(bytes(32), data)


def test_an_empty_file_and_one_above_the_bound_make_no_blob() -> None:
    with pytest.raises(CallerError):
        BlobWriter(KEY).finish()
    with pytest.raises(CallerError):
        BlobWriter(KEY).feed(bytes(MAX_BLOB + 1))
