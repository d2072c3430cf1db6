"""Where the service's words go: one JSON line each on standard error, which systemd hands to the journal.

No line holds a name, a CNIE, a phone number, a raw path or a secret: events are named, counted and timed. Each has the
time at which it was said; those of one turn of the event loop are written together, unless something went wrong.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
from datetime import UTC, datetime
from threading import Lock
from typing import BinaryIO

import msgspec
import structlog
from aiohttp.http_exceptions import HttpProcessingError
from structlog.typing import EventDict, Processor, WrappedLogger

QUIETER = ("aiohttp.access",)
"""Libraries that say more of what they were given than a journal may hold."""

_encoded = msgspec.json.Encoder(enc_hook=repr).encode


def configure(level: int = logging.INFO) -> None:
    """Send our own lines and those of the standard library's loggers to standard error, in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_unquoted)
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIETER:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    lines = Lines(sys.stderr.buffer)
    atexit.register(lines.write)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_names: lines,
        cache_logger_on_first_use=True,
    )


class Lines:
    """Writes what structlog hands it; any thread may.

    A page has a line each, and a write for each line would cost it more than to make it. So whatever is said while
    the loop turns waits for the end of that turn; without a loop, and from a warning on, nothing waits.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = Lock()
        self._waiting: list[bytes] = []

    def info(self, line: bytes) -> None:
        """Write a line at the end of this turn."""
        with self._lock:
            first = not self._waiting
            self._waiting.append(line)
        if first:
            self._write_soon()

    debug = info

    def warning(self, line: bytes) -> None:
        """Write a line now, after what waits."""
        with self._lock:
            self._waiting.append(line)
        self.write()

    error = critical = warning

    def _write_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_soon(self.write)
        except RuntimeError:  # another thread's line, or one before and after the service
            self.write()

    def write(self) -> None:
        """Write what waits."""
        with self._lock:
            lines, self._waiting = self._waiting, []
            if lines:
                self._stream.write(b"\n".join([*lines, b""]))
                self._stream.flush()


def _line(logger: WrappedLogger, level: str, said: EventDict) -> bytes:
    """Write a line of our own in one go: every page has one, and must not wait for it longer than for itself."""
    said["level"] = level
    said["timestamp"] = datetime.now(UTC)
    if "exc_info" in said:
        said = structlog.processors.format_exc_info(logger, level, said)
    return _encoded(said)


def _unquoted(record: logging.LogRecord) -> bool:
    """Keep the line about a request that is no HTTP, and leave out what was sent: it may be a half-typed form."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = "a request that is no HTTP was refused: %s", (type(error).__name__,)
        record.exc_info = record.exc_text = None
    return True
