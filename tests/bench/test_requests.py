"""The requests that sync is measured on: made up, or read from a file, and a relay that counts what passes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bench.relay import relay
from bench.requests import made_up, workload
from launcher.progress import Refusal
from launcher.stage import HOST


def test_made_up_requests_are_the_same_each_time_and_of_different_people() -> None:
    assert workload(None, 50).lines == workload(None, 50).lines
    assert workload(None, 50).lines == workload(None, 60).lines[:50]
    assert len(workload(None, 50).citizens()) == 50


def test_requests_are_read_from_a_file_as_many_as_are_wanted(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in made_up(9)), "utf-8")
    assert workload(file, 4).documents == workload(None, 4).documents
    assert len(workload(file, 100).documents) == 9


@pytest.mark.parametrize("text", ["", "{}\n", "no JSON\n", '{"id": 1}\n'])
def test_a_file_that_holds_no_requests_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "requests.jsonl"
    file.write_text(text)
    with pytest.raises(Refusal):
        workload(file, 10)
    with pytest.raises(Refusal):
        workload(tmp_path / "missing", 10)


async def test_a_relay_counts_what_passes_once_it_is_open() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write((await reader.readexactly(3)) * 2)
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(answer, HOST, 0)
    async with server, relay(server.sockets[0].getsockname()[1]) as way:
        reader, writer = await asyncio.open_connection(HOST, way.port)
        writer.write(b"abc")
        await way.called()
        assert way.passed.total == 0
        way.open()
        assert await reader.readexactly(6) == b"abcabc"
        writer.write(b"def")
        assert await reader.readexactly(6) == b"defdef"
        passed = way.passed
        assert (passed.up, passed.down, passed.turns) == (6, 12, 2)
        await way.close()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        await gone.wait()
