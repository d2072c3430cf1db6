"""`log.append.*`: submissions per second through the store, against bare one-row commits on the same disk.

A submission is the real event, decided inside the single writer: its key drawn and wrapped, its record compressed,
sealed, signed and chained, case, reference and both lists' indexes folded, the command's answer remembered; then the
commit. The floor inserts one row of a record's size, and commits, with the same pragmas.

`slow` puts a disk whose fsync takes 10 ms (a card of the cheaper kind) under the store's port, and under the floor.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from bench.disk import Disk, Floor
from bench.figure import Aim, Effort, Figure, Round, figure
from bench.place import Place, now_ms
from edge.store.store import Identity, Store, Transaction
from edge.store.vault import Vault
from protocol.office import references
from protocol.office.calendar import due_date
from protocol.office.events import Actor, Applicant, RequestSubmitted
from protocol.office.synthetic import Person
from protocol.records.encoding import Value
from protocol.records.keys import SigningKey

ANNEXE = "berkane-05"
SLOW_S = 0.010
"""Seconds of an fsync on a slow disk."""

READY = 40_000
"""Requests that are made up before the clock runs, as the floor's row is no work either."""

WARM = 8
"""What part of a round goes before the first, uncounted."""


def append_32(place: Place, effort: Effort) -> Figure:
    """32 screens that submit at once."""
    return _figure("log.append.32", place, effort, writers=32, aim=Aim(">=", 1.0))


def append_1(place: Place, effort: Effort) -> Figure:
    """One screen alone: each commit has one submission."""
    return _figure("log.append.1", place, effort, writers=1, aim=None)


def append_32_slow(place: Place, effort: Effort) -> Figure:
    """32 screens on a slow disk: what group commit is for."""
    return _figure("log.append.32.slow", place, effort, writers=32, aim=Aim(">=", 10.0), fsync_s=SLOW_S)


def _figure(name: str, place: Place, effort: Effort, *, writers: int, aim: Aim | None, fsync_s: float = 0.0) -> Figure:
    folder = place.folder / name
    folder.mkdir()
    rounds = asyncio.run(_rounds(folder, place.people, effort, writers, fsync_s))
    return figure(name, "submissions/s", rounds, aim)


async def _rounds(folder: Path, people: Sequence[Person], effort: Effort, writers: int, fsync_s: float) -> list[Round]:
    disk, floor = Disk(fsync_s), Floor(folder / "floor.db", fsync_s)
    store = await _store(folder, disk)
    try:
        made_up = submissions(people)
        asked = chain(list(islice(made_up, READY)), made_up)
        await _many(store, asked, writers, effort.seconds / WARM)
        return [await _turn(store, floor, asked, writers, effort.seconds) for _ in range(effort.rounds)]
    finally:
        await store.close()
        floor.close()


async def _turn(store: Store, floor: Floor, asked: Iterator[RequestSubmitted], writers: int, seconds: float) -> Round:
    before = floor.rate(seconds / 2)
    value = await _many(store, asked, writers, seconds)
    return Round(value, (before + floor.rate(seconds / 2)) / 2)


async def _many(store: Store, asked: Iterator[RequestSubmitted], writers: int, seconds: float) -> float:
    """Return how many submissions a second were confirmed to `writers` that each wait for their own."""
    began = time.perf_counter()

    async def writer() -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            await _submit(store, next(asked))
            count += 1
        return count

    counts = await asyncio.gather(*(writer() for _ in range(writers)))
    return sum(counts) / (time.perf_counter() - began)


async def _submit(store: Store, event: RequestSubmitted) -> None:
    async def decide(tx: Transaction) -> Value:
        case = await tx.new_key()
        await tx.append("cases", event, key_of=case)
        return {"case": case, "due": event.due, "reference": event.reference}

    await store.execute(os.urandom(16), decide)


async def _store(folder: Path, disk: Disk) -> Store:
    return await Store.open(
        folder,
        identity=Identity(ANNEXE, SigningKey(os.urandom(32))),
        vault=Vault.create(folder, os.urandom),
        now=now_ms,
        entropy=os.urandom,
        software="bench",
        fingerprint="bench",
        connect=disk.connect,
    )


def submissions(people: Sequence[Person]) -> Iterator[RequestSubmitted]:
    """Yield requests of these people without end, each with a reference of its own."""
    chance = random.Random(len(people))  # noqa: S311 - references of people who do not exist
    due = due_date(now_ms(), 60).isoformat()
    while True:
        for number, one in enumerate(people):
            yield RequestSubmitted(
                follows=[],
                account=number.to_bytes(16, "big"),
                reference=references.draw("B05", chance.randbytes),
                procedure="residence-autorite-locale",
                procedure_version=1,
                answers={"occupation": "locataire", "depuis": "2021-09", "motif": "scolarite"},
                applicant=Applicant(one.cnie, one.name_fr, one.name_ar, one.phone, one.birth_date, one.address),
                language="ar",
                due=due,
                by=Actor(role="citizen", id=f"{number:032x}", name=one.name_fr, name_ar=one.name_ar),
            )
