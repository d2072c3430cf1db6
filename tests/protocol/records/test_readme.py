"""The specification names what the code holds: every kind, verdict and bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import PeerError
from protocol.records import blobs, chain, clock, credentials, encoding, envelope, refusals
from protocol.records.chain import Verdict

README = (Path(__file__).parents[3] / "protocol" / "README.md").read_text("utf-8")

LIMITS = {
    "MAX_VALUE": encoding.MAX_VALUE,
    "MAX_DEPTH": encoding.MAX_DEPTH,
    "MAX_RECORD": envelope.MAX_RECORD,
    "MAX_EVENT": envelope.MAX_EVENT,
    "MAX_CREDENTIAL": credentials.MAX_CREDENTIAL,
    "MAX_BLOB": blobs.MAX_BLOB,
    "CHUNK": blobs.CHUNK,
    "MAX_MS": clock.MAX_MS,
    "MAX_COUNTER": clock.MAX_COUNTER,
}


def kinds_of_refusal() -> set[str]:
    found = [*vars(refusals).values(), *vars(chain).values()]
    return {one.kind for one in found if isinstance(one, type) and issubclass(one, PeerError) and one is not PeerError}


def test_the_kinds_of_refusal_are_named() -> None:
    kinds = kinds_of_refusal()
    assert len(kinds) > 10
    assert {kind for kind in kinds if f"`{kind}`" not in README} == set()


def test_the_unsealed_kinds_verdicts_labels_and_kinds_of_credential_are_named() -> None:
    names = {*envelope.UNSEALED_KINDS, *(verdict.value for verdict in Verdict), *clock.LABELS, *credentials.KINDS}
    assert {name for name in names if f"`{name}`" not in README} == set()


@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_stand_with_their_values(name: str) -> None:
    assert f"`{name}` = {LIMITS[name]}" in README


def test_seq_and_milliseconds_have_the_one_bound_that_is_stated() -> None:
    assert envelope.MAX_SEQ == clock.MAX_MS
    assert f"gone back by more than {clock.SLIGHT_STEP_MS} ms" in README.replace("\n", " ")
