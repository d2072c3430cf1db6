"""Looking for a text in bytes in every form in which software lets one lie about: the eye of a card's thief."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import zstandard

MOST = 8 * 1024 * 1024
"""Bytes unpacked of one fragment: more than any page, paper or record has."""

PACKED = re.compile(rb"\x28\xb5\x2f\xfd|\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
"""Beginnings of what zstd, gzip and zlib have packed."""

STAMP = re.compile(rb'"timestamp":"[^"]*"')
"""When a line of the journal was said, to the microsecond: six digits, as a PIN has."""

WHOLE = {"a PNG": b"\x89PNG\r\n\x1a\n", "a PDF": b"%PDF-", "a JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF"}
"""Files that would be somebody's scan or paper, in clear."""


def forms(text: bytes) -> set[bytes]:
    """The ways in which a text may lie in a file: turned, spelt in hex and in base 64 at each of its three places."""
    plain = [text]
    with suppress(UnicodeDecodeError):  # a key is bytes, and no text
        plain += [text.decode().encode("utf-16-le"), text.decode().encode("utf-16-be")]
    found: set[bytes] = set()
    for one in plain:
        found |= {one, one[::-1], one.hex().encode(), one.hex().upper().encode(), one[::-1].hex().encode()}
        for before in range(3):
            coded = base64.b64encode(bytes(before) + one).rstrip(b"=")
            kept = coded[-(-before * 8 // 6) : len(coded) - 1]  # what no neighbour changes
            found |= {kept, kept.translate(bytes.maketrans(b"+/", b"-_"))}
    return {one for one in found if len(one) >= 6}  # shorter ones stand by chance in any megabyte


def unpacked(data: bytes) -> Iterator[bytes]:
    """What can be unpacked of whatever begins as a packed fragment."""
    for found in PACKED.finditer(data):
        piece = data[found.start() : found.start() + MOST]
        try:
            if piece.startswith(b"\x28\xb5"):
                yield zstandard.ZstdDecompressor().decompressobj().decompress(piece)
            else:
                packer = zlib.decompressobj(wbits=47 if piece.startswith(b"\x1f") else 15)
                yield packer.decompress(piece, MOST)
        except (zstandard.ZstdError, zlib.error):
            continue  # it only looked like one


def traces(folders: Sequence[Path], wanted: Mapping[str, bytes]) -> list[str]:
    """Which of what is wanted lies in which file below these folders, one line each."""
    looked_for = [(name, form) for name, text in wanted.items() for form in forms(text)]
    looked_for += list(WHOLE.items())
    found = set()
    for folder in folders:
        for path in (one for one in folder.rglob("*") if one.is_file()):
            data = STAMP.sub(b"", path.read_bytes())
            for piece in (data, *unpacked(data)):
                found |= {f"{name} in {path.name}" for name, form in looked_for if form in piece}
            found |= {f"{name} names a file" for name, form in looked_for if form in str(path).encode()}
    return sorted(found)
