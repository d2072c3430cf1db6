"""A socket that holds little of what it was given, so that what is urgent waits behind little.

A frame counts as sent when the kernel has it, and the kernel takes no more than `protocol.sync.transport` says beyond
what is on the line: so the next batch is chosen when there is room for it, and not long before.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from aiohttp import AddrInfoType, ClientWebSocketResponse
from aiohttp.http import WebSocketWriter

from protocol.sync.transport import TCP_OPTIONS


def prompt_socket(address: AddrInfoType) -> socket.socket:
    """Make a TCP socket with the options of `protocol.sync.transport`."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    for level, option, value in TCP_OPTIONS:
        with suppress(OSError):  # a kernel that does not know it
            made.setsockopt(level, option, value)
    return made


class PromptWebSocket(ClientWebSocketResponse):
    """aiohttp's client WebSocket, whose `send_bytes` returns once the kernel has the whole frame."""

    def __init__(self, reader: Any, writer: WebSocketWriter, *others: Any, **named: Any) -> None:
        """As aiohttp makes it; the writer is replaced by one that waits after each frame."""
        writer.transport.set_write_buffer_limits(high=1, low=0)  # not 0: under TLS an empty buffer would count as full
        prompt = WebSocketWriter(writer.protocol, writer.transport, use_mask=writer.use_mask, limit=0)
        super().__init__(reader, prompt, *others, **named)
        self._line = writer.transport

    def abandon(self) -> None:
        """End it without a word: the line is gone."""
        self._line.abort()
