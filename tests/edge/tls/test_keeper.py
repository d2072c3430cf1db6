"""The certificate of the screens through the months: renewed in time, under way, and where it cannot be, said so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edge.services.certificate import AUTHORITY_ENDED, AUTHORITY_ENDS, FAILED
from edge.tls.keeper import BEFORE_MS, Keeper
from edge.tls.leaf import DAY_MS, LEAF_MS
from protocol.errors import CallerError
from tests.edge.tls.support import HOST, LOCAL, MADE_MS, Machine, handshake, networks

NETWORKS = networks()


def shown(keeper: Keeper) -> str:
    """The fingerprint of what a browser gets that connects now."""
    certificate = handshake(keeper.context, NETWORKS.trusting, HOST)[1]
    return x509.load_der_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()


async def test_a_leaf_is_renewed_a_month_before_it_ends_and_not_earlier() -> None:
    machine = Machine()
    keeper = await machine.keeper(NETWORKS.signer)
    first = keeper.leaf
    machine.now_ms += LEAF_MS - BEFORE_MS - DAY_MS
    await keeper.look()
    assert keeper.leaf is first
    machine.now_ms += DAY_MS
    await keeper.look()
    assert keeper.leaf.not_after_ms == machine.now_ms + LEAF_MS
    assert shown(keeper) == keeper.leaf.fingerprint == keeper.state().fingerprint != first.fingerprint


async def test_another_address_gets_into_the_leaf_and_who_listens_is_told() -> None:
    machine, heard = Machine(), list[str]()
    keeper = await machine.keeper(NETWORKS.signer)
    assert keeper.state().install == ""
    keeper.page_at(80)
    keeper.on_change(lambda: heard.append(keeper.state().install))
    machine.addresses = ["192.168.44.2"]
    await keeper.look()
    await keeper.look()
    assert list(keeper.leaf.names) == [HOST, LOCAL, "192.168.44.2"]
    assert heard == ["http://192.168.44.2/install"]
    machine.addresses = ["41.140.1.1"]  # a public one, which no annexe's authority may vouch for
    await keeper.look()
    assert list(keeper.leaf.names) == [HOST, LOCAL]
    assert shown(keeper) == keeper.leaf.fingerprint


async def test_a_clock_that_is_put_right_gets_a_leaf_of_the_right_time() -> None:
    machine = Machine(now_ms=MADE_MS + 1000 * DAY_MS)
    keeper = await machine.keeper(NETWORKS.signer)
    machine.now_ms = MADE_MS + 60 * DAY_MS
    await keeper.look()
    assert keeper.leaf.not_after_ms == machine.now_ms + LEAF_MS


async def test_the_last_leaf_ends_with_its_authority_and_the_page_says_so_beforehand() -> None:
    machine = Machine()
    keeper = await machine.keeper(NETWORKS.signer)
    assert keeper.state().wrong == ""
    machine.now_ms = NETWORKS.signer.not_after_ms - 100 * DAY_MS
    await keeper.look()
    assert keeper.state().wrong == AUTHORITY_ENDS
    machine.now_ms = NETWORKS.signer.not_after_ms + DAY_MS
    await keeper.look()
    last = keeper.leaf
    await keeper.look()
    assert keeper.leaf is last
    assert (keeper.state().wrong, last.not_after_ms) == (AUTHORITY_ENDED, NETWORKS.signer.not_after_ms)
    again = await Machine(now_ms=machine.now_ms).keeper(NETWORKS.signer)
    assert again.state().wrong == AUTHORITY_ENDED


async def test_a_renewal_that_fails_leaves_the_leaf_and_is_tried_again() -> None:
    machine = Machine()
    keeper = await machine.keeper(NETWORKS.signer)
    first, draw = keeper.leaf, machine.draw

    def empty(_size: int) -> bytes:
        raise OSError("no entropy")

    machine.now_ms += LEAF_MS - BEFORE_MS
    machine.draw = empty
    await keeper.look()
    assert (keeper.leaf, keeper.state().wrong) == (first, FAILED)
    assert shown(keeper) == first.fingerprint
    machine.draw = draw
    await keeper.look()
    assert keeper.state().wrong == ""
    assert keeper.leaf is not first


async def test_open_connections_live_through_a_renewal_and_new_ones_get_the_new_leaf() -> None:
    machine = Machine()
    keeper = await machine.keeper(NETWORKS.signer)
    async with served(keeper) as port:
        early = await Visitor.at(port)
        first = await early.asks()
        machine.now_ms += LEAF_MS
        await keeper.look()
        late = await Visitor.at(port)
        assert await early.asks() == first
        assert await late.asks() == keeper.leaf.fingerprint != first
        for visitor in (early, late):
            await visitor.leave()


@asynccontextmanager
async def served(keeper: Keeper) -> AsyncIterator[int]:
    """A page behind the keeper's certificate; gives its port."""
    app = web.Application()
    app.router.add_get("/", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=keeper.context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@dataclass
class Visitor:
    """One connection, kept open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def at(cls, port: int) -> Visitor:
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=NETWORKS.trusting, server_hostname=HOST))

    async def asks(self) -> str:
        """Ask for the page; returns the fingerprint of what this connection was shown."""
        self.writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        await self.reader.readuntil(b"here")
        certificate = self.writer.get_extra_info("ssl_object").getpeercert(True)
        return x509.load_der_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex()

    async def leave(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="here")


async def test_nothing_is_shown_before_there_is_a_leaf() -> None:
    machine = Machine()
    with pytest.raises(CallerError):
        _ = Keeper(NETWORKS.signer, (HOST,), lambda: [], machine.instants, machine.entropy).leaf
