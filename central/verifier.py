"""`python -m central.verifier`: verifies signatures for the server that started it (`central.verifying`).

    question  length (4 bytes, big-endian), then the msgpack array of [public key, message, signature] for each record
    answer    for each record one byte: 1 if the holder of the key signed the message as a record, else 0

It holds no secret, and ends when its input does.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

import msgspec

from protocol.errors import PeerError
from protocol.records.keys import verify_signature

LENGTH = 4

Claim = tuple[bytes, bytes, bytes]
"""Public key, message, signature."""

_decode = msgspec.msgpack.Decoder(list[Claim]).decode


def is_signed(claim: Claim) -> bool:
    """Whether the holder of the public key signed the message as a record."""
    public, message, signature = claim
    try:
        verify_signature(public, "record", message, signature)
    except PeerError:
        return False
    return True


def answer(question: bytes) -> bytes:
    """The answer to a question without its length."""
    return bytes(is_signed(claim) for claim in _decode(question))


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""
    while len(head := questions.read(LENGTH)) == LENGTH:
        answers.write(answer(questions.read(int.from_bytes(head, "big"))))
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
