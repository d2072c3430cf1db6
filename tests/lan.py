"""A LAN of network namespaces: machines with an interface, programs and a name responder of their own.

    async with lan("annexe", "visitor") as (annexe, visitor):
        with annexe.inside():           # what this test opens now is on the annexe's network
            ...
        visitor.run("avahi-browse", ...)

Everything happens in namespaces of its own, so tests that run at the same time, and the machine's real network, never
meet. That takes root. Where namespaces cannot be made these tests FAIL and say so: a suite that left them out by itself
would claim what nobody looked at. Who accepts that sets MULHAQA_WITHOUT_NAMESPACES=1, and reads them listed as skipped.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

WITHOUT = "MULHAQA_WITHOUT_NAMESPACES"
CLONE_NEWNET = 0x40000000
SUBNET = "10.213.7"

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""
AVAHI = """[server]
host-name={name}
use-ipv4=yes
use-ipv6=no
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
"""

_numbers = itertools.count()


class Refused(Exception):
    """The system did not let us."""


@dataclass
class Machine:
    """One machine on the LAN: its name, its namespace, its address, and a folder for its programs' files."""

    name: str
    space: str
    address: str
    folder: Path
    interface: str = "lan0"
    _stack: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open this thread's sockets on this machine."""
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self.space}").open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program on this machine to its end."""
        return subprocess.run(
            ["ip", "netns", "exec", self.space, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *command: str, ready: str) -> None:
        """Start a program on this machine and wait until it says `ready` on either output."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.space, *command],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._stack.callback(_end, process)
        said = []
        for line in process.stdout or ():
            said.append(line)
            if ready in line:
                return
        raise Refused(f"{command[0]} did not start on {self.name}: {''.join(said)}")

    def start_avahi(self) -> None:
        """Give the machine Avahi on a private D-Bus."""
        bus, avahi = self.folder / "bus.conf", self.folder / "avahi.conf"
        bus.write_text(BUS.format(bus=self.folder / "bus"))
        avahi.write_text(AVAHI.format(name=self.name))
        self.start("dbus-daemon", f"--config-file={bus}", "--nofork", "--print-address", ready="unix:")
        daemon = f"exec avahi-daemon -f {avahi} --no-drop-root --no-chroot --no-rlimits"
        private = "mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon"
        self.start("sh", "-c", f"{private} && {daemon}", ready="Server startup complete")

    def readdress(self, address: str) -> None:
        """Give the machine another address, as another router would."""
        self.unplug()
        ip("-n", self.space, "addr", "add", f"{address}/24", "dev", self.interface)
        ip("-n", self.space, "route", "replace", "default", "dev", self.interface)
        self.address = address

    def unplug(self) -> None:
        """Take the machine's address away."""
        ip("-n", self.space, "addr", "flush", "dev", self.interface)

    def close(self) -> None:
        self._stack.close()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder / 'bus'}", "LC_ALL": "C.UTF-8"}


@asynccontextmanager
async def lan(*names: str) -> AsyncIterator[list[Machine]]:
    """Machines of these names on one switch."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mulhaqa-lan-")))
        try:
            switch = namespace(stack)
            ip("-n", switch, "link", "add", "br0", "type", "bridge")
            ip("-n", switch, "link", "set", "br0", "up")
            machines = [_plugged(stack, switch, folder, name, number) for number, name in enumerate(names, 1)]
        except Refused as error:
            say_loudly(str(error))
        yield machines


def _plugged(stack: ExitStack, switch: str, folder: Path, name: str, number: int) -> Machine:
    place = folder / name
    place.mkdir()
    machine = Machine(name, namespace(stack), f"{SUBNET}.{number}", place)
    inside = ["-n", machine.space]
    ip(
        *inside, "link", "add", machine.interface, "type", "veth", "peer", "name", f"port{number}", "netns", switch,
    )  # fmt: skip
    ip("-n", switch, "link", "set", f"port{number}", "master", "br0", "up")
    ip(*inside, "addr", "add", f"{machine.address}/24", "dev", machine.interface)
    for interface in (machine.interface, "lo"):
        ip(*inside, "link", "set", interface, "up")
    ip(*inside, "route", "add", "default", "dev", machine.interface)
    stack.callback(machine.close)
    return machine


def namespace(stack: ExitStack) -> str:
    space = f"mulhaqa-{os.getpid()}-{next(_numbers)}"
    ip("netns", "add", space)
    stack.callback(ip, "netns", "del", space)
    return space


def ip(*words: str) -> None:
    try:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Refused("ip (Debian's iproute2) is not installed") from error
    if done.returncode != 0:
        raise Refused(f"ip {' '.join(words)}: {done.stderr.strip()}")


def say_loudly(why: str) -> None:
    sentence = f"This machine makes no network namespaces, so nothing was tested here: {why}."
    if os.environ.get(WITHOUT):
        pytest.skip(sentence)
    pytest.fail(f"{sentence} Run the tests as root; or set {WITHOUT}=1 to leave these out, listed as skipped.")


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
