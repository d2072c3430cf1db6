"""Two machines with a poor line between them: so many bytes a second, so long a way, so much of it lost.

    async with slow_line(rate="64kbit", delay_s=0.3, loss=20) as line:
        with line.near.inside(): ...       # what this test opens now stands at the near end

The kernel queues and drops, as on a real line: `tbf` gives each end its rate, and nft drops what arrives, after it has
taken its time on the line. Delay is ours, for the kernels of the tests' machines have no netem: both ends are TUN
interfaces, and what one sends is written to the other `delay_s` later. A relay of TCP streams would have been shorter
and shown nothing: it answers for the far end at once, so no sender would ever feel how long the way is.

Takes root, as `tests.lan`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lan import Machine, Refused, ip, namespace, say_loudly

TUN = Path("/dev/net/tun")
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEVICE = "line0"
SUBNET = "10.213.9"
MTU = 1500
DROP = """table inet line {{
    chain arriving {{
        type filter hook input priority 0
        iifname "line0" numgen random mod 100 < {percent} drop
    }}
}}
"""


@dataclass
class SlowLine:
    """The line and its ends; `carried` counts the bytes of packets that each end has sent."""

    near: Machine
    far: Machine
    delay_s: float
    carried: dict[str, int]

    def lose(self, percent: int) -> None:
        """Drop this share of what arrives at either end, at random; 0 ends it."""
        for machine in (self.near, self.far):
            machine.run("nft", "flush", "ruleset")
            if percent:
                done = machine.run("nft", DROP.format(percent=percent))
                if done.returncode != 0:
                    raise Refused(f"nft on {machine.name}: {done.stderr.strip()}")


@asynccontextmanager
async def slow_line(*, rate: str, delay_s: float, loss: int, burst: str = "3kb") -> AsyncIterator[SlowLine]:
    """A line of `rate` (as tc(8) writes it) each way, with `delay_s` seconds one way and `loss` per cent."""
    with ExitStack() as stack:
        try:
            ends = [_end(stack, name, number) for number, name in enumerate(("near", "far"), 1)]
            for machine, _ in ends:
                ip("netns", "exec", machine.space, "tc", "qdisc", "add", "dev", DEVICE, "root",
                    "tbf", "rate", rate, "burst", burst, "latency", "30s")  # fmt: skip
            line = SlowLine(ends[0][0], ends[1][0], delay_s, {"near": 0, "far": 0})
            line.lose(loss)
        except Refused as error:
            say_loudly(str(error))
        _join(stack, line, ends[0], ends[1])
        _join(stack, line, ends[1], ends[0])
        yield line


def _end(stack: ExitStack, name: str, number: int) -> tuple[Machine, int]:
    machine = Machine(name, namespace(stack), f"{SUBNET}.{number}", Path("/nonexistent"), interface=DEVICE)
    with machine.inside():
        tun = os.open(TUN, os.O_RDWR | os.O_NONBLOCK)
        stack.callback(os.close, tun)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    ip("-n", machine.space, "addr", "add", f"{machine.address}/24", "dev", DEVICE)
    for interface in (DEVICE, "lo"):
        ip("-n", machine.space, "link", "set", interface, "up")
    return machine, tun


def _join(stack: ExitStack, line: SlowLine, sender: tuple[Machine, int], receiver: tuple[Machine, int]) -> None:
    """Write what one end sends to the other, one way's delay later."""
    loop = asyncio.get_running_loop()
    machine, source = sender

    def arrive(packet: bytes) -> None:
        with suppress(OSError):  # the line was taken down under it
            os.write(receiver[1], packet)

    def departed() -> None:
        packet = os.read(source, MTU)
        line.carried[machine.name] += len(packet)
        loop.call_later(line.delay_s, arrive, packet)

    loop.add_reader(source, departed)
    stack.callback(loop.remove_reader, source)
