"""One suite for every receipt printer: the adapter over the network and over a device file, and the simulated twin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from devices import printing
from devices.escpos_encoding import escpos_of
from devices.health import Condition
from devices.printer_ports import file_port, network_port
from devices.printing import PrintOutcome
from devices.receipt_printer import LARGEST_PICTURE, EscposPrinter, finding_of
from tests.devices.bench import Bench, on_the_network, picture, receipt_bench


@pytest.fixture(params=["simulated", "network", "file"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with receipt_bench(request.param) as made:
        yield made


async def test_a_ticket_comes_out_dot_by_dot_and_is_cut(bench: Bench) -> None:
    report = await bench.printer.print(picture(height=700))
    assert report.outcome is PrintOutcome.PRINTED
    assert bench.printer.health().condition is Condition.WORKING
    (ticket,) = bench.tickets()
    with Image.open(BytesIO(ticket.png())) as paper, Image.open(BytesIO(picture(height=700))) as sent:
        assert paper.width == 576
        printed = paper.convert("L").crop((0, 0, 576, 700))
        assert ImageChops.difference(printed, sent.convert("L")).getbbox() is None
        assert paper.height > 700  # fed past the knife


async def test_two_at_once_come_out_one_after_the_other(bench: Bench) -> None:
    reports = await asyncio.gather(*(bench.printer.print(picture()) for _ in range(3)))
    assert {report.outcome for report in reports} == {PrintOutcome.PRINTED}
    assert len(bench.tickets()) == 3
    assert len({ticket.png() for ticket in bench.tickets()}) == 1


async def test_without_paper_nothing_is_printed_and_it_says_so_until_there_is_paper(bench: Bench) -> None:
    bench.roll.out_of_paper = True
    assert (await bench.printer.print(picture())).outcome is PrintOutcome.NO_PAPER
    assert bench.printer.health().why == printing.OUT_OF_PAPER
    assert bench.printer.health().condition is Condition.DEGRADED
    assert bench.tickets() == []
    bench.roll.out_of_paper = False
    assert (await bench.printer.check()).condition is Condition.WORKING
    assert (await bench.printer.print(picture())).outcome is PrintOutcome.PRINTED


async def test_an_open_cover_prints_nothing(bench: Bench) -> None:
    bench.roll.cover_open = True
    report = await bench.printer.print(picture())
    assert (report.outcome, report.why) == (PrintOutcome.UNREACHABLE, printing.COVER_OPEN)
    assert bench.tickets() == []


async def test_a_roll_at_its_end_prints_and_warns(bench: Bench) -> None:
    bench.roll.nearly_out = True
    assert (await bench.printer.print(picture())).outcome is PrintOutcome.PRINTED
    assert (bench.printer.health().condition, bench.printer.health().why) == (Condition.DEGRADED, printing.PAPER_LOW)


@pytest.mark.parametrize(
    "wrong",
    [b"", b"certificat", picture()[:60], picture(width=584), picture(height=8001), bytes(LARGEST_PICTURE + 1)],
)
async def test_what_is_no_ticket_is_refused_and_never_sent(bench: Bench, wrong: bytes) -> None:
    assert (await bench.printer.print(wrong)).outcome is PrintOutcome.REFUSED
    assert bench.tickets() == []
    assert bench.refusals == []


async def test_before_it_is_looked_at_nothing_is_claimed(bench: Bench) -> None:
    assert bench.printer.health().why == printing.NOT_CHECKED


async def test_a_printer_that_is_gone_says_that_nothing_came_out_and_is_found_again() -> None:
    async with on_the_network() as (hardware, port):
        printer = EscposPrinter(port, escpos_of)
        assert (await printer.print(picture())).outcome is PrintOutcome.PRINTED
    report = await printer.print(picture())
    assert (report.outcome, report.why) == (PrintOutcome.UNREACHABLE, printing.NOT_ANSWERING)
    assert printer.health().condition is Condition.ABSENT
    assert len(hardware.tickets) == 1


async def test_a_file_that_is_no_device_is_no_printer(tmp_path: Path) -> None:
    plain = tmp_path / "lp0"
    plain.write_bytes(b"")
    for path in (plain, plain.with_name("lp1")):
        assert (await EscposPrinter(file_port(path), escpos_of).check()).condition is Condition.ABSENT
    assert plain.read_bytes() == b""


class Silent:
    """A machine that opens its door and then says nothing, or stops listening."""

    def __init__(self, answers: bytes = b"") -> None:
        self.answers = answers
        self.done = asyncio.Event()
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in self.answers:
            await reader.readexactly(3)
            writer.write(bytes([answer]))
        await self.done.wait()
        writer.close()
        self.closed.set()

    async def end(self, server: asyncio.Server) -> None:
        self.done.set()
        await self.closed.wait()
        server.close()


async def impatient(silent: Silent, *, answers: bool = True) -> tuple[EscposPrinter, asyncio.Server]:
    server = await asyncio.start_server(silent.serve, "127.0.0.1", 0, limit=64)
    port = network_port("127.0.0.1", server.sockets[0].getsockname()[1])
    return EscposPrinter(port, lambda _: bytes(16_000_000), answers=answers, answer_s=0.2, printing_s=0.2), server


async def test_a_printer_that_never_answers_is_absent_and_prints_nothing() -> None:
    silent = Silent()
    printer, server = await impatient(silent)
    assert (await printer.print(b"")).outcome is PrintOutcome.UNREACHABLE
    assert printer.health().why == printing.NOT_ANSWERING
    await silent.end(server)


@pytest.mark.parametrize("answers", [True, False])
async def test_a_printer_that_stops_in_the_middle_leaves_an_unknown_ticket(answers: bool) -> None:
    silent = Silent(b"\x12\x12" if answers else b"")
    printer, server = await impatient(silent, answers=answers)
    assert (await printer.print(b"")).outcome is PrintOutcome.UNKNOWN
    assert printer.health().condition is Condition.ABSENT
    await silent.end(server)


async def test_a_printer_that_cannot_answer_is_printed_to_blindly() -> None:
    async with on_the_network() as (hardware, port):
        hardware.roll.out_of_paper = True
        assert (await EscposPrinter(port, escpos_of, answers=False).print(picture())).outcome is PrintOutcome.PRINTED
        await hardware.hung_up.wait()
        assert len(hardware.tickets) == 1


def test_status_bytes_are_read_as_epson_wrote_them() -> None:
    assert finding_of(0x12, 0x12).why == ""
    assert finding_of(0x12, 0x72).why == printing.OUT_OF_PAPER
    assert finding_of(0x32, 0x12).why == printing.OUT_OF_PAPER
    assert finding_of(0x16, 0x12).why == printing.COVER_OPEN
    assert finding_of(0x52, 0x12).why == printing.STOPPED
    assert finding_of(0x12, 0x1E).low


@pytest.mark.parametrize("noise", [0x00, 0xFF, 0x41])
def test_a_byte_that_is_no_status_is_no_answer(noise: int) -> None:
    with pytest.raises(ValueError, match="status byte"):
        finding_of(0x12, noise)
