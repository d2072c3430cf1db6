"""Signatures verified by a process beside the server: the same verdicts, whatever happens to that process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO

import msgspec
import pytest

from central.verifier import Claim, answer, serve
from central.verifying import FEW, Verifier, command, verify_here
from protocol.records.keys import SigningKey

SIGNING = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))


def claims(count: int, false: Sequence[int] = ()) -> list[Claim]:
    """So many messages, those at the places `false` signed by somebody else."""
    signers = [OTHER if place in false else SIGNING for place in range(count)]
    messages = [f"message {place}".encode() for place in range(count)]
    return [
        (SIGNING.public, message, signer.sign("record", message))
        for signer, message in zip(signers, messages, strict=True)
    ]


def verdicts(count: int, false: Sequence[int] = ()) -> list[bool]:
    return [place not in false for place in range(count)]


@asynccontextmanager
async def verifying(started_by: Sequence[str] | None = None) -> AsyncIterator[Verifier]:
    verifier = Verifier(started_by if started_by is not None else command())
    try:
        yield verifier
    finally:
        await verifier.close()
    assert verifier.pid is None


async def test_each_question_gets_its_own_answer_however_many_are_asked_at_once() -> None:
    async with verifying() as verifier:
        false = [(), (0,), (3, 19), (FEW,), tuple(range(300))]
        asked = [verifier.verify(claims(300 + number, one)) for number, one in enumerate(false)]
        for number, found in enumerate(await asyncio.gather(*asked)):
            assert found == verdicts(300 + number, false[number])


async def test_a_signature_for_another_purpose_and_a_key_that_is_none_are_not_signed() -> None:
    message = b"message"
    odd = [(SIGNING.public, message, SIGNING.sign("checkpoint", message)), (b"no key", message, b"no signature")]
    async with verifying() as verifier:
        assert await verifier.verify([*claims(FEW), *odd]) == [*verdicts(FEW), False, False]


async def test_a_few_are_verified_without_a_process() -> None:
    async with verifying() as verifier:
        assert await verifier.verify(claims(FEW - 1, (2,))) == verdicts(FEW - 1, (2,))
        assert verifier.pid is None


async def test_the_process_is_there_before_it_is_asked() -> None:
    async with verifying() as verifier:
        await verifier.start()
        started = verifier.pid
        assert started is not None
        assert await verifier.verify(claims(FEW, (3,))) == verdicts(FEW, (3,))
        assert verifier.pid == started


async def test_a_process_that_cannot_be_started_keeps_no_server_from_starting() -> None:
    async with verifying(("/nowhere/at/all",)) as verifier:
        await verifier.start()
        assert await verifier.verify(claims(FEW)) == verdicts(FEW)


@pytest.mark.parametrize("program", [("/bin/false",), ("/nowhere/at/all",), (sys.executable, "-c", "print('?')")])
async def test_where_the_process_fails_the_work_is_done_here(program: Sequence[str]) -> None:
    async with verifying(program) as verifier:
        found = await asyncio.gather(*(verifier.verify(claims(200, (place,))) for place in range(4)))
        assert found == [verdicts(200, (place,)) for place in range(4)]


async def test_a_process_that_was_killed_is_replaced() -> None:
    async with verifying() as verifier:
        assert await verifier.verify(claims(FEW)) == verdicts(FEW)
        first = verifier.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        while verifier.pid in (None, first):
            assert await verifier.verify(claims(FEW, (1,))) == verdicts(FEW, (1,))


async def test_who_asks_and_leaves_takes_no_other_answer_with_him() -> None:
    async with verifying() as verifier:
        gone = asyncio.create_task(verifier.verify(claims(2000)))
        stays = asyncio.create_task(verifier.verify(claims(100, (7,))))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == verdicts(100, (7,))


def test_the_process_answers_whole_questions_and_ends_with_its_input() -> None:
    question = msgspec.msgpack.encode(claims(3, (1,)))
    framed = len(question).to_bytes(4, "big") + question
    for more in (b"", b"\0\0"):
        answers = BytesIO()
        serve(BytesIO(framed + framed + more), answers)
        assert answers.getvalue() == b"\1\0\1\1\0\1"
    assert answer(msgspec.msgpack.encode([])) == b""


async def test_here_is_the_same() -> None:
    assert await verify_here(claims(5, (0, 4))) == verdicts(5, (0, 4))
