"""A receipt printer of our own: it reads the bytes that a real one would be sent, and renders what they print.

It knows the commands that a ticket needs and refuses everything else. Text too: a printer would print it, in whatever
code page it happens to have, with Arabic letters unjoined; here that is a fault of whoever sent it.

    ESC @            begin anew                          ESC d n / ESC J n    feed n lines / n dots
    GS v 0 m x y …   print x bytes by y dots             LF                   feed a line
    GS V m [n]       (feed n dots and) cut               DLE EOT n            how are you? (n = 1, 2, 4)

Bytes may come in any portions. Source of the commands: Epson, "ESC/POS Application Programming Guide".
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from io import BytesIO

from PIL import Image

from devices.receipt_printer import (
    COVER,
    FIXED,
    PAPER_DOTS,
    PAPER_END,
    PAPER_NEAR_END,
    STOPPED_FOR_PAPER,
)

DLE, EOT, LF, ESC, GS = 0x10, 0x04, 0x0A, 0x1B, 0x1D

WIDTH = PAPER_DOTS // 8
"""Bytes across the paper."""

LINE_DOTS = 30
"""A line's height as printers come: 1/6 inch, rounded by their makers to 30 dots."""

LONGEST_DOTS = 20_000
"""Dots of one ticket, 2.5 m: past it somebody prints without ever cutting."""

Reader = Generator[None, int, None]


class NotEscPos(ValueError):
    """Bytes that are no ESC/POS, or none that a ticket needs; the message says which and where."""


class Ticket:
    """One piece of paper that was cut off: its rows of dots, `WIDTH` bytes each, a set bit printed black."""

    def __init__(self, rows: list[bytes]) -> None:
        self.rows = tuple(rows)

    @property
    def blank(self) -> bool:
        """Whether nothing is printed on it."""
        return not any(any(row) for row in self.rows)

    def png(self) -> bytes:
        """Return what the paper looks like."""
        size = (PAPER_DOTS, max(1, len(self.rows)))
        data = b"".join(self.rows) or bytes(WIDTH)
        picture = Image.frombytes("1", size, data, "raw", "1;I")
        out = BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()


class Roll:
    """The printer: bytes in, answers out, each ticket handed to `cut`. The sensors are set from outside, by hand."""

    def __init__(self, cut: Callable[[Ticket], None]) -> None:
        self._cut_off = cut
        self.out_of_paper = False
        self.nearly_out = False
        self.cover_open = False
        self._rows: list[bytes] = []
        self._answers = bytearray()
        self._read = 0
        self._commands = self._begin()

    def feed(self, data: bytes) -> bytes:
        """Take bytes in and return what the printer answers.

        NotEscPos at the first byte that it does not understand; what was printed so far is thrown away with the rest.
        """
        for byte in data:
            self._read += 1
            try:
                self._commands.send(byte)
            except NotEscPos:
                self._rows = []
                self._commands = self._begin()
                raise
        answers = bytes(self._answers)
        self._answers.clear()
        return answers

    def _begin(self) -> Reader:
        commands = self._follow()
        next(commands)
        return commands

    def _follow(self) -> Reader:
        starts: dict[int, Callable[[], Reader]] = {ESC: self._escape, GS: self._group, DLE: self._ask}
        while True:
            byte = yield
            if byte == LF:
                self._feed(LINE_DOTS)
            elif byte in starts:
                yield from starts[byte]()
            else:
                raise self._refusal("a byte outside any command (text in a code page?)", byte)

    def _escape(self) -> Reader:
        command = yield
        if command == ord("@"):
            return
        if command not in b"dJ":
            raise self._refusal("no command of a ticket: ESC", command)
        count = yield
        self._feed(count * (LINE_DOTS if command == ord("d") else 1))

    def _group(self) -> Reader:
        command = yield
        if command == ord("v"):
            yield from self._raster()
        elif command == ord("V"):
            yield from self._cut()
        else:
            raise self._refusal("no command of a ticket: GS", command)

    def _raster(self) -> Reader:
        head = []
        for _ in range(6):
            head.append((yield))
        zero, mode, *size = head
        width, height = size[0] + 256 * size[1], size[2] + 256 * size[3]
        if zero != ord("0") or mode not in (0, ord("0")):
            raise self._refusal("no raster picture in plain size: GS v", mode)
        if not 1 <= width <= WIDTH or not height:
            raise self._refusal(f"a picture of {8 * width} by {height} dots, not of {PAPER_DOTS} at most: GS v", zero)
        for _ in range(height):
            row = bytearray()
            for _ in range(width):
                row.append((yield))
            self._print(bytes(row).ljust(WIDTH, b"\0"))

    def _cut(self) -> Reader:
        mode = yield
        if mode in (65, 66):
            self._feed((yield))
        elif mode not in (0, 1, 48, 49):
            raise self._refusal("no way to cut: GS V", mode)
        rows, self._rows = self._rows, []
        self._cut_off(Ticket(rows))

    def _ask(self) -> Reader:
        command = yield
        if command != EOT:
            raise self._refusal("no real-time command: DLE", command)
        what = yield
        if what not in (1, 2, 4):
            raise self._refusal("no status that a printer has: DLE EOT", what)
        self._answers.append(FIXED | self._status(what))

    def _status(self, what: int) -> int:
        if what == 1:
            return 0x08 if self.out_of_paper or self.cover_open else 0
        if what == 2:
            return (COVER if self.cover_open else 0) | (STOPPED_FOR_PAPER if self.out_of_paper else 0)
        near = PAPER_NEAR_END if self.nearly_out or self.out_of_paper else 0
        return near | (PAPER_END if self.out_of_paper else 0)

    def _feed(self, dots: int) -> None:
        for _ in range(dots):
            self._print(bytes(WIDTH))

    def _print(self, row: bytes) -> None:
        if len(self._rows) >= LONGEST_DOTS:
            raise self._refusal(f"a ticket longer than {LONGEST_DOTS} dots that nobody cuts", 0)
        self._rows.append(row)

    def _refusal(self, what: str, byte: int) -> NotEscPos:
        return NotEscPos(f"{what} {byte:#04x}, byte {self._read} since the start")
