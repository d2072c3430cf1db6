"""A start that takes long, told to whoever waits for it: the journal, the service manager, the launcher.

After an upgrade the views may be folded anew before the first page: minutes, of a log of years on a small machine. Who
waits with a clock in his hand must not take that for a machine that hangs, and end it each time before it is done.

- The journal has a line `start.progress` every `BETWEEN_S` seconds; the launcher waits as long as they come.
- systemd (`Type=notify`) is told with each to wait `EXTENDED_S` longer, and how far it is; then that it is ready. See
  sd_notify(3). Where no service manager asks, nobody is told.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

import structlog

BETWEEN_S: Final = 2.0
"""Seen to move by whoever looks at it, and some lines a minute in the journal, which wears the card."""

EXTENDED_S: Final = 60
"""A page of records that takes as long is none that will end."""

log = structlog.get_logger("mulhaqa.appliance")

Tell = Callable[[str], None]
"""Tells the service manager assignments, a line each."""


class Starting:
    """Of one start. `clock` in seconds, monotonic."""

    def __init__(self, clock: Callable[[], float], tell: Tell) -> None:
        self._clock = clock
        self._tell = tell
        self._told = clock()

    def folding(self, done: int, total: int) -> None:
        """So many records are folded anew, of so many (`edge.store.refold.Progress`)."""
        if self._clock() - self._told < BETWEEN_S:
            return
        self._told = self._clock()
        log.info("start.progress", work="views", done=done, total=total)
        self._tell(f"EXTEND_TIMEOUT_USEC={EXTENDED_S * 1_000_000}\nSTATUS=Folding the views: {done} of {total} records")

    def locked(self) -> None:
        """The vault waits for its key: that may take until morning, and is no start that hangs."""
        self._tell("READY=1\nSTATUS=Locked: waits for its passphrase or USB key")

    def ready(self) -> None:
        """Pages are served."""
        self._tell("READY=1\nSTATUS=Serving")


def service_manager(address: str | None) -> Tell:
    """Return what tells the one that listens at `address` (systemd's NOTIFY_SOCKET); nobody where there is none."""
    if not address:
        return lambda _assignments: None
    place = "\0" + address[1:] if address.startswith("@") else address

    def tell(assignments: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.sendto(assignments.encode(), socket.MSG_DONTWAIT, place)
        except OSError as error:
            log.warning("start.untold", why=error.strerror)

    return tell
