"""What ingest has opened is given to folding once, and only for the bytes that were taken in."""

from __future__ import annotations

from central.store.fresh import Fresh


def test_an_event_is_given_out_once() -> None:
    fresh = Fresh()
    fresh.keep(b"hash", b"record", b"event")
    assert fresh.take(b"hash", b"record") == b"event"
    assert fresh.take(b"hash", b"record") is None


def test_a_row_that_holds_other_bytes_by_now_is_read_anew() -> None:
    fresh = Fresh()
    fresh.keep(b"hash", b"record", b"event")
    assert fresh.take(b"hash", b"damaged") is None


def test_what_has_no_room_is_left_to_the_disk_and_room_comes_back() -> None:
    fresh = Fresh(room=2)
    for name in (b"1", b"2", b"3"):
        fresh.keep(name, name, name)
    assert [fresh.take(name, name) for name in (b"1", b"2", b"3")] == [b"1", b"2", None]
    fresh.keep(b"3", b"3", b"3")
    assert fresh.take(b"3", b"3") == b"3"
