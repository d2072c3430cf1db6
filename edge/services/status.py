"""How the appliance is: for the administration page and the health check; no personal data."""

from __future__ import annotations

from dataclasses import dataclass

from devices.health import Condition, Health
from edge.services.office import Office, UplinkState
from edge.services.sealing import seal_health
from edge.store.rows import LogRow
from edge.store.worklist import message_counts, record_count, request_counts

TAIL = 30
"""Records shown: a screenful; the whole log is verified by a command."""


@dataclass(frozen=True, slots=True)
class Status:
    """What an administrator sees first."""

    annexe: str
    software: str
    tail: list[LogRow]
    outbox: dict[str, int]
    devices: list[Health]
    sync: UplinkState | None


async def summary(office: Office) -> Status:
    """Return the appliance's state at this moment."""
    async with office.store.reading() as reader:
        tail = await reader.log_tail(TAIL)
        counts = await message_counts(reader)
    return Status(office.annexe.id, office.software, tail, counts, _devices(office), office.uplink())


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scraper asks for. `requests` and `messages`: how many in each state that any is in."""

    records: int
    requests: dict[str, int]
    messages: dict[str, int]
    devices: list[Health]
    uplink: UplinkState | None


async def figures(office: Office) -> Figures:
    """Return the appliance's figures at this moment; nothing is unsealed for them."""
    async with office.store.reading() as reader:
        records = await record_count(reader)
        requests, sent = await request_counts(reader), await message_counts(reader)
    return Figures(records, requests, sent, _devices(office), office.uplink())


def _devices(office: Office) -> list[Health]:
    """The devices, how the annexe is found on its network, and the seals while something is wrong with them."""
    seal, announced = seal_health(office), office.announced()
    return [
        office.modem.health(),
        *office.devices.health(),
        *([] if announced is None else [announced]),
        *([] if seal.condition is Condition.WORKING else [seal]),
    ]
