"""What the service writes down of what strangers send: one line of JSON, and none of their bytes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest

from edge.journal import Lines


class Writes(BytesIO):
    """A stream that keeps each write by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> int:
        self.writes.append(bytes(data))
        return len(data)


SERVE_AND_SEND = """
import asyncio, logging
from aiohttp import web
from {room} import journal

async def main():
    journal.configure()
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    for sent in {sent!r}:
        reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
        writer.write(sent)
        await reader.read()
    await runner.cleanup()
    logging.getLogger("edge.sync").warning("a peer said: %s", "one\\nINFO two")

asyncio.run(main())
"""

NO_HTTP = [
    b"GET /kiosk?cnie=FA123456 HTTP/9x\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nFA123456 Salma\r\n\r\n",
    b"GET /\xff\xfeFA123456 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"FA123456" * 2000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("room", ["edge", "central"])
def test_what_is_no_http_leaves_a_line_without_its_bytes(room: str) -> None:
    script = SERVE_AND_SEND.format(room=room, sent=NO_HTTP)
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stderr
    lines = [json.loads(line) for line in said.splitlines()]
    assert len(lines) == len(NO_HTTP) + 1
    assert [line["logger"] for line in lines[:-1]] == ["aiohttp.server"] * len(NO_HTTP)
    assert "FA123456" not in said
    assert "Salma" not in said


async def test_lines_of_one_turn_are_written_together_and_in_order() -> None:
    stream = Writes()
    lines = Lines(stream)
    lines.info(b"one")
    lines.info(b"two")
    assert stream.writes == []
    await asyncio.sleep(0)
    assert stream.writes == [b"one\ntwo\n"]


async def test_what_went_wrong_is_written_at_once_after_what_was_said_before() -> None:
    stream = Writes()
    lines = Lines(stream)
    lines.info(b"before")
    lines.error(b"wrong")
    assert stream.writes == [b"before\nwrong\n"]
    await asyncio.sleep(0)
    assert stream.writes == [b"before\nwrong\n"]


def test_without_a_loop_nothing_waits() -> None:
    stream = Writes()
    Lines(stream).info(b"starting")
    assert stream.writes == [b"starting\n"]


async def test_what_waits_is_written_when_the_process_ends() -> None:
    stream = Writes()
    lines = Lines(stream)
    lines.info(b"last")
    lines.write()
    assert stream.writes == [b"last\n"]
