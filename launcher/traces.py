"""Whether what was left on the disk shows what somebody typed: in clear, as UTF-16, in hexadecimal or base64.

This is the coarse sieve that every selftest runs. A finer one (compressed, hashed) is for those who do not trust us.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

SHORTEST = 5  # letters; a shorter text is found everywhere by chance


def traces(folder: Path, typed: Iterable[str], *, except_in: Path) -> list[str]:
    """The files under `folder`, outside of `except_in`, that show one of the typed texts."""
    wanted = [form for text in typed if len(text) >= SHORTEST for form in forms(text)]
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_relative_to(except_in):
            data = path.read_bytes()
            if any(form in data for form in wanted):
                found.append(str(path.relative_to(folder)))
    return found


def forms(text: str) -> Iterator[bytes]:
    """The ways in which a text may lie in a file."""
    for plain in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        yield from _base64(plain)


def _base64(plain: bytes) -> Iterator[bytes]:
    """What of the text base64 shows wherever it begins: its three alignments without the neighbours' letters."""
    for lead in range(3):
        coded = base64.b64encode(bytes(lead) + plain)
        first = -(-lead * 8 // 6)
        last = (lead + len(plain)) * 8 // 6
        yield coded[first:last]
        yield coded[first:last].translate(bytes.maketrans(b"+/", b"-_"))
