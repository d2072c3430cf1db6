"""Where the server's words go: one JSON line each on standard error, which systemd hands to the journal.

No line holds a name, a CNIE, a phone number, a raw path or a secret: events are named, counted and timed.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

QUIETER = ("pyhanko", "pyhanko_certvalidator", "aiohttp.access")
"""Libraries that say more of what they were given than a journal may hold."""


def configure(level: int = logging.INFO) -> None:
    """Send our own lines and those of the standard library's loggers to standard error, in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stderr)
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
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
