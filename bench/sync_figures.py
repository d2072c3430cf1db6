"""`sync.*`: what the way from an annexe to its prefecture carries, and what it costs (`bench.exchange`)."""

from __future__ import annotations

from collections.abc import Callable

from bench.exchange import Exchange, exchanges
from bench.figure import Aim, Effort, Figure, Round, figure
from bench.place import Place


def records(place: Place, effort: Effort) -> Figure:
    """Submissions a second until the last signed checkpoint, against bare verification on one core."""
    found = _rounds(place, effort, lambda one: Round(one.records, one.verified))
    return figure("sync.records", "records/s", found, Aim(">=", 0.5))


def folded(place: Place, effort: Effort) -> Figure:
    """Submissions a second until the prefecture's views show the last of them."""
    found = _rounds(place, effort, lambda one: Round(one.folded, one.verified))
    return figure("sync.folded", "records/s", found, Aim(">=", 0.25))


def wire(place: Place, effort: Effort) -> Figure:
    """Bytes a record in both directions, everything included, against a batch compressed whole with what signature,
    sealing and key must add."""
    found = _rounds(place, effort, lambda one: Round(one.wire, one.bare))
    return figure("sync.bytes", "bytes/record", found, Aim("<=", 1.3))


def noop(place: Place, effort: Effort) -> Figure:
    """Bytes until both ends know that there is nothing new, from a closed link, against a bare WebSocket."""
    found = _rounds(place, effort, lambda one: Round(one.noop.total, one.bare_link.total))
    return figure("sync.noop", "bytes", found, Aim("<=", 2000, of="value"))


def noop_turns(place: Place, effort: Effort) -> Figure:
    """Round trips of the same, after TCP and TLS."""
    found = _rounds(place, effort, lambda one: Round(one.noop.turns, one.bare_link.turns))
    return figure("sync.noop.turns", "round trips", found, Aim("<=", 2, of="value"))


def one_record(place: Place, effort: Effort) -> Figure:
    """Bytes until one new request is confirmed, from a closed link, against nothing new."""
    found = _rounds(place, effort, lambda one: Round(one.one.total, one.noop.total))
    return figure("sync.one", "bytes", found, Aim("<=", 2500, of="value"))


def _rounds(place: Place, effort: Effort, read: Callable[[Exchange], Round]) -> list[Round]:
    return [read(one) for one in place.once(exchanges, effort)]
