"""Where a receipt printer is plugged in: the network (port 9100) or a device file (/dev/usb/lp0, /dev/serial/…)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from devices.receipt_printer import Link, Port

RAW_PORT = 9100
"""Where printers take raw bytes on the LAN ("AppSocket")."""


class StreamLink:
    """A link over asyncio's streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)  # so that `write` ends when the system has taken all, not before
        self._reader = reader
        self._writer = writer

    async def write(self, data: bytes) -> None:
        """Hand all of `data` to the system."""
        self._writer.write(data)
        await self._writer.drain()

    async def read(self) -> bytes:
        """Wait for one byte."""
        return await self._reader.read(1)

    async def close(self) -> None:
        """Close at once what was all handed over; what was not is dropped with the printer that did not take it."""
        self._writer.transport.abort()


def network_port(host: str, port: int = RAW_PORT) -> Port:
    """Return the port of a printer on the LAN."""

    async def open_link() -> Link:
        return StreamLink(*await asyncio.open_connection(host, port))

    return open_link


def file_port(path: Path) -> Port:
    """Return the port of a printer behind a character device."""

    async def open_link() -> Link:
        loop = asyncio.get_running_loop()
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        incoming, outgoing = os.fdopen(descriptor, "rb", 0), os.fdopen(os.dup(descriptor), "wb", 0)
        try:
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            reading, _ = await loop.connect_read_pipe(lambda: protocol, incoming)
            writing, _ = await loop.connect_write_pipe(lambda: protocol, outgoing)
        except (ValueError, OSError) as error:
            incoming.close()
            outgoing.close()
            raise OSError(f"{path} is no device that can be printed to") from error
        return _FileLink(reader, asyncio.StreamWriter(writing, protocol, reader, loop), reading)

    return open_link


class _FileLink(StreamLink):
    """A link that has a transport a way."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reading: asyncio.ReadTransport
    ) -> None:
        super().__init__(reader, writer)
        self._reading = reading

    async def close(self) -> None:
        await super().close()
        self._reading.close()
