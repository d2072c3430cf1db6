"""Compression of single events, and the training of its dictionary."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import CallerError, PeerError
from protocol.records.compression import compress, decompress
from protocol.records.dictionaries import DICTIONARIES, NEWEST
from protocol.records.encoding import encode
from protocol.records.refusals import TooLarge
from protocol.records.training import DICTIONARY_SIZE, FEWEST_SAMPLES, dictionary_module, train


def made_up(seed: int, count: int) -> list[bytes]:
    """Events that share their shape and little else."""
    drawn = random.Random(seed)
    return [
        encode(
            {
                "kind": drawn.choice(["request.submitted", "dossier.completed"]),
                "reference": f"B05-{drawn.randrange(10**9):09}",
                "procedure": drawn.choice(["residence-autorite-locale", "attestation-fiances"]),
                "follows": [drawn.randbytes(32)],
                "by": {"role": "clerk", "id": "guichet1", "name": "", "name_ar": ""},
            }
        )
        for _ in range(count)
    ]


@given(st.binary(min_size=1, max_size=2000))
@example(bytes(50_000))
def test_what_is_compressed_decompresses(plain: bytes) -> None:
    assert decompress(compress(plain), max_size=len(plain)) == plain


@given(st.binary(min_size=1, max_size=2000))
def test_not_one_byte_more_than_allowed_is_decompressed(plain: bytes) -> None:
    with pytest.raises(TooLarge):
        decompress(compress(plain), max_size=len(plain) - 1)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_decompress_within_bounds_or_are_refused(data: bytes, magic: bool) -> None:
    whole = bytes([NEWEST]) + (b"\x28\xb5\x2f\xfd" if magic else b"") + data
    try:
        assert len(decompress(whole, max_size=1000)) <= 1000
    except PeerError:
        return


def test_a_small_event_is_compressed_by_the_dictionary() -> None:
    event = encode(
        {
            "kind": "certificate.ready",
            "follows": [bytes(range(32))],
            "printed": True,
            "stamped": True,
            "by": {"role": "clerk", "id": "guichet1", "name": "", "name_ar": ""},
        }
    )
    assert len(compress(event)) - 32 < (len(event) - 32) / 2


def test_the_same_samples_train_the_same_dictionary() -> None:
    samples = made_up(1, 2000)
    trained = train(samples)
    assert trained == train(samples)
    assert len(trained) in range(1, DICTIONARY_SIZE + 1)


def test_a_dictionary_is_rendered_as_a_module_that_holds_it() -> None:
    source = dictionary_module(7, DICTIONARIES[1])
    names: dict[str, object] = {}
    exec(compile(source, "v7.py", "exec"), names)  # noqa: S102 - it is the generated module itself
    assert names["DICTIONARY"] == DICTIONARIES[1]
    assert max(map(len, source.splitlines())) <= 120
    assert source.endswith(")\n")


def test_too_few_samples_train_nothing() -> None:
    with pytest.raises(CallerError):
        train(made_up(1, FEWEST_SAMPLES - 1))
    with pytest.raises(CallerError):
        train([b""] * FEWEST_SAMPLES)


def test_the_newest_dictionary_is_among_those_that_are_kept() -> None:
    assert max(DICTIONARIES) == NEWEST
    assert all(number in range(1, 256) for number in DICTIONARIES)
