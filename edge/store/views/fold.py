"""From a record to the views: open the body once, hand the event to each view that folds its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.store.connection import Connection, Row
from edge.store.views.view import Entry, Folding, View
from protocol.errors import PeerError
from protocol.office.events import Event, UnknownEvent, from_value
from protocol.office.published import check_published
from protocol.records.encoding import Value
from protocol.records.envelope import Record, open_body
from protocol.records.refusals import NeedsUpgrade

OWN = ("/cases", "/office")
"""How the names of an annexe's own streams end; the others are the prefecture's feeds."""

CHAIN_KINDS = frozenset({"segment.opened", "clock.changed"})
"""Kinds that speak of the log itself: the chain and the trust read them, no view does."""


def entry_of(record: Record) -> Entry:
    """Return what folds see of a record."""
    return Entry(
        hash=record.hash,
        stream=record.stream,
        segment=record.segment,
        seq=record.seq,
        time_ms=record.time.ms,
        subject=record.subject or b"",
    )


async def fold_record(views: Iterable[View], folding: Folding, record: Record, key: bytes | None) -> dict[str, Value]:
    """Open a stored record and fold it; returns its body, or {} when it stays closed.

    A record whose key is not held is left alone. What a later release wrote is told to the views that want to hear; so
    is a record of the prefecture that says what cannot be, which has no other effect.
    """
    folding.lines.follow(record)
    if record.subject is not None and key is None:
        return {}
    entry, is_ours = entry_of(record), record.stream.endswith(OWN)
    try:
        value, event = read_event(record, key)
    except (NeedsUpgrade, UnknownEvent):
        await _unknown(views, folding, entry)
        return {}
    except PeerError as why:
        if is_ours:
            raise
        await _flawed(views, folding, entry, why)
        return {}
    if event is not None:
        if is_ours:
            await fold_event(views, folding, entry, event)
        else:
            await _fold_published(views, folding, entry, event, value)
    return value


async def _fold_published(
    views: Iterable[View], folding: Folding, entry: Entry, event: Event, value: dict[str, Value]
) -> None:
    begun = folding.begin_piece()
    try:
        check_published(value, event)
        await fold_event(views, folding, entry, event)
    except PeerError as why:
        folding.forget_piece(begun)
        await _flawed(views, folding, entry, why)
    folding.end_piece()


def read_event(record: Record, key: bytes | None) -> tuple[dict[str, Value], Event | None]:
    """Open a record; returns its body and the event in it, None for one of the chain's own.

    Raises NeedsUpgrade or UnknownEvent for what a later release wrote.
    """
    value = open_body(record, key)
    return value, None if value.get("kind") in CHAIN_KINDS else from_value(value)


def readable_event(record: Record, key: bytes | None) -> Event | None:
    """The event of a record; None for one of the chain's own, or what a later release wrote."""
    try:
        return read_event(record, key)[1]
    except (NeedsUpgrade, UnknownEvent):
        return None


async def fold_event(views: Iterable[View], folding: Folding, entry: Entry, event: Event) -> None:
    """Fold one event into the views."""
    for view in views:
        fold = view.folds.get(type(event))
        if fold is not None:
            await fold(folding, entry, event)


async def _flawed(views: Iterable[View], folding: Folding, entry: Entry, why: PeerError) -> None:
    for view in views:
        if view.flawed is not None:
            await view.flawed(folding, entry, why)


async def _unknown(views: Iterable[View], folding: Folding, entry: Entry) -> None:
    for view in views:
        if view.unknown is not None:
            await view.unknown(folding, entry)


def fingerprint(views: Iterable[View]) -> bytes:
    """Return the versions of the views as the database remembers them."""
    return ",".join(f"{view.name}={view.version}" for view in views).encode()


def drops(views: Sequence[View]) -> list[str]:
    """Return the statements that drop the views' tables, those that refer to others first."""
    return [f"DROP TABLE IF EXISTS {table}" for view in reversed(views) for table in reversed(view.tables)]


async def dump(connection: Connection, views: Iterable[View]) -> dict[str, list[Row]]:
    """Return every row of every view, in an order of their own, to be compared."""
    tables = [table for view in views for table in view.tables]
    found = {table: await connection.rows(f"SELECT * FROM {table}") for table in tables}  # noqa: S608 - our own names
    return {table: sorted(rows, key=repr) for table, rows in found.items()}
