"""Batches that arrived together are one commit and one answer, and one that is refused takes no other with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from central.connections import Connections
from protocol.records.keys import OpeningKey, SigningKey
from protocol.sync.batches import Stored, write_batch
from protocol.sync.checkpoint import MAX_HOLES
from protocol.sync.frames import unpack
from protocol.sync.session import Session
from tests.central.support import PREFECTURE, centre_in
from tests.protocol.sync.support import End, Taker, Writer, seed

ANNEXE = "berkane-05"
CASES = f"{ANNEXE}/cases"


class Pipe:
    """A socket whose frames are all there already; what the prefecture answers is kept."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def send_frame(self, frame: bytes) -> None:
        self.answers.put_nowait(frame)

    async def receive_frame(self) -> bytes | None:
        return await self.coming.get()

    async def close(self) -> None:
        self.coming.put_nowait(None)


def written(count: int) -> list[Stored]:
    log = Writer(SigningKey(seed(ANNEXE)))
    for number in range(count):
        log.append(CASES, {"kind": "clock.changed", "label": "trusted", "ms": number})
    return log.streams[CASES]


async def conversation(centre: Any, *batches: list[Stored]) -> list[Any]:
    """An annexe that sends these batches at once; returns the prefecture's answers to them, by their tag."""
    edge = Session("edge", PREFECTURE.identity("annexe", ANNEXE), PREFECTURE.trust(), seed("nonce"))
    end = End(edge, Writer(SigningKey(seed(ANNEXE))), taker(), lambda: seed("entropy"))
    connections, pipe = Connections(centre), Pipe()
    session = await connections.session_for(ANNEXE)
    session.receive(edge.hello, centre.now())
    serving = asyncio.create_task(connections.serve(session, pipe))
    end.feed(await pipe.answers.get())  # the welcome
    for frame in edge.outgoing():
        pipe.coming.put_nowait(frame)
    for number, batch in enumerate(batches, start=1):
        pipe.coming.put_nowait(write_batch(number, CASES, batch, []))
    pipe.coming.put_nowait(None)
    await serving
    await connections.close()
    return [unpack(pipe.answers.get_nowait()) for _ in range(pipe.answers.qsize())]


def taker() -> Taker:
    return Taker(ANNEXE, OpeningKey(seed(f"{ANNEXE}/x")), PREFECTURE.trust(), ("all", f"to/{ANNEXE}"))


async def held(centre: Any) -> int:
    (state,) = await centre.queries.annexes()
    return int(state.records)


async def test_what_arrived_together_is_committed_and_answered_once(tmp_path: Path) -> None:
    records = written(9)
    async with centre_in(tmp_path / "centre") as centre:
        answers = await conversation(centre, records[:3], records[3:6], records[6:])
        assert await held(centre) == len(records)
    through = [fields[1] for tag, fields in answers if tag == "checkpoint"]
    assert through[0] == 0
    assert through[-1] == 3
    assert len(through) < 4


async def test_a_batch_that_is_refused_takes_none_of_those_before_it_along(tmp_path: Path) -> None:
    records = written(MAX_HOLES + 10)
    async with centre_in(tmp_path / "centre") as centre:
        answers = await conversation(centre, records[:3], records[-1:])
        assert await held(centre) == 3
    assert [tag for tag, _ in answers][-1] == "failed"
    assert ("checkpoint", 1) in [(tag, fields[1]) for tag, fields in answers if tag == "checkpoint"]


async def test_what_arrived_before_the_line_broke_is_committed_all_the_same(tmp_path: Path) -> None:
    records = written(40)
    async with centre_in(tmp_path / "centre") as centre:
        await conversation(centre, *[[one] for one in records])
        assert await held(centre) == len(records)
