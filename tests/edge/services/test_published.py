"""The guide in memory is what the prefecture published last."""

from __future__ import annotations

import asyncio
from typing import Any

from edge.services import guide
from edge.services.office import Office
from edge.store.feeds import accept
from protocol.office.events import CataloguePublished, to_value
from tests.edge.services.support import RESIDENCE_ID
from tests.edge.web.support import RESIDENCE, both, feed_of

NEWER: dict[str, Any] = {**RESIDENCE, "version": 2, "name": both("شهادة أخرى", "Un autre certificat")}


async def publish_newer(office: Office) -> None:
    events = [to_value(CataloguePublished(id=RESIDENCE_ID, version=2, document=NEWER))]
    await accept(office.store, "berkane-05", *feed_of(events, b"segment2"))


async def test_a_publication_shows_at_the_next_question(office: Office) -> None:
    assert (await guide.procedure(office, RESIDENCE_ID)).version == 1
    await publish_newer(office)
    assert (await guide.procedure(office, RESIDENCE_ID)).version == 2
    assert "Un autre certificat" in [one.name.fr for one in await guide.procedures(office)]


async def test_a_publication_while_it_is_read_is_not_missed(office: Office) -> None:
    for _ in range(5):
        first, _published = await asyncio.gather(guide.procedure(office, RESIDENCE_ID), publish_newer(office))
        assert first.version in (1, 2)
        assert (await guide.procedure(office, RESIDENCE_ID)).version == 2


async def test_who_asks_again_is_answered_from_memory(office: Office) -> None:
    first = await guide.procedure(office, RESIDENCE_ID)
    assert await guide.procedure(office, RESIDENCE_ID) is first
