"""One suite for every A4 printer: IPP to CUPS's own test printer on another machine, and the simulated twin."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pyipp.enums import IppOperation, IppPrinterState, IppTag
from pyipp.serializer import construct_attribute

from devices import printing
from devices.a4_printer import LARGEST_DOCUMENT, A4Printer, IppPrinter, SimulatedA4Printer, reason_of
from devices.health import Condition
from devices.printing import PrintOutcome
from tests.lan import lan

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
OTHER = PDF + b"\n%%EOF"


@dataclass
class Bench:
    """A printer under test, what lies in its tray, and the hands that take paper away and put it back."""

    printer: A4Printer
    tray: Callable[[], Awaitable[list[bytes]]]
    paper: Callable[[bool], Awaitable[None]]


@asynccontextmanager
async def twin() -> AsyncIterator[Bench]:
    printer = SimulatedA4Printer(lambda: 5)

    async def tray() -> list[bytes]:
        return [one.document for one in printer.documents]

    async def paper(there: bool) -> None:
        printer.out_of_paper = not there

    yield Bench(printer, tray, paper)


@asynccontextmanager
async def ippeveprinter() -> AsyncIterator[Bench]:
    """CUPS's printer on a machine of its own; its web page is the hand at the tray."""
    async with lan("printer", "annexe") as (machine, annexe):
        spool = machine.folder / "spool"
        spool.mkdir()
        machine.start_avahi()
        machine.start(
            "ippeveprinter", "-r", "off", "-v", "-k", "-p", "8631", "-d", str(spool), "-f", "application/pdf",
            "-c", "/bin/true", "A4", ready="printer-uuid",
        )  # fmt: skip
        with annexe.inside():
            yield Bench(IppPrinter(f"ipp://{machine.address}:8631/ipp/print"), in_spool(spool), at_the_tray(machine))


def in_spool(spool: Path) -> Callable[[], Awaitable[list[bytes]]]:
    async def tray() -> list[bytes]:
        return arrived(spool)

    return tray


def arrived(spool: Path) -> list[bytes]:
    """The documents in the printer's spool, `NUMBER-NAME.pdf`, in the order in which they came."""
    return [path.read_bytes() for path in sorted(spool.glob("*.pdf"), key=lambda path: int(path.name.split("-")[0]))]


def at_the_tray(machine: Any) -> Callable[[bool], Awaitable[None]]:
    async def paper(there: bool) -> None:
        sheets = {"size1": "iso_a4_210x297mm", "type1": "stationery", "level1": "250" if there else "0"}
        envelopes = {"size3": "iso_dl_110x220mm", "type3": "envelope", "level3": "25" if there else "0"}
        page = f"http://{machine.address}:8631/media"
        async with aiohttp.ClientSession() as hand, hand.get(page, params={**sheets, **envelopes}) as answer:
            await answer.read()

    return paper


KINDS = {"simulated": twin, "ipp": ippeveprinter}


@pytest.fixture(params=sorted(KINDS))
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with KINDS[request.param]() as made:
        yield made


async def test_documents_arrive_byte_for_byte_each_once(bench: Bench) -> None:
    assert (await bench.printer.print(PDF)).outcome is PrintOutcome.PRINTED
    assert bench.printer.health().condition is Condition.WORKING
    assert await bench.tray() == [PDF]
    while (report := await bench.printer.print(OTHER)).why == printing.BUSY:
        pass  # it takes one document at a time, and says so
    assert report.outcome is PrintOutcome.PRINTED
    assert await bench.tray() == [PDF, OTHER]


async def test_without_paper_nothing_is_sent_that_would_come_out_later(bench: Bench) -> None:
    await bench.paper(False)
    report = await bench.printer.print(PDF)
    assert (report.outcome, report.why) == (PrintOutcome.NO_PAPER, printing.OUT_OF_PAPER)
    assert bench.printer.health().condition is Condition.DEGRADED
    await bench.paper(True)
    assert (await bench.printer.check()).condition is Condition.WORKING
    assert await bench.tray() == []
    assert (await bench.printer.print(PDF)).outcome is PrintOutcome.PRINTED
    assert await bench.tray() == [PDF]


@pytest.mark.parametrize("wrong", [b"", b"PK\x03\x04", b"%PDF-" + bytes(LARGEST_DOCUMENT)])
async def test_what_is_no_document_is_refused_and_never_sent(bench: Bench, wrong: bytes) -> None:
    assert (await bench.printer.print(wrong)).outcome is PrintOutcome.REFUSED
    assert await bench.tray() == []


async def test_a_twin_that_is_unplugged_is_gone() -> None:
    printer = SimulatedA4Printer(lambda: 5)
    printer.unplugged = True
    assert (await printer.print(PDF)).outcome is PrintOutcome.UNREACHABLE
    assert (await printer.check()).condition is Condition.ABSENT


async def test_a_printer_that_is_gone_is_absent_and_nothing_was_printed(unused_tcp_port: int) -> None:
    printer = IppPrinter(f"ipp://127.0.0.1:{unused_tcp_port}/ipp/print")
    assert printer.health().why == printing.NOT_CHECKED
    assert (await printer.print(PDF)).outcome is PrintOutcome.UNREACHABLE
    assert (printer.health().condition, printer.health().why) == (Condition.ABSENT, printing.NOT_ANSWERING)


class Moody:
    """A printer that says it is well, and does with a job what the test wants."""

    def __init__(self, job: Callable[[web.Request], Awaitable[web.Response]], **attributes: Any) -> None:
        self.attributes = attributes
        self.job = job
        self.jobs = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = struct.unpack(">h", (await request.read())[2:4])[0]
        if asked == IppOperation.PRINT_JOB:
            self.jobs += 1
            return await self.job(request)
        tags = {"printer-state": IppTag.ENUM, "printer-state-reasons": IppTag.KEYWORD}
        body = b"".join(construct_attribute(name, value, tags[name]) for name, value in self.attributes.items())
        return ipp(0, struct.pack(">b", IppTag.PRINTER) + body)


def ipp(status: int, attributes: bytes = b"") -> web.Response:
    said = [("attributes-charset", "utf-8", IppTag.CHARSET), ("attributes-natural-language", "en", IppTag.LANGUAGE)]
    head = struct.pack(">bbhib", 2, 0, status, 1, IppTag.OPERATION)
    words = b"".join(construct_attribute(name, value, tag) for name, value, tag in said)
    body = head + words + attributes + struct.pack(">b", IppTag.END)
    return web.Response(body=body, content_type="application/ipp")


@asynccontextmanager
async def moody(job: Callable[[web.Request], Awaitable[web.Response]], **more: Any) -> AsyncIterator[tuple[Any, Moody]]:
    attributes = {"printer-state": IppPrinterState.IDLE, "printer-state-reasons": "none", **more}
    printer = Moody(job, **attributes)
    app = web.Application(client_max_size=LARGEST_DOCUMENT)
    app.router.add_post("/ipp/print", printer.answer)
    async with TestServer(app) as server:
        yield IppPrinter(f"ipp://127.0.0.1:{server.port}/ipp/print", answer_s=0.3, printing_s=0.3), printer


async def test_a_job_that_is_never_answered_is_unknown_and_not_sent_again() -> None:
    silent = asyncio.Event()

    async def job(_request: web.Request) -> web.Response:
        await silent.wait()
        return ipp(0)

    async with moody(job) as (printer, machine):
        assert (await printer.print(PDF)).outcome is PrintOutcome.UNKNOWN
        assert machine.jobs == 1
        silent.set()


async def test_a_printer_that_hangs_up_on_a_job_leaves_it_unknown() -> None:
    async def job(request: web.Request) -> web.Response:
        assert request.transport
        request.transport.close()
        return ipp(0)

    async with moody(job) as (printer, _):
        assert (await printer.print(PDF)).outcome is PrintOutcome.UNKNOWN


async def test_a_job_that_the_printer_refuses_is_refused() -> None:
    async def job(_request: web.Request) -> web.Response:
        return ipp(0x040A)  # client-error-document-format-not-supported

    async with moody(job) as (printer, _):
        assert (await printer.print(PDF)).outcome is PrintOutcome.REFUSED


async def test_a_busy_printer_is_asked_again_later() -> None:
    async def job(_request: web.Request) -> web.Response:
        return ipp(0x0507)  # server-error-busy

    async with moody(job) as (printer, _):
        report = await printer.print(PDF)
        assert (report.outcome, report.why) == (PrintOutcome.UNREACHABLE, printing.BUSY)


async def test_a_stopped_printer_is_sent_nothing() -> None:
    async def job(_request: web.Request) -> web.Response:
        return ipp(0)

    async with moody(job, **{"printer-state": IppPrinterState.STOPPED}) as (printer, machine):
        report = await printer.print(PDF)
        assert (report.outcome, report.why) == (PrintOutcome.UNREACHABLE, printing.STOPPED)
        assert machine.jobs == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("none", ""),
        ("toner-low-warning", ""),
        ("media-empty", printing.OUT_OF_PAPER),
        (["toner-low-report", "media-needed-error"], printing.OUT_OF_PAPER),
        ("cover-open-error", printing.COVER_OPEN),
        ("door-open", printing.COVER_OPEN),
    ],
)
def test_reasons_are_read_with_whatever_stands_behind_them(said: Any, why: str) -> None:
    assert reason_of({"printer-state": IppPrinterState.IDLE, "printer-state-reasons": said}) == why


async def test_a_question_that_is_answered_by_no_printer_is_no_answer() -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>hello</html>")

    app = web.Application()
    app.router.add_post("/ipp/print", page)
    async with TestServer(app) as server:
        health = await IppPrinter(f"ipp://127.0.0.1:{server.port}/ipp/print").check()
    assert health.condition is Condition.ABSENT
