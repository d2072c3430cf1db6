"""Pages hear that something moved, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from central.prefecture import Prefecture
from protocol.office.catalogue import procedure_value
from tests.central.web.support import Annexe, Visitor, hidden


async def changed(stream: Any, topic: str) -> None:
    """Read until a topic is announced."""
    async with asyncio.timeout(10):
        while (await stream.content.readline()) != f"data: {topic}\n".encode():
            pass


async def test_a_page_hears_when_an_annexe_sent_something(officer: Visitor, annexe: Annexe) -> None:
    async with officer.get("/prefecture/live?topics=annexes,requests") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        await stream.content.readline()
        annexe.submit("granted")
        await annexe.send("granted")
        await changed(stream, "requests")


async def test_a_page_hears_when_something_is_published(prefecture: Prefecture, officer: Visitor) -> None:
    async with officer.get("/prefecture/live?topics=catalogue") as stream:
        await stream.content.readline()
        procedure = (await prefecture.centre.queries.catalogue())[0].procedure
        await prefecture.centre.feeds.publish_procedure(procedure_value(msgspec.structs.replace(procedure, version=9)))
        await changed(stream, "catalogue")


async def test_a_page_hears_what_it_has_missed_on_its_way(prefecture: Prefecture, officer: Visitor) -> None:
    prefecture.announcements.publish("annexes")
    async with officer.get("/prefecture/live?topics=annexes&age=60000") as stream:
        await changed(stream, "annexes")


async def test_a_page_that_follows_nothing_is_told_so(officer: Visitor) -> None:
    answer = await officer.get("/prefecture/live?topics=secrets")
    assert answer.status == 403


async def test_a_signed_out_page_goes_quiet(officer: Visitor, annexe: Annexe) -> None:
    form = hidden(await (await officer.get("/prefecture")).text())
    async with officer.get("/prefecture/live?topics=requests") as stream:
        await stream.content.readline()
        await officer.post("/prefecture/sign-out", data=form, allow_redirects=False)
        annexe.submit("granted")
        await annexe.send("granted")
        async with asyncio.timeout(10):
            rest = await stream.content.read()
        assert rest.count(b"event:") <= 1
