"""What happened before a journey begins, made as the selftest makes it: over HTTP, by people at their screens.

Each journey asks for people and requests of its own, so that none depends on another. Decisions that only have to be
there are signed by the second agent, whose key no browser holds; the first agent's tablet stays his own.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from launcher.acts.authority import Authority
from launcher.acts.counter import Counter
from launcher.acts.kiosk import Filed, Kiosk
from launcher.client import Browser
from launcher.people import Person, made_up, with_pins
from launcher.stage import Stage
from protocol.records.keys import SigningKey

PATIENCE = 60.0  # seconds until a certificate is sealed on a busy machine
BETWEEN = 0.2

CROWD = 500
"""People made up for one walk through all journeys: each story wants its own, some of them several."""


class Backstage:
    """Makes people, accounts, requests, decisions and papers."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        chance = random.Random(5)  # made-up people, the same in every run: pictures change as little as they can
        self._people = iter(with_pins(made_up(CROWD, chance), chance))
        self.kiosk = Kiosk(self._browser)
        self.counter = Counter(self._browser, stage.person("clerk"))
        deputy = next(agent for agent in stage.agents if agent.login == "driss")
        self.authority = Authority(self._browser, deputy, SigningKey(os.urandom(32)))
        self._enrolled = False
        self._filed: dict[Person, Filed] = {}

    def person(self, **changes: str) -> Person:
        """Somebody who was never here."""
        return replace(next(self._people), **changes)

    def with_account(self, **changes: str) -> Person:
        """Somebody who opened an account at the kiosk."""
        person = self.person(**changes)
        self.kiosk.open_account(person)
        return person

    def filed(self, person: Person) -> str:
        """His request, filed at the kiosk; its case."""
        self.kiosk.request(person)
        [self._filed[person]] = self.kiosk.filed(person)
        return self._filed[person].case

    def waiting(self, person: Person, outcome: str = "favourable") -> str:
        """His request, ready to be decided."""
        case = self.filed(person)
        self.counter.complete(case)
        self.counter.enquire(case, outcome)
        return case

    def decided(self, person: Person, outcome: str) -> str:
        """His request, decided by the second agent."""
        case = self.waiting(person)
        if not self._enrolled:
            self.authority.enrol()
            self._enrolled = True
        reference = self.reference(person)
        self.authority.decide(case, reference, person, outcome)
        return case

    def ready(self, people: Sequence[Person]) -> None:
        """The certificates of some people, printed and stamped."""
        for case in [self.decided(person, "approved") for person in people]:
            self.until(partial(self.counter.offers, case, "ready"))
            self.counter.confirm(case)

    def reference(self, person: Person) -> str:
        """The reference of the request that was filed for him here."""
        return self._filed[person].reference

    def case(self, person: Person) -> str:
        """The request that was filed for him here."""
        return self._filed[person].case

    def until(self, holds: Callable[[], bool]) -> None:
        """Look again until it holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "it was waited for in vain"
            time.sleep(BETWEEN)

    def _browser(self) -> Browser:
        return Browser(self.stage.edge_url).hold(self.stage.cookies)
