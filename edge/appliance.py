"""The appliance: store, services, screens, uplink and background work, put together and taken apart in order.

Started in the order in which they need each other, stopped in the reverse: the screens first, so that nobody is told of
something that is not kept, the store last.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from edge.background import Background
from edge.discovery import Announcement, Discovery
from edge.equipment import DeviceSettings, equipped
from edge.installation import Installation
from edge.link import jitter_of, keep_at, linked
from edge.link_settings import LinkSettings
from edge.listening import THIS_MACHINE, Place, certified, listening
from edge.networks import lan_addresses
from edge.opening import Entropy, Now, Way, medium_at, opened_office, sticks_on, way_of
from edge.services import calls
from edge.services.office import Office, Settings
from edge.services.sticks import StickDesk
from edge.starting import Starting
from edge.store.post import Post
from edge.store.refold import Progress, untold
from edge.sync.follower import Follower
from edge.sync.link import Dialler
from edge.sync.mirror import Mirror
from edge.sync.plugged import Plugged
from edge.sync.sticks import Believed, unheard
from edge.tls.keeper import Keeper
from edge.tls.trusting import trusting
from protocol.errors import OperatorError
from protocol.office.lan import LanAuthority
from protocol.office.seed import Seed, StandbySeed

log = structlog.get_logger("mulhaqa.appliance")

UPLINK_PATH = "/uplink"
"""Where a prefecture's server takes its annexes' connections, under the address that the seed names."""

MIRROR_PATH = "/mirror"
"""Where an annexe's appliance takes its standby's connection, under the address of its screens."""


@dataclass(frozen=True, slots=True)
class ApplianceSettings:
    """How to run: where to serve, the canonical origin, whether to look for the prefecture, the office's settings.

    `announce`: whether to be found on the annexe's own network; what is served to this machine alone is never announced
    unless `announce_on` names interfaces, and then on exactly those. `devices`: what hangs on this appliance.
    `plain`: serve without TLS, to this machine alone. `install_port`: where tablets get the root, None for nowhere.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    origin: str = ""
    plain: bool = False
    install_port: int | None = None
    uplink: bool = True
    centre_url: str = ""  # where the prefecture is, if it has moved since the seed was made
    verify_url: str = ""  # where papers are checked, if that has moved since the seed was made
    link: LinkSettings = field(default_factory=LinkSettings)
    follow: str = ""  # of a standby: the address of the appliance that it follows
    medium: Path | None = None  # where a second medium is mounted, on which the log follows
    announce: bool = True
    announce_on: tuple[str, ...] = ()
    sticks: Path | None = None  # where sticks appear, if not as Debian mounts them
    devices: DeviceSettings = field(default_factory=DeviceSettings)
    office: Settings = field(default_factory=Settings)

    @property
    def place(self) -> Place:
        """Where the screens are served."""
        return Place(self.host, self.port, self.plain, self.install_port, self.origin)

    @property
    def announced(self) -> bool:
        """Whether anyone on the network is told where the screens are."""
        return self.announce and (bool(self.announce_on) or not self.place.is_this_machine)


async def run(
    installation: Installation, settings: ApplianceSettings, now: Now, entropy: Entropy, starting: Starting
) -> None:
    """Serve the annexe until SIGTERM or SIGINT; OperatorError when it cannot, or when its store fails."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopped.set)
    async with serving(installation, settings, now, entropy, starting.folding) as office:
        starting.ready()
        office.store.on_failure(lambda _error: stopped.set())
        if office.store.failure is None:
            await stopped.wait()
        if office.store.failure is not None:
            raise office.store.failure
    log.info("appliance.stopped")


@asynccontextmanager
async def serving(
    installation: Installation,
    settings: ApplianceSettings,
    now: Now,
    entropy: Entropy,
    progress: Progress = untold,
) -> AsyncIterator[Office]:
    """Serve the annexe for as long as the context lasts; `progress` hears of a start that takes long."""
    settings.place.check(installation.seed)
    async with AsyncExitStack() as stack:
        devices = await stack.enter_async_context(equipped(settings.devices, now))
        office = await stack.enter_async_context(
            opened_office(
                installation,
                now,
                entropy,
                origin=settings.place.origin_for(installation.seed.annexe_id),
                verify_url=settings.verify_url,
                settings=settings.office,
                devices=devices,
                progress=progress,
            )
        )
        if devices.button is not None:
            devices.button.watch(lambda: calls.pressed(office))
        background = Background(office)
        await background.start()
        stack.push_async_callback(background.stop)
        way = await way_of(installation, office.store, entropy)
        await stack.enter_async_context(_mirrored(office, installation, settings, way, now, entropy))
        if settings.medium is not None:
            office.medium = medium_at(settings.medium, installation, office.store, way, now, entropy)
            office.medium.on_change(lambda _state: office.announcer.publish(["sync"]))
            keep_at(stack, office.medium.run(), "medium")
        believed: Believed = unheard
        is_standby = office.store.post is Post.STANDBY
        if settings.uplink and not is_standby:
            url = (settings.centre_url or installation.seed.centre_url).rstrip("/") + UPLINK_PATH
            uplink = await stack.enter_async_context(linked(office, way, url, settings.link))
            believed = uplink.learn
            uplink.on_change(lambda _status: office.announcer.publish(["sync"]))
        if not is_standby:  # what it carries is carried in the annexe's name
            office.sticks = StickDesk(
                sticks_on(way, now, entropy, believed), Plugged(settings.sticks), office.announcer, now
            )
            stack.push_async_callback(office.sticks.stop)
        keeper = await stack.enter_async_context(certified(settings.place, installation, office.store, now, entropy))
        if keeper is not None:
            office.certificate = keeper.state
            keeper.on_change(lambda: office.announcer.publish(["devices"]))
        await stack.enter_async_context(listening(office, settings.place, keeper))
        office.store.names.begin()
        if settings.announced and office.store.post is Post.ANNEXE:  # the name belongs to who serves
            discovery = _discovery(office, settings, keeper)
            office.announced = discovery.health
            await discovery.start()
            stack.push_async_callback(discovery.stop)
        log.info("appliance.serving", annexe=office.annexe.id, port=settings.port, software=office.software)
        yield office


@asynccontextmanager
async def _mirrored(
    office: Office, installation: Installation, settings: ApplianceSettings, way: Way, now: Now, entropy: Entropy
) -> AsyncIterator[None]:
    """Let a standby follow this machine, and this one follow another if it is to."""
    if settings.follow and not isinstance(installation.seed, StandbySeed):
        raise OperatorError("This is the annexe's first appliance, which follows no other: leave out --follow.")
    async with AsyncExitStack() as stack:
        office.mirror = Mirror(
            office.store, identity=way.identity, trust=way.trust, opening=way.opening, now=now, entropy=entropy
        )
        office.mirror.on_change(lambda _state: office.announcer.publish(["sync"]))
        stack.push_async_callback(office.mirror.close)
        if settings.follow:
            office.follower = Follower(
                office.store,
                _dialler(settings, installation.seed),
                identity=way.identity,
                trust=way.trust,
                opening=way.opening,
                now=now,
                entropy=entropy,
                jitter=jitter_of(entropy),
            )
            office.follower.on_change(lambda _status: office.announcer.publish(["sync"]))
            keep_at(stack, office.follower.run(), "mirror")
        yield


def _dialler(settings: ApplianceSettings, seed: Seed) -> Dialler:
    """To the appliance that is followed: by TLS, believed by the annexes' own root alone; in the clear on loopback."""
    url = urlsplit(settings.follow)
    if url.scheme == "http" and url.hostname not in THIS_MACHINE:
        raise OperatorError(f"An annexe's appliance answers by HTTPS alone: give --follow as https://{url.netloc}.")
    if url.scheme == "https" and seed.lan is None:
        raise OperatorError(
            "This standby's seed is of before the screens had HTTPS, so it cannot tell the annexe's appliance by its "
            "certificate. At the prefecture: mulhaqa-provision lan and seed; here: mulhaqa-edge renew."
        )
    context = None if seed.lan is None else trusting(LanAuthority.from_value(seed.lan))
    return Dialler(settings.follow.rstrip("/") + MIRROR_PATH, trust=context)


def _discovery(office: Office, settings: ApplianceSettings, keeper: Keeper | None) -> Discovery:
    def says() -> Announcement:
        certificate = "" if keeper is None else keeper.leaf.fingerprint
        return Announcement(office.annexe.id, office.software, settings.port, certificate)

    return Discovery(
        says,
        lambda: lan_addresses(settings.host, settings.announce_on),
        lambda: office.announcer.publish(["devices"]),
    )
