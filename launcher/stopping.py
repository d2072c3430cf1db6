"""How a command that runs servers is stopped: by Ctrl-C or a signal, once, and in order.

The first signal raises KeyboardInterrupt, and whoever started servers stops them. From then on signals are ignored: an
impatient second Ctrl-C would leave servers behind that nobody sees. Stopping ends by itself: processes.GRACE bounds it.
"""

from __future__ import annotations

import signal
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 130  # what a shell expects of a command that Ctrl-C ended


def stop_once() -> None:
    """Listen for the signals that stop this process; only its main thread may call this."""
    for each in SIGNALS:
        signal.signal(each, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
