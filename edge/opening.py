"""From an installed folder to a running store and an office: the one place where an appliance's parts are joined.

`opened_office` gives an office that can do everything but face the network; the appliance adds the screens, the uplink
and the background work, and the commands add nothing.

The clock is *unknown* while it says a time before this annexe's credential was made: that is the latest instant of
which the seed is proof. Then nothing is sealed. Otherwise it is *estimated*, for nothing here vouches for it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from devices.modem import Modem, SimulatedModem
from edge.installation import Installation
from edge.press.client import Press
from edge.services.announcer import Announcer
from edge.services.devices import Devices
from edge.services.invited import Pairing
from edge.services.office import Office, Settings
from edge.services.passwords import Passwords
from edge.store.feeds import accept
from edge.store.post import Post, load_colleagues
from edge.store.refold import Progress, untold
from edge.store.store import Identity, Store
from edge.store.tail import Owner
from edge.sync.medium import Medium
from edge.sync.medium_files import MediumFolder
from edge.sync.medium_volumes import MediumVolumes
from edge.sync.source import Source
from edge.sync.sticks import Believed, Sticks, unheard
from protocol.office.seals import SealKeys
from protocol.office.seed import StandbySeed
from protocol.records.credentials import Trust, parse_credential
from protocol.records.hashing import digest
from protocol.records.keys import OpeningKey, SigningKey
from protocol.records.vouching import believe
from protocol.sync.hello import LocalIdentity

logger = logging.getLogger(__name__)

Now = Callable[[], int]
Entropy = Callable[[int], bytes]

MACHINE = (
    Path("/proc/device-tree/serial-number"),
    Path("/sys/class/dmi/id/product_uuid"),
    Path("/etc/machine-id"),
)
"""What tells one machine from another, the first that can be read; never shown as it is. A Pi's serial number and a
PC's own id stay with the hardware when its card is cloned; Debian's (machine-id(5)) is on the card: a last resort."""


def software_version() -> str:
    """Return the version of this software, as records and screens name it."""
    try:
        return version("mulhaqa")
    except PackageNotFoundError:
        return "0.1.0+source"


def fingerprint_of(places: Sequence[Path] = MACHINE) -> str:
    """Return what tells this machine from its clones: a hash of its id, "unknown" where it has none."""
    for place in places:
        try:
            return digest("machine", place.read_bytes(), size=8).hex()
        except OSError:
            continue  # another kind of machine, or not for this user to read
    return "unknown"


def trust_of(installation: Installation) -> Trust:
    """Return whom this annexe's seed names: its root, the issuer on it, and the centre on that."""
    seed = installation.seed
    trust = Trust([parse_credential(seed.root)])
    trust.add(parse_credential(seed.issuer))
    trust.add(parse_credential(seed.centre))
    trust.add(parse_credential(seed.credential))
    return trust


async def trust_now(installation: Installation, store: Store) -> Trust:
    """Return whom this annexe believes: whom its seed names, whom the prefecture has published since, and those of its
    own machines that it has met."""
    trust = trust_of(installation)
    async with store.reading() as reader:
        published = [*await reader.credentials(), *await load_colleagues(reader)]
        revoked = await reader.revoked_keys()
    for why in believe(trust, published).values():
        logger.warning("a published credential is not believed: %s", why)
    for key_id in revoked:
        trust.revoke(key_id)
    return trust


def clock_label(installation: Installation, now_ms: int) -> str:
    """Return how far a clock that says `now_ms` is to be believed: "estimated", or "unknown" when it must be wrong."""
    made_ms = parse_credential(installation.seed.credential).not_before
    return "unknown" if now_ms < made_ms else "estimated"


async def open_store(
    installation: Installation, now: Now, entropy: Entropy, progress: Progress = untold
) -> Store:
    """Open the store of an installed folder; OperatorError as `Store.open` says."""
    return await Store.open(
        installation.folder,
        identity=Identity(installation.seed.annexe_id, SigningKey(installation.seed.signing_seed)),
        vault=installation.vault,
        now=now,
        entropy=entropy,
        software=software_version(),
        fingerprint=fingerprint_of(),
        clock=clock_label(installation, now()),
        post=Post.STANDBY if isinstance(installation.seed, StandbySeed) else Post.ANNEXE,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """The annexe's end of every way to the prefecture, line and stick: who it is, whom it believes, what it carries."""

    identity: LocalIdentity
    trust: Trust
    opening: OpeningKey
    source: Source


def owner_of(installation: Installation) -> Owner:
    """Return in whose name this machine keeps its log."""
    credential = parse_credential(installation.seed.credential)
    return Owner(installation.seed.annexe_id, credential.public, credential.epoch)


async def way_of(installation: Installation, store: Store, entropy: Entropy) -> Way:
    """Return the way to the prefecture of an installed folder with its open store."""
    seed = installation.seed
    chain = (parse_credential(seed.credential), parse_credential(seed.issuer))
    trust, opening = await trust_now(installation, store), OpeningKey(seed.opening_seed)
    signing = SigningKey(seed.signing_seed)
    return Way(
        identity=LocalIdentity(signing, chain, software_version(), opening),
        trust=trust,
        opening=opening,
        source=Source(store, owner_of(installation), trust, opening, entropy),
    )


def sticks_on(way: Way, now: Now, entropy: Entropy, believed: Believed = unheard) -> Sticks:
    """Return the exports and imports of an annexe; `believed` hears of each checkpoint that came by stick."""
    return Sticks(
        way.source,
        identity=way.identity,
        trust=way.trust,
        opening=way.opening,
        now=now,
        entropy=entropy,
        believed=believed,
    )


async def take_snapshot(installation: Installation, store: Store) -> int:
    """Take over the prefecture's records that the seed brought; returns how many were new, 0 when all were held."""
    seed = installation.seed
    return (await accept(store, seed.annexe_id, seed.snapshot, trust_of(installation))).stored


def medium_at(mount: Path, installation: Installation, store: Store, way: Way, now: Now, entropy: Entropy) -> Medium:
    """Return what lets the log of an annexe follow on a second medium that is mounted there."""
    source = Source(store, owner_of(installation), way.trust, way.opening, entropy, "primary")
    files = MediumFolder(mount, installation.folder, way.opening.public)
    volumes = MediumVolumes(source, files, way.opening, way.identity.leaf, entropy)
    return Medium(store, source, files, volumes, identity=way.identity, now=now)


@asynccontextmanager
async def opened_office(
    installation: Installation,
    now: Now,
    entropy: Entropy,
    *,
    origin: str = "http://localhost",
    verify_url: str = "",
    settings: Settings | None = None,
    modem: Modem | None = None,
    devices: Devices | None = None,
    progress: Progress = untold,
) -> AsyncIterator[Office]:
    """Open the office of an installed folder for as long as the context lasts.

    The seed's snapshot is taken over again, which changes nothing unless the power failed while it was installed.
    """
    async with AsyncExitStack() as stack:
        store = await open_store(installation, now, entropy, progress)
        stack.push_async_callback(store.close)
        await take_snapshot(installation, store)
        press = Press.start(installation.folder)
        stack.push_async_callback(press.close)
        yield Office(
            annexe=installation.profile(origin, verify_url),
            store=store,
            now=now,
            entropy=entropy,
            announcer=Announcer(),
            press=press,
            modem=modem or SimulatedModem(now),
            passwords=Passwords(entropy),
            seals=SealKeys.from_value(installation.seed.seals),
            software=software_version(),
            devices=devices or Devices(),
            pairing=Pairing(installation.folder),
            settings=settings or Settings(),
            clock=lambda: clock_label(installation, now()),
        )
