"""The sealed roots as text that can be typed back from paper, and scanned.

    a line   NN: AAAAA BBBBB CCCCC DDDDD = KK      number, at most 20 symbols of Crockford's base 32, check

- The symbols of all lines in order are the box (protocol.records.strongbox) as one number, 5 bits each, the last symbol
  filled up with zeros. I, L and O are read as 1, 1 and 0; capitals, blanks and the signs between do not matter.
- The check is 10 bits of BLAKE2b over the line's number, whether it is the last, and its symbols: a slip shows in its
  own line (one in a thousand does not, and then the box refuses to open), and so do lines missing or changed about.
- Without the passphrase the paper is worth as much as the box: that is why it may lie in another building.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from protocol.errors import OperatorError, PeerError
from protocol.records.hashing import digest

SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SLIPS: Final = str.maketrans("OIL", "011")
IN_LINE: Final = 20
GROUP: Final = 5
LINE: Final = re.compile(rf"([0-9]{{2}})([{SYMBOLS}]{{1,{IN_LINE}}})([{SYMBOLS}]{{2}})")

MAX_TEXT: Final = 16 * 1024
"""Characters of what was typed: the sheet of a sealed root has some 500."""


class SheetRefused(PeerError):
    """What was typed is not what stands on a sheet; the message names the lines."""

    kind = "sheet-refused"


def lines_of(box: bytes) -> list[str]:
    """The lines of a sheet."""
    symbols = _symbols(box)
    parts = [symbols[start : start + IN_LINE] for start in range(0, len(symbols), IN_LINE)]
    if len(parts) > 99:
        raise OperatorError("This is too long for a sheet of paper: give the file of the roots alone.")
    return [_line(number, part, is_last=number == len(parts)) for number, part in enumerate(parts, start=1)]


def code_of(box: bytes) -> str:
    """The same for a QR code, without numbers and checks: the code has its own."""
    return _symbols(box)


def typed_back(text: str) -> bytes:
    """The box in the lines that somebody typed, or in a QR code's text; raises SheetRefused naming each bad line."""
    if len(text) > MAX_TEXT:
        raise SheetRefused("This is longer than any sheet: type the numbered lines and nothing else.")
    lines = [line for line in map(_bare, text.splitlines()) if line]
    if len(lines) == 1 and len(lines[0]) > len("01") + IN_LINE + len("KK"):
        return _bytes(lines[0])
    return _bytes("".join(_checked(lines)))


def _checked(lines: Sequence[str]) -> list[str]:
    found, wrong = dict[int, str](), list[int]()
    last = 0
    for place, line in enumerate(lines, start=1):
        match = LINE.fullmatch(line)
        number, symbols, check = (int(match[1]), match[2], match[3]) if match else (place, "", "")
        if symbols and check == _check(number, symbols, is_last=True):
            found[number], last = symbols, number
        elif symbols and check == _check(number, symbols, is_last=False):
            found[number] = symbols
        else:
            wrong.append(number)
    if wrong:
        raise SheetRefused(f"Not as on the sheet: line {_named(wrong)}. Compare each sign, and type it again.")
    if not last:
        raise SheetRefused("The last line is missing: type all of them.")
    missing = sorted(set(range(1, last + 1)) - set(found))
    if missing or len(found) > last:
        raise SheetRefused(f"Missing: line {_named(missing)}." if missing else "These are lines of two sheets.")
    return [found[number] for number in sorted(found)]


def _line(number: int, symbols: str, *, is_last: bool) -> str:
    groups = " ".join(symbols[start : start + GROUP] for start in range(0, len(symbols), GROUP))
    return f"{number:02}: {groups} = {_check(number, symbols, is_last=is_last)}"


def _check(number: int, symbols: str, *, is_last: bool) -> str:
    hashed = digest("sheet-line", bytes([number, is_last]), symbols.encode(), size=2)
    value = int.from_bytes(hashed, "big")
    return SYMBOLS[value >> 5 & 31] + SYMBOLS[value & 31]


def _bare(line: str) -> str:
    """A typed line without blanks and signs, in the one spelling of its symbols."""
    return re.sub(r"[^0-9A-Z]", "", line.upper()).translate(SLIPS)


def _symbols(data: bytes) -> str:
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return "".join(SYMBOLS[number >> 5 * place & 31] for place in reversed(range(count)))


def _bytes(symbols: str) -> bytes:
    if not symbols or not set(symbols) <= set(SYMBOLS):
        raise SheetRefused("Only the signs on the sheet are used: digits, and letters but for U.")
    size = len(symbols) * 5 // 8
    number = 0
    for symbol in symbols:
        number = number << 5 | SYMBOLS.index(symbol)
    return (number >> len(symbols) * 5 - size * 8).to_bytes(size, "big")


def _named(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in sorted(set(numbers)))
