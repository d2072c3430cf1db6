"""Whether the machine's network has changed: a cable plugged in, an address given, a route found.

Linux tells by itself (rtnetlink(7)), so nothing is asked again and again. Changes come in bursts, link then address
then route: the last of them counts.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

import ifaddr

SETTLE_S = 1.0
"""Seconds without a further change until it is told: DHCP gives address and route within less."""

_LINK, _IPV4_ADDRESS, _IPV4_ROUTE, _IPV6_ADDRESS, _IPV6_ROUTE = 0x1, 0x10, 0x40, 0x100, 0x400
GROUPS = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _IPV6_ROUTE
"""RTMGRP_* of linux/rtnetlink.h."""


def own_addresses(adapters: Callable[[], Iterable[ifaddr.Adapter]] = ifaddr.get_adapters) -> set[str]:
    """Return every address that this machine has now."""
    found = [ip.ip for adapter in adapters() for ip in adapter.ips]
    return {one if isinstance(one, str) else one[0] for one in found}


class NetworkWatch:
    """Calls `changed` after each burst of changes, from `start` to `stop`."""

    def __init__(self, changed: Callable[[], None], *, settle_s: float = SETTLE_S) -> None:
        self._changed = changed
        self._settle_s = settle_s
        self._told: asyncio.TimerHandle | None = None
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Begin to listen; raises OSError where the system does not tell."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._socket.bind((0, GROUPS))
        asyncio.get_running_loop().add_reader(self._socket, self._heard, self._socket)

    def stop(self) -> None:
        """Listen no more."""
        if self._told is not None:
            self._told.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _heard(self, netlink: socket.socket) -> None:
        with suppress(OSError):  # nothing is left; or more came than was kept, which is a change too
            while netlink.recv(65536):
                pass
        if self._told is not None:
            self._told.cancel()
        self._told = asyncio.get_running_loop().call_later(self._settle_s, self._changed)
