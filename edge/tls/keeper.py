"""Keeps the certificate of the screens good while they are served.

Rules:

- A new leaf is made a month before the old one ends, when an address was added or taken away, and when the clock was
  put right. New connections get it at once; open ones live on. No restart, and no wait for anybody.
- What fails leaves the leaf that there is, is tried again at the next look, and stands on the administration page and
  in the figures.
- With an authority that has ended nothing better can be made: the screens are served with what browsers refuse, and
  the page says what to do, months beforehand.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import Final

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from edge.services.certificate import AUTHORITY_ENDED, AUTHORITY_ENDS, FAILED, CertificateState
from edge.tls.leaf import DAY_MS, LEAF_MS, Entropy, Instants, Leaf, Signer
from protocol.errors import CallerError

log = structlog.get_logger("mulhaqa.tls")

LOOK_S: Final = 5.0
"""Seconds between two looks: as often as for the name on the network, which changes with the same cable."""

BEFORE_MS: Final = 30 * DAY_MS
"""A leaf is renewed so long before its end: tablets' clocks are ahead by minutes, and a failure has time to be seen."""

WARNED_MS: Final = 180 * DAY_MS
"""How long before its end an authority is complained about: somebody has to come with another seed."""

HTTP: Final = 80

Addresses = Callable[[], Sequence[str]]
Clock = Callable[[], Awaitable[Instants]]


class Keeper:
    """`await begin()`, serve with `context`, and let `run()` go on beside it. Listeners hear of every new leaf, and of
    trouble.

    `hosts`: the annexe's; `addresses` gives the machine's of this moment.
    """

    def __init__(
        self, signer: Signer, hosts: Sequence[str], addresses: Addresses, clock: Clock, entropy: Entropy
    ) -> None:
        self.context = server_context()
        self._signer = signer
        self._hosts = tuple(hosts)
        self._find = addresses
        self._clock = clock
        self._entropy = entropy
        self._page_port: int | None = None
        self._leaf: Leaf | None = None
        self._wrong = ""
        self._listeners: list[Callable[[], None]] = []
        self._keep: Callable[[Leaf], None] | None = None

    def keep_with(self, keep: Callable[[Leaf], None]) -> None:
        """Give each leaf to `keep` before it serves, the first too."""
        self._keep = keep

    def on_change(self, listener: Callable[[], None]) -> None:
        """Tell `listener` of each change of the state."""
        self._listeners.append(listener)

    def page_at(self, port: int) -> None:
        """From now on the page that gives a device the root is served at `port`."""
        self._page_port = port

    @property
    def leaf(self) -> Leaf:
        """The leaf of this moment; there is one from `begin` on."""
        if self._leaf is None:
            raise CallerError("the keeper of the certificate has not begun")
        return self._leaf

    @property
    def root(self) -> bytes:
        """What devices install to believe the leaf (X.509, DER)."""
        return self._signer.root.public_bytes(Encoding.DER)

    async def begin(self) -> None:
        """Make the first leaf. Whatever prevents it prevents serving."""
        self._take(self._made(await self._clock()))
        await self.look()

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Renew the leaf if it is due, and note what is wrong."""
        instants, before, leaf = await self._clock(), self._wrong, self._leaf
        try:
            if self._is_due(instants):
                self._take(self._made(instants))
            self._wrong = self._complaint(instants)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            log.exception("certificate.not_renewed", error=type(error).__name__)
            self._wrong = FAILED
        if self._wrong != before or self._leaf is not leaf:
            for listener in self._listeners:
                listener()

    def state(self) -> CertificateState:
        """What the administrator sees."""
        return CertificateState(
            names=self.leaf.names,
            until_ms=self.leaf.not_after_ms,
            authority_until_ms=self._signer.not_after_ms,
            fingerprint=self.leaf.fingerprint,
            root=self._signer.root.fingerprint(hashes.SHA256()).hex(),
            install=self._install(),
            wrong=self._wrong,
        )

    def _install(self) -> str:
        """By an address, not a name: a browser that was told to stay with TLS at a name asks nothing else there."""
        addresses = self.leaf.names[len(self._hosts) :]
        if self._page_port is None or not addresses:
            return ""
        return f"http://{addresses[0]}" + ("" if self._page_port == HTTP else f":{self._page_port}") + "/install"

    def _is_due(self, instants: Instants) -> bool:
        leaf, now_ms = self.leaf, instants.believed_ms
        names = (*self._hosts, *self._signer.permitted(self._find()))
        is_last = leaf.not_after_ms >= self._signer.not_after_ms
        ends = not is_last and leaf.not_after_ms - BEFORE_MS <= now_ms
        was_ahead = leaf.not_after_ms > now_ms + LEAF_MS + DAY_MS
        return names != leaf.names or ends or was_ahead

    def _complaint(self, instants: Instants) -> str:
        left_ms = self._signer.not_after_ms - instants.believed_ms
        if left_ms <= 0:
            return AUTHORITY_ENDED
        return AUTHORITY_ENDS if left_ms < WARNED_MS else ""

    def _made(self, instants: Instants) -> Leaf:
        return self._signer.leaf(self._hosts, self._find(), instants, self._entropy)

    def _take(self, leaf: Leaf) -> None:
        load(self.context, leaf)
        if self._keep is not None:
            self._keep(leaf)
        self._leaf = leaf
        log.info("certificate.new", names=len(leaf.names), sha256=leaf.fingerprint)


def server_context() -> ssl.SSLContext:
    """TLS 1.3 and nothing older: every browser that these screens run in has had it since 2018."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["http/1.1"])
    return context


def load(context: ssl.SSLContext, leaf: Leaf) -> None:
    """Let new connections get `leaf`. The module `ssl` reads files alone: these are in memory and have no name."""
    with ExitStack() as stack:
        chain, key = (_in_memory(stack, data) for data in (leaf.chain, leaf.key))
        context.load_cert_chain(chain, key)


def _in_memory(stack: ExitStack, data: bytes) -> str:
    descriptor = os.memfd_create("mulhaqa")
    stack.callback(os.close, descriptor)
    os.write(descriptor, data)
    return f"/proc/self/fd/{descriptor}"
