"""Being found on the annexe's own network, by multicast DNS (RFC 6762, RFC 6763).

Rules:

- Announced is what is served. `_mulhaqa._tcp` always; beside it `_https._tcp` where the screens have a certificate,
  with its SHA-256 in the TXT record, and `_http._tcp` while they have none: a browser that is sent to HTTPS at a port
  that speaks HTTP shows an error that nobody understands. `_mulhaqa._tcp` says which in `scheme`.
- The annexe's id is in every name and nothing of the machine is: `berkane-05._mulhaqa._tcp.local`, `berkane-05.local`.
  A fleet written from one image so never collides. A second machine with the *same* id is a cloned card: it is not
  renamed ("berkane-05-2" would be an annexe that does not exist), it stays silent, says so, and tries again.
- On the LAN's interfaces only (`edge.networks`), IPv4 as is served. A change of addresses or of the certificate is
  looked for every few seconds and announced at once. A screen served to this machine alone is not announced.
- One responder a host: the appliance's image has no Avahi. Where it runs all the same, both share port 5353 and each
  answers for its own names, so the annexe is found; only a question sent to this host's address alone may reach the
  wrong one of the two (RFC 6762, section 15). The administration page says so.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from zeroconf import Error as ZeroconfError
from zeroconf import IPVersion, NonUniqueNameException, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from devices.health import Condition, Health
from edge.services.announced import BESIDE_AVAHI, NO_NETWORK, NOT_YET, TAKEN

log = structlog.get_logger("mulhaqa.discovery")

DEVICE = "discovery"
ANNEXES, SECURE, PLAIN = "_mulhaqa._tcp.local.", "_https._tcp.local.", "_http._tcp.local."

LOOK_S = 5.0
"""Seconds between two looks at the addresses: a cable that was plugged into another network is found before whoever
plugged it has walked back to a screen."""

AGAIN_S = 60.0
"""Seconds until a taken name is tried again: probing asks the whole LAN."""

AVAHI = Path("/run/avahi-daemon/socket")
"""Where Avahi listens to its own machine's programs."""

Addresses = Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced: the annexe's id, its software, the port that it serves at, and its certificate's SHA-256 as
    hexadecimal digits, "" while it serves without one."""

    annexe: str
    software: str
    port: int
    certificate: str = ""

    @property
    def host(self) -> str:
        """The host name whose address record is announced."""
        return f"{self.annexe}.local."

    def services(self, addresses: Sequence[str]) -> list[ServiceInfo]:
        """Return the services at these addresses."""
        scheme = "https" if self.certificate else "http"
        about = {"txtvers": "1", "id": self.annexe, "version": self.software, "scheme": scheme}
        if self.certificate:
            about["sha256"] = self.certificate
        web = SECURE if self.certificate else PLAIN
        return [self._service(ANNEXES, about, addresses), self._service(web, {**about, "path": "/"}, addresses)]

    def _service(self, kind: str, about: dict[str, str], addresses: Sequence[str]) -> ServiceInfo:
        return ServiceInfo(
            kind,
            f"{self.annexe}.{kind}",
            port=self.port,
            properties=about,
            server=self.host,
            parsed_addresses=list(addresses),
        )


class Discovery:
    """Keeps the announcement up to date, from `start` to `stop`.

    `says` gives what is announced and `addresses` where, both of this moment; `changed` is called when the health has
    changed.
    """

    def __init__(
        self, says: Callable[[], Announcement], addresses: Addresses, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._says = says
        self._said: Announcement | None = None
        self._find = addresses
        self._changed = changed
        self._addresses: tuple[str, ...] = ()
        self._services: list[ServiceInfo] = []
        self._responder: AsyncZeroconf | None = None
        self._why = NOT_YET
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin: the first announcement takes a second, and nobody waits for it."""
        self._watching = asyncio.create_task(self._watch(), name="discovery")
        self._watching.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Say goodbye, so that nobody is sent here any more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._withdraw()

    def health(self) -> Health:
        """Say whether this annexe can be found."""
        if self._why:
            return Health(DEVICE, Condition.DEGRADED, simulated=False, why=self._why)
        return Health(DEVICE, Condition.WORKING, simulated=False, why=BESIDE_AVAHI if avahi_runs() else "")

    async def refresh(self) -> None:
        """Announce at the addresses of this moment, if they have changed or are not announced yet."""
        addresses = tuple(self._find())
        before = self._why
        if not addresses:
            await self._withdraw()
            self._why = NO_NETWORK
        elif self._responder is None:
            await self._announce(addresses)
        elif addresses != self._addresses or self._says() != self._said:
            await self._move(self._responder, addresses)
        if self._why != before:
            log.info("discovery.changed", why=self._why or "announced", addresses=len(addresses))
            self._changed()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Leave a trace when the watch ended by a fault of its own: the office works on, and nobody finds it."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("discovery.died", error=type(error).__name__, exc_info=error)
            self._why = NOT_YET
            self._changed()

    async def _watch(self) -> None:
        while True:
            try:
                await self.refresh()
            except (OSError, ZeroconfError) as error:  # the network went away in the middle of a sentence: look again
                log.warning("discovery.failed", error=type(error).__name__)
                await self._withdraw()
                self._why = NO_NETWORK
            await asyncio.sleep(AGAIN_S if self._why == TAKEN else LOOK_S)

    async def _announce(self, addresses: tuple[str, ...]) -> None:
        self._responder = AsyncZeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
        self._prepare(addresses)
        try:
            said = [
                await self._responder.async_register_service(one, allow_name_change=False) for one in self._services
            ]
            await asyncio.gather(*said)
        except NonUniqueNameException:
            await self._withdraw()
            self._why = TAKEN
        else:
            self._why = ""

    async def _move(self, responder: AsyncZeroconf, addresses: tuple[str, ...]) -> None:
        """The new addresses first, then the interfaces: what is announced on a new one is true at once."""
        self._prepare(addresses)
        await responder.async_update_interfaces(interfaces=list(addresses))
        await asyncio.gather(*[await responder.async_update_service(service) for service in self._services])

    def _prepare(self, addresses: tuple[str, ...]) -> None:
        self._addresses, self._said = addresses, self._says()
        self._services = self._said.services(addresses)

    async def _withdraw(self) -> None:
        responder, self._responder = self._responder, None
        self._addresses, self._services = (), []
        if responder is not None:
            with suppress(OSError):  # the network is gone: there is nobody to say goodbye to
                await responder.async_unregister_all_services()
            await responder.async_close()


def avahi_runs(place: Path = AVAHI) -> bool:
    """Whether Avahi serves this machine's programs."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(place))
        except OSError:
            return False
    return True
