"""The Pi's one-time-programmable memory: a stolen card is blind without the board that it was in.

Raspberry Pi 4 and 5 have rows for a private key of the device (8 rows of 4 bytes; a Pi 5 has 16, of which the first 8
are read). They are empty when the board is new, can be programmed once, and are read by root or the group `video`:
whoever has the whole appliance has them. We never program them: the prefecture's IT does, with `rpi-otp-private-key`
(docs/custody.md), once and knowingly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from edge.custody.ways import checked
from protocol.errors import OperatorError

UNREADABLE: Final = (
    "The Pi's one-time-programmable memory cannot be read (%s): run on a Raspberry Pi 4 or 5 with Raspberry Pi's own"
    " kernel, with the service in the group video, or choose another way: mulhaqa-edge custody add --help."
)
EMPTY: Final = (
    "The Pi's one-time-programmable memory holds no private key yet. The prefecture's IT programs it once, for good, as"
    " root: rpi-otp-private-key -w $(openssl rand -hex 32). Then type the command again."
)

Read = Callable[[], bytes]
"""Reads the rows of the private key, raw; OSError where that cannot be done."""


class Otp:
    """The way of the kind "otp"; `read` comes from outside, for only a Pi has such a memory."""

    kind = "otp"

    def __init__(self, read: Read) -> None:
        self._read = read

    def prepare(self, slot: str, _entropy: Callable[[int], bytes]) -> None:
        """Refuse a memory that nobody programmed: it would be the same on each Pi."""
        self.secret(slot)

    def secret(self, _slot: str) -> bytes:
        """The rows, as they are."""
        try:
            rows = self._read()
        except OSError as error:
            raise OperatorError(UNREADABLE % (error.strerror or type(error).__name__)) from error
        return checked(rows, missing=EMPTY)

    def forget(self, _slot: str) -> None:
        """The chip keeps what it has."""
