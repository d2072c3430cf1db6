"""A key on a USB stick: plugged in at a start, and pulled afterwards.

    mulhaqa-SLOT.key    32 random bytes, on the top of any stick that is mounted

- It is found by the slot's id in its name, on whatever stick: a copy in the prefecture's safe is another stick.
- Once the appliance serves, the stick may be pulled and locked away: nothing asks for it before the next start. A start
  without it waits, locked, and goes on by itself when it is plugged in.
- A stick is vfat: modes say nothing there. Who has the card and the stick has everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from disk.durable import write_durably
from edge.custody.ways import LEAST, checked
from protocol.errors import OperatorError

MISSING: Final = "The USB key of slot %s is not plugged in: plug it into the appliance, which then goes on by itself."
SPOILT: Final = "The file of slot %s on the USB key is damaged: take its copy, or another way."

Mounted = Callable[[], Sequence[Path]]
"""The folders in which sticks are mounted now."""


class UsbKey:
    """The way of the kind "usb"."""

    kind = "usb"

    def __init__(self, mounted: Mounted) -> None:
        self._mounted = mounted

    def prepare(self, slot: str, entropy: Callable[[int], bytes]) -> None:
        """Write the secret on the one stick that is plugged in; OperatorError for none or several."""
        sticks = list(self._mounted())
        if len(sticks) != 1:
            raise OperatorError(f"Plug in one USB stick, the one that is to be the key: there are {len(sticks)} now.")
        try:
            write_durably(sticks[0] / name_of(slot), entropy(LEAST))
        except OSError as error:
            raise OperatorError(f"The key cannot be written on the stick: {error.strerror}. Take another.") from error

    def secret(self, slot: str) -> bytes:
        """The bytes of the slot's file, on whichever stick has it."""
        for stick in self._mounted():
            file = stick / name_of(slot)
            if file.is_file() and not file.is_symlink():
                try:
                    return checked(file.read_bytes()[:LEAST], missing=SPOILT % slot)
                except OSError as error:
                    raise OperatorError(f"{SPOILT % slot} ({error.strerror})") from error
        raise OperatorError(MISSING % slot)

    def forget(self, slot: str) -> None:
        """A stick that is plugged in forgets it; one in a drawer opens nothing any more."""
        for stick in self._mounted():
            with suppress(OSError):  # a stick that is write-protected keeps what opens nothing any more
                (stick / name_of(slot)).unlink(missing_ok=True)


def name_of(slot: str) -> str:
    """The name of a slot's file."""
    return f"mulhaqa-{slot}.key"
