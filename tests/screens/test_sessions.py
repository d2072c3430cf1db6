from __future__ import annotations

import itertools

import pytest

from screens.sessions import MOST_SESSIONS, Sessions


class Clock:
    ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    counter = itertools.count(1)
    return Sessions(clock, lambda size: next(counter).to_bytes(size, "big"))


def test_a_session_is_found_by_its_id_in_its_own_area_alone(sessions: Sessions) -> None:
    session = sessions.open("kiosk", 90_000)
    assert sessions.find(session.id, "kiosk") is session
    assert sessions.find(session.id, "counter") is None
    assert sessions.find("", "kiosk") is None


def test_ids_and_tokens_have_32_bytes_of_their_own(sessions: Sessions) -> None:
    session = sessions.open("kiosk", 90_000)
    assert len(bytes.fromhex(session.id)) == len(bytes.fromhex(session.csrf)) == 32
    assert session.id != session.csrf


def test_signing_in_gives_a_new_id_and_token_and_forgets_the_visitors_drafts(sessions: Sessions) -> None:
    session = sessions.open("kiosk", 90_000)
    session.data["draft"] = "someone else's"
    before = (session.id, session.csrf)
    sessions.sign_in(session, "a citizen")
    assert before[0] != session.id
    assert before[1] != session.csrf
    assert sessions.find(before[0], "kiosk") is None
    assert sessions.find(session.id, "kiosk") is session
    assert session.data == {}


def test_a_session_that_idled_is_gone_with_its_person_and_drafts(sessions: Sessions, clock: Clock) -> None:
    session = sessions.open("kiosk", 90_000)
    sessions.sign_in(session, "a citizen")
    session.data["draft"] = {"cnie": "typed"}
    clock.ms += 89_999
    assert sessions.alive(session)
    clock.ms += 1
    assert not sessions.alive(session)
    assert (session.principal, session.data, len(sessions)) == (None, {}, 0)


def test_a_touch_extends_it(sessions: Sessions, clock: Clock) -> None:
    session = sessions.open("kiosk", 90_000)
    clock.ms += 80_000
    sessions.touch(session)
    clock.ms += 80_000
    assert sessions.alive(session)


def test_sweeping_ends_what_idled_and_nothing_else(sessions: Sessions, clock: Clock) -> None:
    sessions.open("kiosk", 90_000)
    staying = sessions.open("counter", 900_000)
    clock.ms += 100_000
    assert sessions.sweep() == 1
    assert sessions.alive(staying)


def test_a_flood_from_a_strange_device_puts_out_nobody_at_a_known_one(sessions: Sessions) -> None:
    visitor = sessions.open("kiosk", 90_000, "a kiosk")
    stranger = sessions.open("pair", 90_000)
    for _ in range(MOST_SESSIONS):
        sessions.open("pair", 90_000)
    assert sessions.alive(visitor)
    assert not sessions.alive(stranger)


def test_a_session_is_found_on_its_own_device_alone_and_ends_with_it(sessions: Sessions) -> None:
    here, elsewhere = (sessions.open("counter", 900_000, device) for device in ("one", "two"))
    assert sessions.find(here.id, "counter", "one") is here
    assert sessions.find(here.id, "counter", "two") is None
    assert sessions.find(here.id, "counter") is None
    sessions.close_on("one")
    assert not sessions.alive(here)
    assert sessions.alive(elsewhere)


def test_a_flood_of_visitors_puts_out_visitors_before_signed_in_people(sessions: Sessions) -> None:
    person = sessions.open("counter", 900_000)
    sessions.sign_in(person, "a clerk")
    first = sessions.open("kiosk", 90_000)
    for _ in range(MOST_SESSIONS):
        sessions.open("kiosk", 90_000)
    assert len(sessions) == MOST_SESSIONS
    assert not sessions.alive(first)
    assert sessions.alive(person)
