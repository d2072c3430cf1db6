"""What goes between the press's two processes: a length of 4 bytes, big-endian, then msgpack.

Both ends are our own code of the same release, on one pipe that nobody else can write to; the length is still bounded,
so that a stray `print` on the worker's output is a clear error and not an endless wait.
"""

from __future__ import annotations

import asyncio
import struct
from typing import BinaryIO, Literal

import msgspec

from edge.press.documents import CertificateData, DeclarationData, Language, Paper, ReceiptData
from edge.press.notices import Notice
from protocol.errors import PeerError

LENGTH = struct.Struct(">I")

MAX_FRAME = 16 * 1024 * 1024
"""A sealed certificate has 100 kB; a hundred times that is a fault, not a document."""


class FrameError(PeerError):
    """The other process said something that is no frame."""

    kind = "press-frame"


class Seals(msgspec.Struct, frozen=True, array_like=True):
    """Seal keys on the pipe; they are held no longer than the job."""

    pades_key: bytes
    pades_cert: bytes
    chain: list[bytes]
    token_key: bytes
    token_cert: bytes

    def __repr__(self) -> str:
        return "Seals(...)"


class ReceiptJob(msgspec.Struct, frozen=True, tag="receipt"):
    """Set a receipt."""

    data: ReceiptData
    language: Language
    paper: Paper


class NoticeJob(msgspec.Struct, frozen=True, tag="notice"):
    """Set a notice about a request."""

    data: Notice
    language: Language


class TicketJob(msgspec.Struct, frozen=True, tag="ticket"):
    """Draw a receipt as a ticket."""

    data: ReceiptData
    language: Language


class CertificateJob(msgspec.Struct, frozen=True, tag="certificate"):
    """Set a certificate and seal it."""

    data: CertificateData
    seals: Seals


class DeclarationJob(msgspec.Struct, frozen=True, tag="declaration"):
    """Set a blank declaration on honour."""

    data: DeclarationData


Job = ReceiptJob | TicketJob | NoticeJob | CertificateJob | DeclarationJob


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The document; `token` is empty for all but a certificate."""

    pdf: bytes
    token: str = ""


class Drawn(msgspec.Struct, frozen=True, tag="drawn"):
    """The picture of a ticket."""

    png: bytes


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why there is none: `who` must act; the message names no person (for a fault of ours: its kind and place)."""

    who: Literal["operator", "caller", "fault"]
    message: str


Answer = Done | Drawn | Failed

_encoder = msgspec.msgpack.Encoder()
_jobs: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def frame(message: Job | Answer) -> bytes:
    """Return `message` with its length before it."""
    body = _encoder.encode(message)
    return LENGTH.pack(len(body)) + body


def read_job(pipe: BinaryIO) -> Job | None:
    """Return the next job, or None at the end of the pipe; FrameError for what is no job."""
    header = pipe.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    body = pipe.read(_length(header))
    try:
        return _jobs.decode(body)
    except msgspec.DecodeError as error:
        raise FrameError("The press was handed something that is no job.") from error


async def read_answer(pipe: asyncio.StreamReader) -> Answer:
    """Return the next answer; EOFError at the end of the pipe, FrameError for what is no answer."""
    body = await pipe.readexactly(_length(await pipe.readexactly(LENGTH.size)))
    try:
        return _answers.decode(body)
    except msgspec.DecodeError as error:
        raise FrameError("The press answered something that is no answer.") from error


def _length(header: bytes) -> int:
    (length,) = LENGTH.unpack(header)
    if length > MAX_FRAME:
        raise FrameError(f"A frame of the press would have {length} bytes: something else writes to its pipe.")
    return int(length)
