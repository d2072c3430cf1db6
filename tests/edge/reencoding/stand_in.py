"""In the place of the process that makes scans anew, for tests of what happens to scans whatever they show."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable

from edge.reencoding.client import Reencoder


class StandInReencoder(Reencoder):
    """Lets a file through as it came: what is done with scans does not hang on what they show."""

    async def made_anew(self, content: AsyncIterable[bytes], media: str) -> AsyncGenerator[bytes, None]:
        async for piece in content:
            yield piece
