"""Events compressed one by one: a dictionary's number, then one zstd frame (RFC 8878).

    compressed = [number of the dictionary (1 byte)] [frame: content size stated, no checksum, no dictionary id]

- A small event compresses badly alone; a dictionary of what all events look like makes it two to four times smaller.
  It is trained on data that the project makes up, for it is public: a name it was trained on would be published by it.
- A number is for ever: records live for decades, so a dictionary once released stays, and a better one is the next.
- The frame's stated size is checked before a byte is decompressed, so no small record can fill a memory.
- zstd's contexts must not be shared between threads and cost more to make than to use: each thread keeps its own. A
  context carries nothing from one frame to the next, so the bytes are those that a new one gives.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from zstandard import (
    CONTENTSIZE_ERROR,
    CONTENTSIZE_UNKNOWN,
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    get_frame_parameters,
)

from protocol.records.dictionaries import DICTIONARIES, NEWEST
from protocol.records.refusals import BadCompression, TooLarge, UnknownDictionary

LEVEL: Final = 5
"""The first that uses the dictionary well: past it records get 1 % smaller and take twice as long."""

# RFC 8878, section 3.1.1: a frame begins with a magic number, then a descriptor. This one says: the size stated, no
# checksum, no dictionary's id. Its one block is the last, and compressed.
_MAGIC: Final = bytes.fromhex("28b52ffd")
_HEAD_END: Final = 1 + len(_MAGIC) + 1  # the number of the dictionary, the magic number, the descriptor
_DESCRIPTOR: Final = 0b0010_0000
_DESCRIPTOR_MASK: Final = 0b0011_1111
_BLOCK_HEAD: Final = 3
_ONLY_BLOCK: Final = 0b101
_LARGEST_BLOCK: Final = 1 << 21


def compress(plain: bytes) -> bytes:
    """Compress with the newest dictionary."""
    return bytes([NEWEST]) + _contexts.compressor().compress(plain)


def decompress(data: bytes, *, max_size: int) -> bytes:
    """What `compress` compressed, of whatever release; at most `max_size` bytes.

    Raises UnknownDictionary (an upgrade helps), TooLarge, or BadCompression for anything but one whole frame.
    """
    if not data:
        raise BadCompression("Nothing is there to decompress.")
    if data[0] not in DICTIONARIES:
        raise UnknownDictionary(f"Compressed with dictionary {data[0]}, which this release does not have: upgrade it.")
    frame = data[1:]
    stated = _stated_size(frame)
    if stated > max_size:
        raise TooLarge(f"The frame states {stated} bytes where {max_size} are allowed.")
    if not stated:  # python-zstandard returns early for these, and looks at nothing behind the header
        raise BadCompression("An event is never empty.")
    try:
        plain = _contexts.decompressor(data[0]).decompress(frame, allow_extra_data=False)
    except ZstdError as error:
        raise BadCompression("The frame is damaged, or bytes follow it.") from error
    return plain


def without_frame(compressed: bytes) -> bytes | None:
    """What is not the same for every event, or follows from the rest: the number of the dictionary, the head of the
    frame, its one block. Seven bytes less; None for bytes of which `with_frame` would make others."""
    head = _HEAD_END + _size_width(compressed[_HEAD_END - 1 : _HEAD_END])
    short = compressed[:1] + compressed[_HEAD_END - 1 : head] + compressed[head + _BLOCK_HEAD :]
    try:
        return short if with_frame(short) == compressed else None
    except BadCompression:
        return None


def with_frame(short: bytes) -> bytes:
    """What `without_frame` shortened; raises BadCompression for what it never makes."""
    head = 2 + _size_width(short[1:2])
    block = short[head:]
    if len(short) < _HEAD_END or short[1] & _DESCRIPTOR_MASK != _DESCRIPTOR or not 0 < len(block) < _LARGEST_BLOCK:
        raise BadCompression("The bytes are no shortened frame.")
    block_head = (len(block) << 3 | _ONLY_BLOCK).to_bytes(_BLOCK_HEAD, "little")
    return short[:1] + _MAGIC + short[1:head] + block_head + block


def _size_width(descriptor: bytes) -> int:
    """Bytes in which a frame of one segment states the size of its content, by the head's first byte."""
    return 1 << (descriptor[0] >> 6) if descriptor else 1


def _stated_size(frame: bytes) -> int:
    try:
        parameters = get_frame_parameters(frame)
    except ZstdError as error:
        raise BadCompression("The bytes are no zstd frame.") from error
    if parameters.content_size in (CONTENTSIZE_UNKNOWN, CONTENTSIZE_ERROR):
        raise BadCompression("The frame does not state its size.")
    return parameters.content_size


@cache
def _dictionary(number: int) -> ZstdCompressionDict:
    """A dictionary ready for use; read-only once made, so that threads may share it."""
    dictionary = ZstdCompressionDict(DICTIONARIES[number])
    dictionary.precompute_compress(level=LEVEL)
    return dictionary


class _Contexts(threading.local):
    """This thread's contexts, each made when first wanted."""

    def __init__(self) -> None:
        self._compressor: ZstdCompressor | None = None
        self._decompressors: dict[int, ZstdDecompressor] = {}

    def compressor(self) -> ZstdCompressor:
        """What compresses with the newest dictionary."""
        if self._compressor is None:
            self._compressor = ZstdCompressor(
                dict_data=_dictionary(NEWEST), write_content_size=True, write_checksum=False, write_dict_id=False
            )
        return self._compressor

    def decompressor(self, number: int) -> ZstdDecompressor:
        """What decompresses with this dictionary."""
        if number not in self._decompressors:
            self._decompressors[number] = ZstdDecompressor(dict_data=_dictionary(number))
        return self._decompressors[number]


_contexts = _Contexts()
