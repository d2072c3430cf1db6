"""Hashes with one purpose each, and ids as people's software writes them."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.hashing import digest, prefix, subject_from_text, text_of


def test_a_digest_is_blake2b_over_prefix_and_length_prefixed_parts() -> None:
    expected = blake2b(b"mulhaqa/example/1\0" + bytes(7) + b"\x02ab" + bytes(8), digest_size=32).digest()
    assert digest("example", b"ab", b"") == expected


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_never_run_together(one: list[bytes], other: list[bytes]) -> None:
    assert (digest("example", *one) == digest("example", *other)) == (one == other)


def test_the_same_bytes_hashed_for_two_purposes_differ() -> None:
    assert digest("one", b"x") != digest("two", b"x")
    assert digest("one", b"x") != digest("one", b"x", key=b"k")


@pytest.mark.parametrize("thing", ["", "a\0b", "é"])
def test_a_purpose_is_a_short_ascii_word(thing: str) -> None:
    with pytest.raises(CallerError):
        prefix(thing)


@given(st.binary(min_size=16, max_size=16))
def test_an_id_as_text_reads_back_and_is_safe_in_an_address(subject: bytes) -> None:
    text = text_of(subject)
    assert subject_from_text(text) == subject
    assert text.isalnum()
    assert text == text.lower()


@given(st.text(max_size=30) | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26))
def test_an_id_has_one_text(text: str) -> None:
    try:
        subject = subject_from_text(text)
    except PeerError:
        return
    assert text_of(subject) == text


@pytest.mark.parametrize("size", [0, 15, 17])
def test_only_sixteen_bytes_are_an_id(size: int) -> None:
    with pytest.raises(CallerError):
        text_of(bytes(size))
