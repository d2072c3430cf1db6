"""What a checkpoint says, and when it is believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.chain import Head
from protocol.records.keys import SigningKey
from protocol.sync.checkpoint import (
    WHY_KEY,
    WHY_SIGNER,
    Held,
    Hole,
    Judgement,
    Known,
    judge,
    mends,
    parse_checkpoint,
    verify_checkpoint,
    write_checkpoint,
)
from protocol.sync.refusals import CheckpointRefused, FrameRefused
from tests.protocol.sync.support import seed

CENTRE = SigningKey(seed("prefecture"))
S1, S2 = b"segment1", b"segment2"
OLD, NEW = b"o" * 32, b"n" * 32


def hole(
    seq: int, segment: bytes = S1, came: bytes | None = None, expected: bytes | None = None, why: str = "bytes"
) -> Any:
    return Hole(segment, seq, expected, came, why)


def made(counter: int = 7, echo: bytes | None = NEW, held: tuple[Held, ...] = ()) -> Any:
    return write_checkpoint(CENTRE, acker="prefecture", audience="berkane-05", counter=counter, echo=echo, held=held)


hashes = st.binary(min_size=32, max_size=32)
segments = st.binary(min_size=8, max_size=8)
seqs = st.integers(0, 1 << 50)
helds = st.builds(
    Held,
    st.sampled_from(["berkane-05/cases", "berkane-05/office", "all"]),
    st.lists(st.builds(Head, segments, seqs, hashes), max_size=3).map(tuple),
    st.lists(st.builds(Hole, segments, seqs, st.none() | hashes, st.none() | hashes, st.just("bytes")), max_size=3).map(
        tuple
    ),
)


@given(st.integers(0, 1 << 40), st.none() | hashes, st.lists(helds, max_size=3).map(tuple))
def test_what_was_written_is_read_back(counter: Any, echo: Any, held: Any) -> None:
    checkpoint = made(counter, echo, held)
    assert parse_checkpoint(checkpoint.encoded()) == checkpoint
    verify_checkpoint(checkpoint, CENTRE.public, acker="prefecture", audience="berkane-05")


def test_any_bit_flipped_is_refused() -> None:
    data = made(held=(Held("berkane-05/cases", (Head(S1, 4, OLD),), (hole(2),)),)).encoded()
    for at in range(len(data)):
        for bit in (1, 128):
            forged = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            with pytest.raises(PeerError):
                verify_checkpoint(parse_checkpoint(forged), CENTRE.public, acker="prefecture", audience="berkane-05")


def test_a_checkpoint_for_somebody_else_is_refused() -> None:
    for acker, audience in (("prefecture", "berkane-06"), ("oujda", "berkane-05")):
        with pytest.raises(CheckpointRefused):
            verify_checkpoint(made(), CENTRE.public, acker=acker, audience=audience)


def test_more_holes_than_a_checkpoint_may_name_are_refused() -> None:
    held = Held("berkane-05/cases", (), tuple(hole(seq) for seq in range(257)))
    with pytest.raises(FrameRefused):
        parse_checkpoint(made(held=(held,)).encoded())


@pytest.mark.parametrize(
    ("known", "counter", "echo", "expected"),
    [
        (None, 1, NEW, Judgement.NEWER),
        (None, 1, OLD, Judgement.STALE),
        (Known(5, OLD), 6, OLD, Judgement.NEWER),
        (Known(5, OLD), 6, NEW, Judgement.NEWER),
        (Known(5, OLD), 5, NEW, Judgement.NEWER),
        (Known(5, OLD), 4, OLD, Judgement.STALE),
        (Known(5, OLD), 5, OLD, Judgement.STALE),
        (Known(5, OLD), 4, NEW, Judgement.RESTORED),
        (Known(5, NEW), 4, NEW, Judgement.STALE),
        (Known(5, NEW), 6, NEW, Judgement.NEWER),
    ],
)
def test_an_old_frame_is_told_from_a_lost_memory(known: Any, counter: Any, echo: Any, expected: Any) -> None:
    assert judge(known, made(counter, echo), NEW) is expected


def test_refused_records_right_after_a_head_are_not_asked_for_again_and_again() -> None:
    held = Held("berkane-05/cases", (Head(S1, 4, OLD),), (hole(2), hole(5, came=NEW), hole(6), hole(0, S2), hole(9)))
    assert held.positions() == {S1: 6, S2: 0}
    assert Head(S1, 6, bytes(32)) in held.heads()


def test_a_hole_is_worth_another_try_only_with_bytes_that_may_mend_it() -> None:
    assert mends(hole(2, expected=OLD, came=NEW), OLD)
    assert not mends(hole(2, expected=OLD, came=NEW), NEW)
    assert not mends(hole(2, came=NEW), NEW)
    assert mends(hole(2, came=NEW), OLD)
    assert mends(hole(2, expected=OLD, came=OLD, why=WHY_KEY), OLD)
    assert mends(hole(2, expected=OLD, came=OLD, why=WHY_SIGNER), OLD)
    assert not mends(hole(2, expected=OLD, came=OLD, why="body"), OLD)
