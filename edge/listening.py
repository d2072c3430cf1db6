"""Where the screens are served: by HTTPS to the annexe's network, or in the clear to this machine alone.

Rules:

- Plain HTTP is served on loopback and only when it was asked for: what would be plain on a network is refused at the
  start, with what to do. Nothing falls back to it.
- The canonical origin is a name, not an address: it stays when the address changes, and when a standby, which vouches
  for the same names with an authority of its own, takes over.
- Port 80 has the page that installs the root, and the way to the screens (`edge.web.install`). That it cannot be
  opened stops nothing: the screens are elsewhere.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from edge.custody.here import keeper_here
from edge.installation import Installation
from edge.link import keep_at
from edge.networks import lan_addresses
from edge.opening import Entropy, Now
from edge.services.office import Office
from edge.store.store import Store
from edge.store.timetable import signed_by_prefecture
from edge.tls.keeper import Keeper
from edge.tls.last_leaf import forget_leaf, keep_leaf
from edge.tls.leaf import Instants, Signer
from edge.web import application, install
from protocol.errors import OperatorError
from protocol.office.lan import LanAuthority, hosts_of
from protocol.office.seed import Seed
from protocol.records.credentials import parse_credential

log = structlog.get_logger("mulhaqa.listening")

THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")
"""Addresses that nobody else can reach."""

HTTPS: Final = 443

SHUTDOWN_S: Final = 5.0
"""How long what is being answered may take when the appliance stops."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to serve. `plain`: without TLS; `install_port`: where tablets get the root, None for nowhere; `origin`: the
    canonical one, "" for the annexe's first host name."""

    host: str
    port: int
    plain: bool
    install_port: int | None
    origin: str

    @property
    def is_this_machine(self) -> bool:
        """Whether nobody else can reach it."""
        return self.host in THIS_MACHINE

    def origin_for(self, annexe_id: str) -> str:
        """The canonical address of an annexe's screens, without a final slash."""
        if self.origin:
            return self.origin.rstrip("/")
        if self.plain:
            return f"http://localhost:{self.port}"
        return f"https://{hosts_of(annexe_id)[0]}" + ("" if self.port == HTTPS else f":{self.port}")

    def check(self, seed: Seed) -> None:
        """Raise OperatorError where the screens could not be served so, or would be served in the clear."""
        if self.plain:
            if not self.is_this_machine:
                raise OperatorError(
                    f"Plain HTTP is for this machine alone, and {self.host} can be reached by others: leave out "
                    "--plain-http, or serve at 127.0.0.1."
                )
            return
        if seed.lan is None:
            raise OperatorError(
                "This appliance's seed is of before its screens had HTTPS, and they are not served without. At the "
                "prefecture: mulhaqa-provision lan, then mulhaqa-provision seed; here: mulhaqa-edge renew. To look at "
                "it on this machine alone: --plain-http."
            )
        parts = urlsplit(self.origin_for(seed.annexe_id))
        if parts.scheme != "https" or parts.hostname not in hosts_of(seed.annexe_id):
            raise OperatorError(
                f"--origin {self.origin} is no address that this appliance can prove to be its own: choose https:// "
                f"with {' or '.join(hosts_of(seed.annexe_id))}."
            )


@asynccontextmanager
async def certified(
    place: Place, installation: Installation, store: Store, now: Now, entropy: Entropy
) -> AsyncIterator[Keeper | None]:
    """Keep the certificate of the screens good for as long as the context lasts; None where they are served plainly."""
    if place.plain:
        yield None
        return
    signer = Signer(LanAuthority.from_value(installation.seed.lan))
    keeper = Keeper(
        signer,
        hosts_of(installation.seed.annexe_id),
        lambda: lan_addresses(place.host),
        _clock(installation, store, signer, now),
        entropy,
    )
    if keeper_here(installation.folder).takes_passphrase:
        keeper.keep_with(lambda leaf: keep_leaf(installation.folder, leaf))
    else:
        forget_leaf(installation.folder)
    await keeper.begin()
    async with AsyncExitStack() as stack:
        keep_at(stack, keeper.run(), "certificate")
        yield keeper


def _clock(installation: Installation, store: Store, signer: Signer, now: Now) -> Callable[[], Awaitable[Instants]]:
    """Now, and the latest instant that the prefecture vouches for: in its records, in this machine's credentials."""
    made_ms = max(parse_credential(installation.seed.credential).not_before, signer.not_before_ms)

    async def instants() -> Instants:
        async with store.reading() as reader:
            signed_ms = await signed_by_prefecture(reader)
        return Instants(now(), max(made_ms, signed_ms or 0))

    return instants


@asynccontextmanager
async def listening(office: Office, place: Place, keeper: Keeper | None) -> AsyncIterator[None]:
    """Serve the screens for as long as the context lasts; OperatorError when their port cannot be opened."""
    async with AsyncExitStack() as stack:
        context = None if keeper is None else keeper.context
        await stack.enter_async_context(served(application.build(office), place.host, place.port, context))
        if keeper is not None and place.install_port is not None:
            page = install.build(office.annexe, keeper.root, office.now, office.entropy)
            try:
                await stack.enter_async_context(served(page, place.host, place.install_port, None))
                keeper.page_at(place.install_port)
            except OperatorError as error:
                log.warning("install_page.not_served", why=str(error))
        yield


@asynccontextmanager
async def served(
    app: web.Application, host: str, port: int, tls: SSLContext | None, shutdown_s: float = SHUTDOWN_S
) -> AsyncIterator[int]:
    """Serve an application while the context lasts; yields the port. OperatorError when it cannot be opened."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_s)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, ssl_context=tls).start()
        except OSError as error:
            raise OperatorError(
                f"Port {port} cannot be opened ({error.strerror}): stop what uses it, or choose another."
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
