"""An office on a real store in a temporary folder, with a press and a modem that only stand in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.services.office import Office
from tests.edge.services.support import Clock, ScriptedModem, StandInPress, office_in


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def press() -> StandInPress:
    return StandInPress()


@pytest.fixture
def modem() -> ScriptedModem:
    return ScriptedModem()


@pytest.fixture
async def office(tmp_path: Path, clock: Clock, press: StandInPress, modem: ScriptedModem) -> AsyncIterator[Office]:
    async with office_in(tmp_path, clock, press=press, modem=modem) as office:
        yield office
