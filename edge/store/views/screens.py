"""The view of the paired screens: sealed under the office's key, found by the screen's id.

`screen_records` names the few records that a row is folded from; each event folds them all, in the one order of
records. The pairing stands, of the names the last, and whoever was removed on either half of a log that parted stays
removed: a lost device must not come back because two halves met.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from edge.store.rows import ScreenView
from edge.store.views.few_records import all_about
from edge.store.views.fold import readable_event
from edge.store.views.view import Entry, Folding, View, open_cell, place, seal_cell
from protocol.office.events import Event, ScreenEvent, ScreenPaired, ScreenRemoved, ScreenRenamed
from protocol.records.envelope import Record

SCHEMA = """
CREATE TABLE screens (
    screen BLOB PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL,
    details BLOB NOT NULL
) STRICT;
CREATE TABLE screen_records (
    screen BLOB NOT NULL,
    stream TEXT NOT NULL,
    segment BLOB NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (screen, stream, segment, seq)
) STRICT, WITHOUT ROWID;
"""

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(ScreenView).decode


def open_screen(key: bytes, screen: bytes, sealed: bytes) -> ScreenView:
    """Open a screen's row."""
    return _decode(open_cell(key, place("screens", "details", screen), sealed))


async def _folded(folding: Folding, entry: Entry, event: ScreenEvent) -> None:
    subject, seen = b"", None
    removed = False
    for record in await all_about(folding, entry, "screen_records", "screen", event.screen):
        happened = readable_event(record, await folding.key(record.subject or b""))
        removed = removed or isinstance(happened, ScreenRemoved)
        after = _changed(seen, happened, record)
        if seen is None and after is not None:
            subject = record.subject or b""
        seen = after
    if seen is None:
        return
    sealed = _encode(replace(seen, removed=removed))
    folding.write(
        "INSERT OR REPLACE INTO screens (screen, subject, details) VALUES (?, ?, ?)",
        (
            event.screen,
            subject,
            seal_cell(await folding.key(subject), place("screens", "details", event.screen), sealed),
        ),
    )


def _changed(screen: ScreenView | None, event: Event | None, record: Record) -> ScreenView | None:
    """A screen after one more event; None as long as nothing has paired it."""
    if screen is None:
        return _paired(event, record) if isinstance(event, ScreenPaired) else None
    return replace(screen, name=event.name) if isinstance(event, ScreenRenamed) else screen


def _paired(event: ScreenPaired, record: Record) -> ScreenView:
    return ScreenView(
        screen=event.screen,
        kind=event.screen_kind,
        name=event.name,
        token_hash=event.token_hash,
        by=event.by,
        paired_ms=record.time.ms,
    )


SCREENS = View(
    name="screens",
    version=1,
    schema=SCHEMA,
    tables=("screens", "screen_records"),
    folds=dict.fromkeys(ScreenEvent.__args__, _folded),
)
