"""`mulhaqa-edge where`: the same as the search on /admin, beside an appliance that may be serving."""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from edge.custody_typing import terminal
from edge.installation import Installation, open_installation
from edge.services.whereabouts import Whereabouts, whereabouts
from edge.store.connection import open_sqlite
from edge.store.keyring import Keyring
from edge.store.reader import Reader
from edge.store.reading import Snapshot
from edge.store.schema import DATABASE
from edge.store.whereabouts import Stand

WHERE = "Tell where the records of a request are (annexe, mirror, second medium, prefecture), and since when."


def where_options(sub: argparse.ArgumentParser) -> None:
    """The options of `where`."""
    sub.add_argument("reference", help="the reference on the receipt, as in B05-7K3MQ-2X9RT")
    sub.add_argument("--json", action="store_true", help="one JSON object a record")
    sub.set_defaults(run=_where)


async def _where(chosen: argparse.Namespace) -> int:
    async with _reading(open_installation(chosen.data, terminal())) as reader:
        found = await whereabouts(reader, chosen.reference)
    for line in as_json(found) if chosen.json else as_text(found):
        print(line)
    return 0


@asynccontextmanager
async def _reading(installation: Installation) -> AsyncIterator[Reader]:
    """One look at the store, through a connection that only reads: the service has the writer's lock."""
    connection = await open_sqlite(installation.folder / DATABASE, False)
    try:
        yield Reader(Snapshot(connection), Keyring(installation.vault), installation.vault)
    finally:
        await connection.close()


def as_text(found: Whereabouts) -> list[str]:
    """A line a record, under the reference."""
    lines = [found.reference]
    for one in found.records:
        stands = "; ".join(_said(stand) for stand in one.stands)
        place = f"{one.stream} {one.segment.hex()}:{one.seq}"
        lines.append(f"  {one.kind or 'sealed':24} {place}: annexe since {_moment(one.written_ms)}; {stands}")
    return lines


def _said(stand: Stand) -> str:
    if stand.why is not None:
        return f"{stand.place} refused it ({stand.why})"
    if not stand.held:
        return f"{stand.place} not yet"
    return f"{stand.place} since {_moment(stand.since_ms)}" if stand.since_ms else f"{stand.place} holds it"


def as_json(found: Whereabouts) -> list[str]:
    """A JSON object a record; instants are ms since the epoch."""
    return [
        json.dumps(
            {
                "reference": found.reference,
                "kind": one.kind,
                "stream": one.stream,
                "segment": one.segment.hex(),
                "seq": one.seq,
                "annexe": {"held": True, "since_ms": one.written_ms},
                **{
                    stand.place: {"held": stand.held, "since_ms": stand.since_ms, "why": stand.why}
                    for stand in one.stands
                },
            }
        )
        for one in found.records
    ]


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
