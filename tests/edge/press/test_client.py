"""The press as its callers meet it: started when needed, replaced when it dies, quiet about people."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge.press.client import Press, worker_command
from edge.press.fonts import FONT_FOLDERS
from edge.press.frames import CertificateJob, Failed, FrameError, ReceiptJob, Seals
from edge.press.worker import Workshop
from protocol.errors import CallerError, OperatorError, PersonError
from tests.edge.press.papers import DECLARATION, FATIMA, RECEIPT, RESIDENCE, chain, of, text_of

CHAIN = chain()
DEAF = (sys.executable, "-c", "import sys; sys.stdin.buffer.read()")
DYING = (sys.executable, "-c", "import sys; sys.exit(3)")
CHATTY = (sys.executable, "-c", "print('This is no frame at all', flush=True); import sys; sys.stdin.buffer.read()")

Start = Callable[..., Press]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    started: list[Press] = []

    def begin(**options: object) -> Press:
        started.append(Press.start(**options))  # type: ignore[arg-type]  # each test names the options it means
        return started[-1]

    yield begin
    for press in started:
        await press.close()


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop run until something holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is awaited is the end of a process, which rings no event here
            await asyncio.sleep(0)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_nothing_runs_until_the_first_job(start: Start) -> None:
    press = start()
    assert press.pid is None
    assert "Récépissé" in text_of(await press.receipt(RECEIPT, "fr"))
    assert press.pid is not None


async def test_a_certificate_comes_back_sealed_with_its_token(start: Start) -> None:
    sealed = await start().certificate(RESIDENCE, CHAIN.seals)
    assert sealed.pdf.startswith(b"%PDF-")
    assert sealed.token.startswith("MLQ1:")


async def test_jobs_asked_for_at_once_each_get_their_own_paper(start: Start) -> None:
    press = start()
    references = [f"B05-7K3MQ-2X9R{letter}" for letter in "ABCDEF"]
    jobs: list[Awaitable[bytes]] = [
        press.receipt(msgspec.structs.replace(RECEIPT, reference=reference), "ar") for reference in references
    ]
    papers = await asyncio.gather(*jobs)
    for reference, paper in zip(references, papers, strict=True):
        assert reference in text_of(paper)


async def test_any_language_but_french_is_answered_in_arabic_first(start: Start) -> None:
    press = start()
    assert await press.receipt(RECEIPT, "zgh") == await press.receipt(RECEIPT, "ar")


async def test_a_worker_that_was_killed_is_replaced(start: Start) -> None:
    press = start()
    await press.receipt(RECEIPT, "ar")
    first = press.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert (await press.receipt(RECEIPT, "ar")).startswith(b"%PDF-")
    assert press.pid not in {None, first}


async def test_a_worker_that_keeps_dying_is_try_again_for_the_person(start: Start) -> None:
    with pytest.raises(PersonError, match="Try again") as refused:
        await start(command=DYING).receipt(RECEIPT, "ar")
    assert refused.value.status == 503


async def test_a_job_that_takes_too_long_is_given_up_with_its_worker(start: Start) -> None:
    press = start(command=DEAF, timeout_s=0.3)
    with pytest.raises(PersonError, match="Try again"):
        await press.receipt(RECEIPT, "ar")
    assert press.pid is None


async def test_a_caller_who_gives_up_takes_the_worker_with_him(start: Start) -> None:
    press = start(command=DEAF)
    asked = asyncio.create_task(press.receipt(RECEIPT, "ar"))
    await until(lambda: press.pid is not None)
    worker = press.pid
    assert worker is not None
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert press.pid is None
    assert not alive(worker)


async def test_what_a_library_prints_is_no_answer(start: Start) -> None:
    press = start(command=CHATTY)
    with pytest.raises(PersonError, match="Try again") as refused:
        await press.receipt(RECEIPT, "ar")
    assert isinstance(refused.value.__cause__, FrameError)
    assert press.pid is None


async def test_an_idle_worker_goes_and_the_next_job_starts_another(start: Start) -> None:
    press = start(idle_s=0.01)
    await press.receipt(RECEIPT, "ar")
    await until(lambda: press.pid is None)
    assert (await press.receipt(RECEIPT, "ar")).startswith(b"%PDF-")


async def test_closing_ends_the_worker(start: Start) -> None:
    press = start()
    await press.receipt(RECEIPT, "ar")
    worker = press.pid
    assert worker is not None
    await press.close()
    assert press.pid is None
    assert not alive(worker)


async def test_a_machine_without_fonts_tells_its_operator(start: Start, tmp_path: Path) -> None:
    press = start(command=worker_command([tmp_path]))
    with pytest.raises(OperatorError, match="apt-get install"):
        await press.receipt(RECEIPT, "ar")


async def test_claims_that_fit_no_code_are_the_callers_fault(start: Start) -> None:
    endless = of(msgspec.structs.replace(FATIMA, address="x" * 700))
    press = start()
    with pytest.raises(CallerError, match="at most 600 bytes"):
        await press.certificate(endless, CHAIN.seals)
    assert (await press.receipt(RECEIPT, "ar")).startswith(b"%PDF-"), "the next person is served"


async def test_the_worker_runs_without_the_services_environment(start: Start, tmp_path: Path) -> None:
    teller = "import os, sys; open('seen', 'w').write(repr(dict(os.environ))); sys.exit(0)"
    os.environ["MULHAQA_TEST_SECRET"] = "s3cret"
    try:
        with pytest.raises(PersonError):
            await start(folder=tmp_path, command=(sys.executable, "-c", teller)).receipt(RECEIPT, "ar")
    finally:
        del os.environ["MULHAQA_TEST_SECRET"]
    assert "s3cret" not in (tmp_path / "seen").read_text()


def test_a_fault_is_reported_by_kind_and_place_and_names_nobody() -> None:
    broken = msgspec.structs.replace(RECEIPT, submitted_ms=2**62)
    answer = Workshop(FONT_FOLDERS).do(ReceiptJob(broken, "ar", "a4"))
    assert isinstance(answer, Failed)
    assert answer.who == "fault"
    assert answer.message.startswith("OverflowError at calendar.py:")
    for known in (str(2**62), FATIMA.name_fr, FATIMA.cnie):
        assert known not in answer.message


def test_a_bad_seal_key_is_reported_without_its_bytes() -> None:
    seals = Seals(b"secret-key", b"", [], b"secret-key", b"")
    answer = Workshop(FONT_FOLDERS).do(CertificateJob(RESIDENCE, seals))
    assert isinstance(answer, Failed)
    assert answer.who == "caller"
    assert "secret" not in answer.message
    assert repr(seals) == "Seals(...)"


async def test_a_blank_declaration_comes_from_the_same_process(start: Start) -> None:
    press = start()
    assert "Déclaration sur l’honneur" in text_of(await press.declaration(DECLARATION))
    assert press.pid is not None
