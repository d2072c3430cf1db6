"""From an installed folder to a running store and an office: the one place where an appliance's parts are joined.

`opened_office` gives an office that can do everything but face the network; the appliance adds the screens, the uplink
and the background work, and the commands add nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from devices.modem import Modem, SimulatedModem
from edge.installation import Installation
from edge.press.client import Press
from edge.services.announcer import Announcer
from edge.services.office import Office, Settings
from edge.services.passwords import Passwords
from edge.store.feeds import accept
from edge.store.store import Identity, Store
from protocol.office.seals import SealKeys
from protocol.records.credentials import Trust, parse_credential
from protocol.records.hashing import digest
from protocol.records.keys import SigningKey

Now = Callable[[], int]
Entropy = Callable[[int], bytes]

MACHINE_ID = Path("/etc/machine-id")
"""Where Debian keeps what distinguishes one installed machine from another (machine-id(5)); never shown as it is."""


def software_version() -> str:
    """Return the version of this software, as records and screens name it."""
    try:
        return version("mulhaqa")
    except PackageNotFoundError:
        return "0.1.0+source"


def fingerprint_of(machine_id: Path = MACHINE_ID) -> str:
    """Return what tells this machine from its clones: a hash of its id, "unknown" where it has none."""
    try:
        return digest("machine", machine_id.read_bytes(), size=8).hex()
    except OSError:
        return "unknown"


def trust_of(installation: Installation) -> Trust:
    """Return whom this annexe believes: the root of its seed, the issuer on it, and the centre on that."""
    seed = installation.seed
    trust = Trust([parse_credential(seed.root)])
    trust.add(parse_credential(seed.issuer))
    trust.add(parse_credential(seed.centre))
    trust.add(parse_credential(seed.credential))
    return trust


async def open_store(installation: Installation, now: Now, entropy: Entropy) -> Store:
    """Open the store of an installed folder; OperatorError as `Store.open` says."""
    return await Store.open(
        installation.folder,
        identity=Identity(installation.seed.annexe_id, SigningKey(installation.seed.signing_seed)),
        vault=installation.vault,
        now=now,
        entropy=entropy,
        software=software_version(),
        fingerprint=fingerprint_of(),
    )


async def take_snapshot(installation: Installation, store: Store) -> int:
    """Take over the prefecture's records that the seed brought; returns how many were new."""
    seed = installation.seed
    return (await accept(store, seed.annexe_id, seed.snapshot, trust_of(installation))).stored


@asynccontextmanager
async def opened_office(
    installation: Installation,
    now: Now,
    entropy: Entropy,
    *,
    origin: str = "http://localhost",
    settings: Settings | None = None,
    modem: Modem | None = None,
) -> AsyncIterator[Office]:
    """Open the office of an installed folder for as long as the context lasts."""
    store = await open_store(installation, now, entropy)
    press = Press.start(installation.folder)
    try:
        yield Office(
            annexe=installation.profile(origin),
            store=store,
            now=now,
            entropy=entropy,
            announcer=Announcer(),
            press=press,
            modem=modem or SimulatedModem(now),
            passwords=Passwords(entropy),
            seals=SealKeys.from_value(installation.seed.seals),
            software=software_version(),
            settings=settings or Settings(),
        )
    finally:
        await press.close()
        await store.close()
