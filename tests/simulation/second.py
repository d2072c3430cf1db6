"""The second appliance of a run: it follows the first annexe's, and may be promoted while everything goes wrong.

Who promotes it does as the manual says: switches the other one off, types the command until it has an answer, and
starts the machine. A while later somebody switches the old one on again. The people work on at the promoted one; what
the old one alone had confirmed comes when it is back. Nobody may be waiting for an answer meanwhile: he would ask again
at a machine that never saw his command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from edge.store.post import Post
from edge.sync.link import Cut
from protocol.errors import OperatorError
from protocol.records.credentials import Credential
from protocol.records.keys import key_id
from tests.simulation.backups import records_of, writers_of
from tests.simulation.machine import PowerCut
from tests.simulation.network import Faults, Line, Weather
from tests.simulation.nodes import AnnexeMachine, CentreMachine
from tests.simulation.people import AGAIN_S, People

OFTEN = 0.4
"""Of the runs. The others play as they did without it."""


def wanted(seed: int) -> Random | None:
    """The chance that decides about the second appliance of a run; None where the run has none."""
    chance = Random(f"second appliance of {seed}")
    return chance if chance.random() < OFTEN else None


class Second:
    """A first appliance and its standby."""

    def __init__(self, first: AnnexeMachine, standby: AnnexeMachine, chance: Random, faults: Faults) -> None:
        self.first = first
        self.standby = standby
        self.promoted = False
        self.off: set[AnnexeMachine] = set()
        self._chance = chance
        self._busy = False
        odds = chance.choice([0.0, 0.0, 0.02])
        weather = Weather(delay_s=0.001, rate=10_000_000.0, drop=odds, duplicate=odds, swap=odds, cut=odds)
        self.lan = standby.lan = Line(
            Random(chance.getrandbits(64)), standby.loop, faults, weather, dead=Cut, lives=self._lives
        )
        standby.followed = first.following

    def _lives(self) -> object:
        return [(one.lives, one.powered) for one in (self.first, self.standby)]

    async def admit(self, centre: CentreMachine, credentials: Sequence[Credential]) -> None:
        """The prefecture publishes the credentials of both, long before anybody needs the second."""
        if centre.centre is not None:
            await centre.ask(centre.centre.publish_credentials(credentials))

    @property
    def serving(self) -> AnnexeMachine:
        """Where people work."""
        return self.standby if self.promoted else self.first

    def may_be_promoted(self, people: Sequence[People]) -> bool:
        """Whether nobody waits, and nothing is under way."""
        still = not any(one.is_waiting for one in people) and not self.first.is_asked
        return still and not self._busy and not self.promoted and self.standby.powered

    async def promote(self, people: Sequence[People]) -> None:
        """Switch the first one off and promote the standby; later the first one is switched on again."""
        self._busy = True
        self.off |= {self.first, self.standby}
        self.first.cut()
        for one in people:
            one.go_to(self.standby)
        await self._typed()
        self.promoted = True
        self.off.discard(self.standby)
        await asyncio.sleep(self._chance.expovariate(0.05))
        self.off.discard(self.first)

    async def _typed(self) -> None:
        """Type the command until it has an answer."""
        while True:
            try:
                await self.standby.promote()
            except (PowerCut, OperatorError):
                self.standby.cut()
                await asyncio.sleep(AGAIN_S)
            else:
                return

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.lan.is_up, self.lan.weather = True, Weather(delay_s=0.001)

    @property
    def is_at_rest(self) -> bool:
        """Whether the standby holds all that the first one does, and the first one knows of each record that the other
        one wrote in its place."""
        first, standby = self.first, self.standby
        if self.off or not (first.powered and standby.powered):
            return False
        told = first.store is not None and first.store.post is Post.REPLACED
        if self.promoted and key_id(standby.public) in writers_of(standby) and not told:
            return False
        return records_of(first) <= records_of(standby)

    def broken(self) -> list[str]:
        """What does not hold between the two."""
        if records_of(self.first) <= records_of(self.standby):
            return []
        return [f"{self.standby.name} lacks records of {self.first.name}"]
