"""Keeping the list of void certificates published: in `all` when it is due, and in the file that papers need."""

from __future__ import annotations

from central.centre import Centre
from central.revocation_file import RevocationFile
from protocol.errors import PeerError


async def keep_revocations(centre: Centre, file: RevocationFile) -> bool:
    """Publish the list if it is due, and bring the file up to it; returns whether a list was published.

    Another process may have published it: the file follows all the same. One that the disk has damaged is written anew.
    """
    published = await centre.revocations.publish_due(centre.now())
    newest = await centre.revocations.current()
    if newest is not None and _number_in(file) != newest.number:
        document = await centre.revocations.document()
        if document is not None:
            file.write(document)
    return published


def _number_in(file: RevocationFile) -> int | None:
    try:
        held = file.current()
    except PeerError:
        return None
    return held.number if held else None
