"""The networks that this appliance stands on: the addresses at which people on its own LAN can reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address

import ifaddr

NOT_THE_LAN = (
    "lo",  # this machine alone
    "docker", "br-", "veth", "podman", "cni", "flannel", "cali", "virbr", "vnet", "lxc", "lxd", "vmnet", "vboxnet",
    # containers and virtual machines: their names and addresses mean nothing outside
    "tun", "tap", "wg", "zt", "tailscale",  # tunnels: the way to the prefecture, not the annexe's own network
    "ppp", "wwan",  # a mobile link: the Internet's side
    "dummy", "ifb",  # the kernel's own
)  # fmt: skip
"""Beginnings of the names of interfaces that are not the annexe's LAN. By name, for nothing else tells a bridge that is
the LAN's access point (br0) from one that holds containers (br-3f2a…)."""

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, not bound to

Adapters = Callable[[], Iterable[ifaddr.Adapter]]


def is_the_lan(interface: str) -> bool:
    """Whether an interface of this name leads to the annexe's own network."""
    return not interface.startswith(NOT_THE_LAN)


def lan_addresses(
    served: str = EVERYWHERE, named: Sequence[str] = (), adapters: Adapters = ifaddr.get_adapters
) -> list[str]:
    """Return the IPv4 addresses at which people reach what is served at `served`, sorted.

    Of the LAN's interfaces; or of exactly the interfaces in `named`, whatever they are. Empty where it is served to
    this machine alone. IPv4 only, for that is what is served.
    """
    found = [
        str(each.ip)
        for adapter in adapters()
        for each in adapter.ips
        if each.is_IPv4 and (adapter.name in named if named else is_the_lan(adapter.name))
    ]
    return sorted({one for one in found if served in (EVERYWHERE, one)}, key=IPv4Address)
