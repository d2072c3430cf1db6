"""Reading the rows of the device's private key on a real Pi: through the kernel's nvmem, else the firmware's mailbox.

    /sys/bus/nvmem/devices/rpi-otp-private*/nvmem    the rows, little-endian, from Raspberry Pi's kernel 6.6 on
    /dev/vcio                                        the mailbox's property interface, as `vcmailbox` uses it:

    message   words of 4 bytes, little-endian: size, 0, TAG, size of value, size of value, first row, rows, row..., 0
    answer    in place: word 1 says 0x80000000 for done, the rows stand where they were asked for

Mainline kernels have neither: the OSError says so. Both give one secret: rows in their order, as words.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

NVMEM: Final = Path("/sys/bus/nvmem/devices")
MAILBOX: Final = Path("/dev/vcio")

ROWS: Final = 8
"""Rows that both boards have: 256 bits."""

GET_PRIVATE_KEY: Final = 0x00030081
PROPERTY: Final = 0xC0086400
"""The mailbox's ioctl, _IOWR(100, 0, char *) where a pointer has 8 bytes."""

DONE: Final = 0x80000000
FIRST: Final = 7
"""The word at which the rows begin: behind size, code, tag, two sizes, first row, rows."""

Ioctl = Callable[[int, int, bytearray], object]


def read_otp() -> bytes:
    """The rows of this machine's private key; OSError where they cannot be read."""
    for file in sorted(NVMEM.glob("rpi-otp-private*/nvmem")):
        return from_nvmem(file)
    return from_mailbox(MAILBOX)


def from_nvmem(file: Path) -> bytes:
    """The rows as the kernel shows them; OSError when the file is too short."""
    with file.open("rb", buffering=0) as rows:
        return _whole(rows.read(ROWS * 4) or b"")


def from_mailbox(device: Path, ioctl: Ioctl = fcntl.ioctl) -> bytes:
    """The rows as the firmware answers; OSError when it does not know them."""
    message = bytearray(_packed([0, GET_PRIVATE_KEY, 8 + ROWS * 4, 8 + ROWS * 4, 0, ROWS, *[0] * ROWS, 0]))
    descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        ioctl(descriptor, PROPERTY, message)
    finally:
        os.close(descriptor)
    if struct.unpack_from("<I", message, 4)[0] != DONE:
        raise OSError(errno.EOPNOTSUPP, "the firmware does not answer for its private key")
    return _whole(bytes(message[FIRST * 4 : (FIRST + ROWS) * 4]))


def _packed(words: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(words) + 1}I", (len(words) + 1) * 4, *words)


def _whole(rows: bytes) -> bytes:
    if len(rows) != ROWS * 4:
        raise OSError(errno.EIO, "fewer rows than a Pi 4 has")
    return rows
