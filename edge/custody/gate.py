"""The gate of a locked appliance: it opens by the passphrase, or by itself once a key that needs nobody is there.

Guessing is slowed down so that it cannot be turned against the office:

- No lock-out: a passphrase of twenty characters under Argon2id needs none, and nobody can shut the gate for others.
- After its third failure an address waits before its next try, longer each time, a minute at most. It alone waits.
- One try at a time. The appliance's own screen goes before all others, and who has failed less before who failed more.
- A restart forgets the counts: whoever can cut the power can also take the machine.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from edge.custody.keeper import Keeper, Locked, WrongPassphrase
from edge.custody.turns import Busy, Turns
from protocol.errors import N_, PersonError

FREE: Final = 3
"""Failures without a wait: a slip, the wrong keyboard, and the capitals."""

LONGEST_S: Final = 60
REMEMBERED: Final = 1_000
"""Addresses with failures: a LAN's. The one quiet for longest is forgotten."""

LONGEST: Final = 1_024
"""Characters of a passphrase: whoever pastes more has pasted another thing."""

OWN_SCREEN: Final = frozenset({"127.0.0.1", "::1"})

WRONG: Final = N_("This is not the passphrase. Look at the keyboard's language and the capitals, and type it again.")
WAIT: Final = N_("Wait %(seconds)s seconds before the next try from this screen.")
BUSY: Final = N_("Others are trying too. Try again in a minute, or at the appliance's own screen.")
NONE: Final = N_("No passphrase opens this appliance. Plug in its USB key, or call the prefecture's IT.")


class Gate:
    """Of one start; `now` in milliseconds."""

    def __init__(self, keeper: Keeper, now: Callable[[], int]) -> None:
        self._keeper = keeper
        self._now = now
        self._turns = Turns()
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()  # how many, and when the last was
        self._key: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.takes_passphrase = keeper.takes_passphrase

    @property
    def is_open(self) -> bool:
        """Whether the key was found."""
        return self._key.done()

    async def opened(self) -> bytes:
        """The vault's key, once the gate is open."""
        return await asyncio.shield(self._key)

    async def look(self) -> None:
        """Try the ways that need nobody: a stick may have been plugged in."""
        try:
            self._open(await asyncio.to_thread(self._keeper.key))
        except Locked:
            return

    async def enter(self, passphrase: str, address: str) -> None:
        """Try a passphrase that came from `address`; PersonError where it does not open."""
        if self.is_open:
            return
        if not self.takes_passphrase:
            raise PersonError(NONE, status=409)
        failures = self._admitted(address)
        self._note(address, failures + 1)  # from its beginning: a hundred sent at once are a hundred tries
        rank = -1 if address in OWN_SCREEN else failures
        try:
            async with self._turns.turn(rank):
                if not self.is_open:
                    self._open(await asyncio.to_thread(self._keeper.key_by_passphrase, passphrase[:LONGEST]))
        except Busy as error:
            raise PersonError(BUSY, status=503) from error
        except WrongPassphrase as error:
            raise PersonError(WRONG, field="passphrase", status=401) from error

    def _open(self, key: bytes) -> None:
        if not self._key.done():
            self._key.set_result(key)

    def _admitted(self, address: str) -> int:
        """How often the address has failed; PersonError while it must wait."""
        failures, last_ms = self._failures.get(address, (0, 0))
        wait_ms = 0 if failures < FREE else min(LONGEST_S, 2 ** min(failures - FREE + 1, 10)) * 1000
        left = wait_ms - abs(self._now() - last_ms)  # a clock that was set meanwhile makes nobody wait longer
        if left > 0:
            raise PersonError(WAIT, status=429, seconds=left // 1000 + 1)
        return failures

    def _note(self, address: str, failures: int) -> None:
        self._failures[address] = (failures, self._now())
        self._failures.move_to_end(address)
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
