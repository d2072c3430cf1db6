"""How the appliance is: for the administration page and the health check; no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.health import Condition, Health
from edge.services import mirror
from edge.services.mirror import MirrorView
from edge.services.office import Office, UplinkState
from edge.services.sealing import seal_health
from edge.store.branches import branches_of
from edge.store.confirmations import PREFECTURE
from edge.store.flaws import Flaws, flaw_count, flaws
from edge.store.put_back import put_back_ms
from edge.store.rows import Later, LogRow
from edge.store.worklist import message_counts, record_count, request_counts
from protocol.sync.branches import Branch

TAIL = 30
"""Records shown: a screenful; the whole log is verified by a command."""

PUT_BACK_SHOWN_MS = 30 * 24 * 60 * 60 * 1000
"""For how long it is shown that the prefecture was put back: whoever looks in once a month sees it once."""


@dataclass(frozen=True, slots=True)
class Branches:
    """Branches of the own streams, and what this appliance looks like beside the latest, which began at `since_ms`.

    `looks_like`: `same-machine` (its storage was put back to an earlier state), `original` (another machine wrote on),
    `copy` (it wrote on what another began), `succession` (a standby took over before it held everything), or
    `elsewhere` (other machines did both).
    """

    count: int
    since_ms: int
    looks_like: str


@dataclass(frozen=True, slots=True)
class Status:
    """What an administrator sees first."""

    annexe: str
    software: str
    tail: list[LogRow]
    outbox: dict[str, int]
    devices: list[Health]
    sync: UplinkState | None
    branches: Branches | None
    later: Later
    flaws: Flaws
    mirror: MirrorView
    put_back_ms: int | None = None
    """When the prefecture was last found put back to an earlier state, as long as it is news."""


async def summary(office: Office) -> Status:
    """Return the appliance's state at this moment."""
    async with office.store.reading() as reader:
        tail = await reader.log_tail(TAIL)
        counts = await message_counts(reader)
        found = await branches_of(reader, office.store.streams)
        later = await reader.later()
        put_back = await put_back_ms(reader, PREFECTURE)
        flawed = await flaws(reader)
    return Status(
        annexe=office.annexe.id,
        software=office.software,
        tail=tail,
        outbox=counts,
        devices=_devices(office),
        sync=office.uplink(),
        branches=_branches(found, office.store.machine),
        later=later,
        mirror=await mirror.view(office),
        put_back_ms=None if put_back is None or put_back + PUT_BACK_SHOWN_MS < office.now() else put_back,
        flaws=flawed,
    )


def _branches(found: Sequence[Branch], machine: str) -> Branches | None:
    if not found:
        return None
    latest = found[0]
    if latest.is_succession:
        looks_like = "succession"
    elif latest.is_one_machine:
        looks_like = "same-machine" if machine in latest.machines else "elsewhere"
    elif machine == latest.trunk:
        looks_like = "original"
    else:
        looks_like = "copy" if machine in latest.machines else "elsewhere"
    return Branches(len(found), latest.since_ms, looks_like)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scraper asks for. `requests` and `messages`: how many in each state that any is in."""

    records: int
    requests: dict[str, int]
    messages: dict[str, int]
    devices: list[Health]
    uplink: UplinkState | None
    branches: int
    flaws: int
    mirror: MirrorView


async def figures(office: Office) -> Figures:
    """Return the appliance's figures at this moment; nothing is unsealed for them."""
    async with office.store.reading() as reader:
        records = await record_count(reader)
        requests, sent = await request_counts(reader), await message_counts(reader)
        branches = len(await branches_of(reader, office.store.streams))
        flawed = await flaw_count(reader)
    mirrored = await mirror.view(office)
    return Figures(records, requests, sent, _devices(office), office.uplink(), branches, flawed, mirrored)


def _devices(office: Office) -> list[Health]:
    """The devices, how the annexe is found on its network, and the seals while something is wrong with them."""
    seal, announced = seal_health(office), office.announced()
    return [
        office.modem.health(),
        *office.devices.health(),
        *([] if announced is None else [announced]),
        *([] if seal.condition is Condition.WORKING else [seal]),
    ]
