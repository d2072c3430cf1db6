"""What a connection of an annexe is driven over: frames in and out, whatever carries them."""

from __future__ import annotations

from typing import Protocol


class LineDead(Exception):
    """The connection broke under a frame; the text is the technical reason."""


class Socket(Protocol):
    """Frames out, frames in, each whole."""

    async def send_frame(self, frame: bytes) -> None:
        """Send one frame; raises LineDead."""

    async def receive_frame(self) -> bytes | None:
        """The next frame, or None when the other end has closed or the line is dead."""

    async def close(self) -> None:
        """Close, waiting no longer than a farewell takes."""
