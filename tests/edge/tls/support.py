"""A prefecture's authorities of networks, made for tests, and what believes or is shown their certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult

from edge.tls.keeper import Keeper, load, server_context
from edge.tls.leaf import DAY_MS, Instants, Leaf, Signer
from edge.tls.trusting import trusting
from protocol.office.lan import LanAuthority, hosts_of
from provisioning import lan
from provisioning.certification import Authority, Lifetime, Prefecture, new_key
from tests.edge.web.support import entropy_from

MADE_MS = 1_790_000_000_000
BERKANE = Prefecture("Province de Berkane")
ANNEXE = "berkane-05"
HOST, LOCAL = hosts_of(ANNEXE)


@dataclass(frozen=True)
class Networks:
    """A root, and the authority of an appliance under it."""

    root: Authority
    appliance: LanAuthority

    @property
    def signer(self) -> Signer:
        return Signer(self.appliance)

    @property
    def trusting(self) -> ssl.SSLContext:
        """A client that believes the root alone, at any time: what is tested here is not the machine's own clock."""
        return at_any_time(trusting(self.appliance))

    @property
    def as_issuer(self) -> Authority:
        """The appliance's authority as one that certifies more than it may."""
        return Authority(self.appliance.certificate, self.appliance.key, self.appliance.chain)


def at_any_time(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_flags |= NO_CHECK_TIME
    return context


NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, for which Python has no name."""


def networks(prefecture: str = "first", machine: str = "first", made_ms: int = MADE_MS) -> Networks:
    draw = entropy_from(f"networks of {prefecture}")
    root = lan.make_root(BERKANE, new_key(draw), Lifetime.years(made_ms, lan.ROOT_YEARS))
    authority = lan.make_authority(BERKANE, root, new_key(draw), Lifetime.years(made_ms, lan.AUTHORITY_YEARS))
    life = Lifetime.years(made_ms, lan.APPLIANCE_YEARS)
    made = lan.make_appliance(BERKANE, ANNEXE, authority, root.certificate, life, key=new_key(entropy_from(machine)))
    return Networks(root, made)


def showing(leaf: Leaf) -> ssl.SSLContext:
    """A server that shows `leaf`."""
    context = server_context()
    load(context, leaf)
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[str | None, bytes]:
    """Let `client` call `server` by `name`, in memory; returns the version of TLS, and the certificate (DER)."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    done = {"ours": False, "theirs": False}
    for _ in range(8):
        for which, end in (("ours", ours), ("theirs", theirs)):
            try:
                end.do_handshake()
                done[which] = True
            except ssl.SSLWantReadError:
                continue
    assert all(done.values())
    return ours.version(), ours.getpeercert(binary_form=True) or b""


@dataclass
class Machine:
    """Whose clock and addresses a test moves."""

    now_ms: int = MADE_MS + 40 * DAY_MS
    signed_ms: int = MADE_MS + 30 * DAY_MS
    addresses: list[str] = field(default_factory=lambda: ["192.168.1.5"])
    draw: Callable[[int], bytes] = field(default_factory=lambda: entropy_from("machine"))

    async def instants(self) -> Instants:
        return Instants(self.now_ms, self.signed_ms)

    def entropy(self, size: int) -> bytes:
        return self.draw(size)

    async def keeper(self, signer: Signer) -> Keeper:
        keeper = Keeper(signer, (HOST, LOCAL), lambda: self.addresses, self.instants, self.entropy)
        await keeper.begin()
        return keeper


class Here(AbstractResolver):
    """The annexe's name server: every host is this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            {"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0},
        ]

    async def close(self) -> None:
        """Nothing is open."""
