"""Secrets under a passphrase: what opens them, and what does not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import PeerError
from protocol.records.encoding import decode, encode
from protocol.records.sheet import typed_back
from protocol.records.strongbox import DEMO, SENSITIVE, BoxRefused, Lock, cost_of, open_box, seal
from provisioning.passphrases import ask_twice
from provisioning.roots import open_roots
from tests.vectors.make import path_of

LOCK = Lock("cinq mots tirés aux dés", DEMO)
BOX = seal("roots", b"secret", LOCK, os.urandom)


def test_the_passphrase_opens_however_its_accents_are_spelt() -> None:
    assert open_box("roots", BOX, LOCK.passphrase.replace("é", "e\u0301")) == b"secret"


@pytest.mark.parametrize(("thing", "passphrase"), [("roots", "another"), ("authority", LOCK.passphrase)])
def test_another_passphrase_or_another_thing_opens_nothing(thing: str, passphrase: str) -> None:
    with pytest.raises(BoxRefused):
        open_box(thing, BOX, passphrase)


@given(st.integers(0, len(BOX) - 1), st.integers(1, 255))
def test_a_box_that_was_changed_anywhere_does_not_open(place: int, by: int) -> None:
    changed = BOX[:place] + bytes([BOX[place] ^ by]) + BOX[place + 1 :]
    with pytest.raises(PeerError):
        open_box("roots", changed, LOCK.passphrase)


@pytest.mark.parametrize(("place", "cost"), [(2, 33), (2, 0), (3, 4 * 1024 * 1024 + 1), (3, 0)])
def test_a_box_that_asks_for_all_memory_or_the_whole_day_is_refused_before(place: int, cost: int) -> None:
    fields = decode(BOX)
    assert isinstance(fields, list)
    with pytest.raises(BoxRefused):
        open_box("roots", encode([*fields[:place], cost, *fields[place + 1 :]]), LOCK.passphrase)


def test_only_who_asks_for_it_gets_the_cheap_cost_and_nothing_shows_the_passphrase() -> None:
    assert Lock("x").cost == SENSITIVE
    assert (SENSITIVE.passes, SENSITIVE.memory_kib) == (4, 1024 * 1024)
    assert cost_of(BOX) == DEMO
    assert LOCK.passphrase not in repr(LOCK)
    assert LOCK.passphrase.encode() not in BOX


def test_a_new_passphrase_is_typed_twice_alike(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter(["short", LOCK.passphrase, "a slip of the finger", LOCK.passphrase, LOCK.passphrase])
    assert ask_twice(lambda _question: next(answers)) == LOCK.passphrase
    said = capsys.readouterr().err
    assert "Too short" in said
    assert "not the same" in said


def test_the_vectors_open() -> None:
    vectors = json.loads(Path(path_of("strongbox")).read_text("utf-8"))
    passphrase = vectors["passphrase"]
    assert open_box(vectors["thing"], bytes.fromhex(vectors["box"]), passphrase) == bytes.fromhex(vectors["secret"])
    box = typed_back("\n".join(vectors["sheet"]))
    assert box == bytes.fromhex(vectors["roots"])
    assert open_roots(box, passphrase).credential().encoded() == bytes.fromhex(vectors["root"])
