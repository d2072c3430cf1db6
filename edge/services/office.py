"""What every service is handed: the annexe it works for, and its ports to the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from devices.health import Health
from devices.modem import Modem
from edge.press.client import Press
from edge.reencoding.client import Reencoder
from edge.services.agenda import Agenda
from edge.services.announcer import Announcer
from edge.services.attempts import Attempts
from edge.services.calls import Calls
from edge.services.certificate import CertificateState, plain_on_loopback
from edge.services.devices import Devices
from edge.services.invited import Pairing
from edge.services.known_screens import Screens
from edge.services.link import LinkDesk
from edge.services.passwords import Passwords
from edge.services.published import Published
from edge.services.setbacks import Setbacks
from edge.services.sticks import StickDesk
from edge.store.store import Store
from edge.sync.follower import Follower
from edge.sync.medium import Medium
from edge.sync.mirror import Mirror
from protocol.office.casework import UNDO_MS
from protocol.office.events import Actor
from protocol.office.seals import SealKeys

SYSTEM = Actor(role="system", id="annexe", name="Mulhaqa", name_ar="ملحقة")
"""Who signs for what the appliance does by itself: sealing what was granted, sending what was queued."""


@dataclass(frozen=True, slots=True)
class AnnexeProfile:
    """What the seed says of this annexe. `origin` is the canonical address of its screens, without a final slash."""

    id: str
    prefix: str
    name_ar: str
    name_fr: str
    town_ar: str
    town_fr: str
    province_ar: str
    province_fr: str
    origin: str
    verify_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may change.

    `undo_ms`: how long a decision can be taken back before it is sealed and told (a minute by default: long enough to
    notice a slip of the finger). `retries_ms`: the waits before each new try of an SMS; after the last it is final.
    `scans_kept_days`: how long scans are kept after a request is over (`edge.services.retention`); None: they are kept.
    """

    undo_ms: int = UNDO_MS
    scans_kept_days: int | None = None
    retries_ms: tuple[int, ...] = (60_000, 300_000, 1_800_000, 7_200_000, 43_200_000)


@dataclass(frozen=True, slots=True)
class UplinkState:
    """The way to the prefecture, as the screens show it.

    `behind`: records that the prefecture has not confirmed. `since_ms`: since when there is a link. `confirmed_ms`: its
    last confirmation. `error`: a msgid, None when nothing is wrong, `detail` its technical reason. `next_try_ms`: when
    the prefecture is dialled again. Instants are milliseconds since the epoch.
    `remaining_ms`: how long the rest takes at the pace of the last minute, None where that is not known.
    `came_back`: while records that this appliance has lost come back from the prefecture, how many have; else None.
    `scans`: how many are on their way now, either way.
    """

    connected: bool
    behind: int
    since_ms: int | None
    confirmed_ms: int | None
    error: str | None
    came_back: int | None = None
    scans: int = 0
    detail: str = ""
    next_try_ms: int | None = None
    remaining_ms: int | None = None


def no_uplink() -> UplinkState | None:
    """Return the state of an appliance that was given no way to the prefecture."""
    return None


def not_announced() -> Health | None:
    """Return how an appliance that does not announce itself is found on its network: it is not meant to be."""
    return None


def estimated_clock() -> str:
    """Return the label of a clock that nobody vouches for and nothing contradicts."""
    return "estimated"


@dataclass(slots=True)
class Office:
    """The context object of the services; `now` in milliseconds since the epoch, `entropy(n)` gives n random bytes."""

    annexe: AnnexeProfile
    store: Store
    now: Callable[[], int]
    entropy: Callable[[int], bytes]
    announcer: Announcer
    press: Press
    modem: Modem
    passwords: Passwords
    reencoder: Reencoder = field(default_factory=Reencoder)
    """Makes the scans anew that people bring; it has a process only while it works."""
    seals: SealKeys | None = None
    """None where the annexe's seals are withheld: then nothing is sealed, and the administrator is told (`sealing`)."""
    software: str = "unknown"
    uplink: Callable[[], UplinkState | None] = no_uplink
    announced: Callable[[], Health | None] = not_announced
    """Whether this annexe can be found on its own network; None where it is served to its own machine alone."""
    certificate: Callable[[], CertificateState | None] = plain_on_loopback
    """The certificate of the screens; None where they are served to their own machine alone, without TLS."""
    sticks: StickDesk | None = None
    """The way by stick; None in an office that faces nobody (a command)."""
    mirror: Mirror | None = None
    """Where a standby follows this machine; None in an office that faces nobody."""
    follower: Follower | None = None
    """The way to the machine that this one follows; None where it follows none."""
    medium: Medium | None = None
    """The disk on which the log follows; None where the settings name none."""
    link: LinkDesk | None = None
    """What the link carries; None where there is none to the prefecture."""
    devices: Devices = field(default_factory=Devices)
    calls: Calls = field(default_factory=Calls)
    settings: Settings = field(default_factory=Settings)
    citizen_attempts: Attempts = field(default_factory=Attempts)
    staff_attempts: Attempts = field(default_factory=Attempts)
    screens: Screens = field(default_factory=Screens)
    """The devices that are paired."""
    pairing: Pairing = field(default_factory=Pairing)
    """The devices that are invited to be."""
    clock: Callable[[], str] = estimated_clock
    """How far the clock is to be believed now: trusted, estimated or unknown (`protocol.records.clock`)."""
    agenda: Agenda = field(default_factory=Agenda)
    """Decided requests that wait to be sealed or told."""
    published: Published = field(default_factory=Published)
    """The guide as it is now."""
    setbacks: Setbacks = field(default_factory=Setbacks)
    """What failed lately in the background, by its subject or name, and rests."""

    def command(self) -> bytes:
        """Draw a command id for what the appliance does by itself."""
        return self.entropy(16)
