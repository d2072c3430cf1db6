"""Who is on this network: the annexes that announce themselves (`edge.discovery`).

What a LAN says is nobody's word: texts are cut and cleaned before anyone reads them, and nothing is believed on them. A
screen is paired by the certificate's fingerprint, not by a name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zeroconf import IPVersion, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from edge.discovery import ANNEXES
from protocol.errors import OperatorError

MOST = 200
"""Annexes listed: a prefecture has a few dozen, a LAN one; more is somebody's noise."""

RESOLVING_MS = 1500
"""To ask for one service's details: the second and last question of zeroconf is out after a second."""

LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An annexe that announces itself: `certificate` is its SHA-256 as hexadecimal digits, "" without one."""

    annexe: str
    host: str
    addresses: tuple[str, ...]
    port: int
    scheme: str
    version: str
    certificate: str

    @property
    def url(self) -> str:
        """Where its screens are, by its first address: a name may not resolve on this machine."""
        return f"{self.scheme}://{self.addresses[0]}:{self.port}/"


async def neighbours(seconds: float, addresses: Sequence[str]) -> list[Neighbour]:
    """Listen for so many seconds at these addresses of this machine; the annexes found, by id.

    OperatorError when this machine stands on no network.
    """
    if not addresses:
        raise OperatorError("This machine is on no network: plug in its cable, or name an interface with --on.")
    names: dict[str, None] = {}

    def heard(**event: Any) -> None:
        if event["state_change"] is ServiceStateChange.Removed:
            names.pop(event["name"], None)
        elif len(names) < MOST:
            names[event["name"]] = None

    async with AsyncZeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only) as listening:
        async with AsyncServiceBrowser(listening.zeroconf, ANNEXES, handlers=[heard]):
            await asyncio.sleep(seconds)
        found = await asyncio.gather(*(_details(listening, name) for name in names))
    return sorted((one for one in found if one is not None), key=lambda one: (one.annexe, one.addresses))


async def _details(listening: AsyncZeroconf, name: str) -> Neighbour | None:
    """Ask for a service's details; None when it went away meanwhile or says nothing that can be used."""
    info = AsyncServiceInfo(ANNEXES, name)
    await info.async_request(listening.zeroconf, RESOLVING_MS)
    addresses = tuple(info.parsed_addresses(IPVersion.V4Only))
    if not addresses or info.port is None:
        return None
    said = info.decoded_properties
    return Neighbour(
        annexe=_clean(said.get("id")) or _clean(name.removesuffix(f".{ANNEXES}")),
        host=_clean((info.server or "").rstrip(".")),
        addresses=addresses,
        port=info.port,
        scheme="https" if said.get("scheme") == "https" else "http",
        version=_clean(said.get("version")),
        certificate=_clean(said.get("sha256")),
    )


def _clean(text: str | None) -> str:
    """Keep what can be printed on a terminal without doing anything to it."""
    return "".join(letter for letter in text or "" if letter.isprintable())[:LONGEST_TEXT]
