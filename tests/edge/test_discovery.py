"""An annexe is found on its own network: by Avahi on another machine, by our own command, beside its like."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import ifaddr
import pytest

from devices.health import Condition
from edge.discovery import Announcement, Discovery, avahi_runs
from edge.neighbours import neighbours
from edge.networks import is_the_lan, lan_addresses
from edge.services.announced import NO_NETWORK, TAKEN
from protocol.errors import OperatorError
from tests.lan import Machine, lan

ROOT = Path(__file__).parents[2]
CERTIFICATE = "ab" * 32


def announcement(annexe: str = "berkane-05", certificate: str = "") -> Announcement:
    return Announcement(annexe, "0.1.0", 8080, certificate)


@asynccontextmanager
async def announced(machine: Machine, says: Callable[[], Announcement]) -> AsyncIterator[Discovery]:
    """An annexe that announces itself on a machine, from the first announcement to the goodbye."""
    discovery = Discovery(says, lan_addresses)
    with machine.inside():
        await discovery.refresh()
    try:
        yield discovery
    finally:
        with machine.inside():
            await discovery.stop()


async def browse(visitor: Machine, kind: str) -> dict[str, dict[str, str]]:
    """What Avahi on the visitor's machine resolves of a kind: by name, the host, address, port and texts."""
    done = await asyncio.to_thread(visitor.run, "avahi-browse", "--parsable", "--resolve", "--terminate", kind)
    assert done.returncode == 0, done.stderr
    lines = [line.split(";") for line in done.stdout.splitlines() if line.startswith("=")]
    return {
        fields[3]: {"host": fields[6], "address": fields[7], "port": fields[8], "texts": ";".join(fields[9:])}
        for fields in lines
    }


async def test_avahi_on_another_machine_finds_the_annexe_with_all_that_it_says() -> None:
    async with lan("annexe", "visitor") as (annexe, visitor):
        visitor.start_avahi()
        async with announced(annexe, announcement) as discovery:
            assert discovery.health().condition is Condition.WORKING
            found = (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]
            assert (found["host"], found["address"], found["port"]) == ("berkane-05.local", annexe.address, "8080")
            assert '"id=berkane-05"' in found["texts"]
            assert '"version=0.1.0"' in found["texts"]
            assert '"scheme=http"' in found["texts"]
            assert "sha256" not in found["texts"]
            assert "berkane-05" in await browse(visitor, "_http._tcp")
            assert await browse(visitor, "_https._tcp") == {}
            named = await asyncio.to_thread(visitor.run, "avahi-resolve", "-4", "-n", "berkane-05.local")
            assert annexe.address in named.stdout
        while await browse(visitor, "_mulhaqa._tcp"):
            pass  # a goodbye counts after a second (RFC 6762, 10.1)


async def test_with_a_certificate_its_fingerprint_is_announced_and_https() -> None:
    async with lan("annexe", "visitor") as (annexe, visitor):
        visitor.start_avahi()
        shown = [CERTIFICATE]
        async with announced(annexe, lambda: announcement(certificate=shown[0])) as discovery:
            assert f'"sha256={CERTIFICATE}"' in (await browse(visitor, "_https._tcp"))["berkane-05"]["texts"]
            assert '"scheme=https"' in (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["texts"]
            assert await browse(visitor, "_http._tcp") == {}
            shown[0] = "cd" * 32  # renewed
            with annexe.inside():
                await discovery.refresh()
            assert f'"sha256={shown[0]}"' in (await browse(visitor, "_https._tcp"))["berkane-05"]["texts"]


async def test_two_annexes_from_one_image_never_share_a_name() -> None:
    """One machine's files, host name and machine id, as an image has them: only the seed's id differs."""
    async with lan("first", "second", "visitor") as (first, second, visitor):
        visitor.start_avahi()
        async with announced(first, announcement), announced(second, lambda: announcement("berkane-06")):
            for kind in ("_mulhaqa._tcp", "_http._tcp"):
                found = await browse(visitor, kind)
                assert {name: (one["host"], one["address"]) for name, one in found.items()} == {
                    "berkane-05": ("berkane-05.local", first.address),
                    "berkane-06": ("berkane-06.local", second.address),
                }


def test_nothing_of_the_machine_is_in_any_name() -> None:
    for service in announcement().services(["10.0.0.1"]):
        assert service.name.startswith("berkane-05._")
        assert service.server == "berkane-05.local."


async def test_a_cloned_card_stays_silent_and_says_so_until_the_name_is_free() -> None:
    async with lan("annexe", "clone", "visitor") as (annexe, clone, visitor):
        visitor.start_avahi()
        async with announced(annexe, announcement):
            copy = Discovery(announcement, lan_addresses)
            with clone.inside():
                await copy.refresh()
            assert (copy.health().condition, copy.health().why) == (Condition.DEGRADED, TAKEN)
            found = await browse(visitor, "_mulhaqa._tcp")
            assert {name: one["address"] for name, one in found.items()} == {"berkane-05": annexe.address}
        with clone.inside():
            await copy.refresh()
            assert copy.health().condition is Condition.WORKING
            assert (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["address"] == clone.address
            await copy.stop()


async def test_another_address_is_announced_and_the_old_one_forgotten() -> None:
    heard: list[str] = []
    async with lan("annexe", "visitor") as (annexe, visitor):
        visitor.start_avahi()
        with annexe.inside():
            discovery = Discovery(announcement, lan_addresses, lambda: heard.append(discovery.health().why))
            await discovery.refresh()
            assert (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["address"] == "10.213.7.1"
            annexe.readdress("10.213.7.77")
            await discovery.refresh()
            assert (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["address"] == "10.213.7.77"
            annexe.unplug()
            await discovery.refresh()
            assert discovery.health().why == NO_NETWORK
            annexe.readdress("10.213.7.78")
            await discovery.refresh()
            assert (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["address"] == "10.213.7.78"
            await discovery.stop()
    assert heard == ["", NO_NETWORK, ""]


async def test_beside_avahi_on_its_own_machine_it_is_found_too() -> None:
    async with lan("annexe", "visitor") as (annexe, visitor):
        annexe.start_avahi()
        visitor.start_avahi()
        async with announced(annexe, announcement):
            assert (await browse(visitor, "_mulhaqa._tcp"))["berkane-05"]["address"] == annexe.address
            own = await asyncio.to_thread(visitor.run, "avahi-resolve", "-4", "-n", "annexe.local")
            assert annexe.address in own.stdout


async def test_the_command_lists_what_is_on_the_network() -> None:
    async with lan("first", "second", "visitor") as (first, second, visitor):
        async with announced(first, announcement), announced(second, lambda: announcement("oujda-01", CERTIFICATE)):
            shown = await discover(visitor)
            assert re.search(rf"berkane-05 +http://{first.address}:8080/ ", shown)
            lines = [json.loads(line) for line in (await discover(visitor, "--json")).splitlines()]
            assert [line["annexe"] for line in lines] == ["berkane-05", "oujda-01"]
            assert lines[1] == {
                "annexe": "oujda-01",
                "host": "oujda-01.local",
                "addresses": [second.address],
                "port": 8080,
                "scheme": "https",
                "version": "0.1.0",
                "certificate": CERTIFICATE,
                "url": f"https://{second.address}:8080/",
            }
        nobody = await asyncio.to_thread(visitor.run, *COMMAND, "--seconds", "0.2")
        assert nobody.returncode == 1
        assert "No annexe" in nobody.stderr


COMMAND = (sys.executable, "-m", "edge", "discover")


async def discover(visitor: Machine, *words: str) -> str:
    done = await asyncio.to_thread(visitor.run, *COMMAND, "--seconds", "2", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_without_a_network_there_is_nothing_to_find() -> None:
    with pytest.raises(OperatorError, match="no network"):
        await neighbours(0.1, [])


def adapters(**addresses: str) -> Iterable[ifaddr.Adapter]:
    return [
        ifaddr.Adapter(
            name.replace("__", "-"), name, [ifaddr.IP(address, 24, name), ifaddr.IP(("fe80::1", 0, 2), 64, name)]
        )
        for name, address in addresses.items()
    ]


MACHINE = {
    "lo": "127.0.0.1", "eth0": "192.168.1.20", "wlan0": "192.168.1.3", "docker0": "172.17.0.1",
    "veth1a2b": "172.17.0.9", "br__3f2a": "172.18.0.1", "br0": "10.0.0.1", "wg0": "10.9.0.2", "wwan0": "100.64.0.7",
}  # fmt: skip


def test_only_the_lans_own_interfaces_are_announced() -> None:
    assert lan_addresses(adapters=lambda: adapters(**MACHINE)) == ["10.0.0.1", "192.168.1.3", "192.168.1.20"]


def test_what_is_served_at_one_address_is_announced_there_alone() -> None:
    assert lan_addresses("192.168.1.3", adapters=lambda: adapters(**MACHINE)) == ["192.168.1.3"]
    assert lan_addresses("192.168.1.99", adapters=lambda: adapters(**MACHINE)) == []


def test_what_is_served_to_this_machine_alone_is_not_announced_unless_asked_for_by_name() -> None:
    assert lan_addresses("127.0.0.1", adapters=lambda: adapters(**MACHINE)) == []
    assert lan_addresses("127.0.0.1", ["lo"], adapters=lambda: adapters(**MACHINE)) == ["127.0.0.1"]
    assert lan_addresses(named=["docker0"], adapters=lambda: adapters(**MACHINE)) == ["172.17.0.1"]


@pytest.mark.parametrize("name", ["eth0", "end0", "enp3s0", "wlan0", "br0", "bond0", "usb0"])
def test_the_names_of_real_interfaces_are_the_lans(name: str) -> None:
    assert is_the_lan(name)


def test_avahi_is_noticed_by_its_socket(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    assert not avahi_runs(place)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        assert avahi_runs(place)
    assert not avahi_runs(place)
