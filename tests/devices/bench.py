"""Printers that the contract suites are run on, and pictures to print."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from devices.escpos_encoding import escpos_of
from devices.escpos_roll import NotEscPos, Roll, Ticket
from devices.printer_ports import file_port, network_port
from devices.receipt_printer import EscposPrinter, Port, ReceiptPrinter
from devices.simulated_receipt_printer import SimulatedReceiptPrinter


def picture(width: int = 576, height: int = 90) -> bytes:
    """A ticket: a thick frame, so that every edge of the paper tells."""
    drawn = Image.new("L", (width, height), "white")
    ImageDraw.Draw(drawn).rectangle((0, 0, width - 1, height - 1), outline="black", width=8)
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


@dataclass
class Bench:
    """A printer under test, the roll that plays the hardware, and what it was heard to print."""

    printer: ReceiptPrinter
    roll: Roll
    tickets: Callable[[], list[Ticket]]
    refusals: list[NotEscPos] = field(default_factory=list)


class Hardware:
    """A roll at the end of a wire: answers what a real printer would, hangs up on what is no ESC/POS."""

    def __init__(self) -> None:
        self.tickets: list[Ticket] = []
        self.refusals: list[NotEscPos] = []
        self.roll = Roll(self.tickets.append)
        self.hung_up = asyncio.Event()
        self.port = 0
        self.serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        with suppress(ConnectionError):
            while data := await reader.read(4096):
                try:
                    writer.write(self.roll.feed(data))
                except NotEscPos as error:
                    self.refusals.append(error)
                    break
        writer.close()
        self.hung_up.set()


@asynccontextmanager
async def on_the_network() -> AsyncIterator[tuple[Hardware, Port]]:
    hardware = Hardware()
    server = await asyncio.start_server(hardware.serve, "127.0.0.1", 0)
    try:
        hardware.port = server.sockets[0].getsockname()[1]
        yield hardware, network_port("127.0.0.1", hardware.port)
    finally:
        server.close()
        await asyncio.gather(*(task for task in hardware.serving if task is not None))


@asynccontextmanager
async def behind_a_file() -> AsyncIterator[tuple[Hardware, Port]]:
    """A pseudo-terminal stands for /dev/usb/lp0: a character device that carries bytes both ways."""
    hardware, loop = Hardware(), asyncio.get_running_loop()
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)

    def arrived() -> None:
        with suppress(BlockingIOError):
            os.write(master, hardware.roll.feed(os.read(master, 4096)))

    loop.add_reader(master, arrived)
    try:
        yield hardware, file_port(Path(os.ttyname(slave)))
    finally:
        loop.remove_reader(master)
        os.close(master)
        os.close(slave)


WIRES = {"network": on_the_network, "file": behind_a_file}


@asynccontextmanager
async def receipt_bench(kind: str) -> AsyncIterator[Bench]:
    """The real adapter over a wire, or the simulated twin."""
    if kind == "simulated":
        twin = SimulatedReceiptPrinter(lambda: 1_700_000_000_000, escpos_of)
        yield Bench(twin, twin.roll, lambda: [one.ticket for one in twin.tickets])
        return
    async with WIRES[kind]() as (hardware, port):
        printer = EscposPrinter(port, escpos_of)
        yield Bench(printer, hardware.roll, lambda: hardware.tickets, hardware.refusals)
        await printer.close()
