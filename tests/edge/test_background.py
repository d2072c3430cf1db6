"""What the appliance does by itself, as people see it: sealed, sent, announced, and going on after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices.modem import Outcome, SendReport
from edge.background import Background, topics_of
from edge.services import certificates, messages, requests
from edge.services.office import Office
from edge.store.rows import Committed
from protocol.errors import PersonError
from protocol.records.hashing import text_of
from tests.edge.services.support import (
    CLERK,
    Clock,
    ScriptedModem,
    StandInPress,
    account,
    asked,
    case_of,
    completed,
    decided,
    enquired,
    office_in,
    ready_to_decide,
)

CASE = b"c" * 16
SOON = 5.0
"""Seconds that a test waits at most for what should take milliseconds."""


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


@asynccontextmanager
async def working(office: Office, look_s: float = 0.01, rest_s: float = 0.01) -> AsyncIterator[Background]:
    background = Background(office, look_s=look_s, rest_s=rest_s)
    await background.start()
    try:
        yield background
    finally:
        await background.stop()


async def until_told(office: Office, case: bytes, told: str) -> None:
    """Wait until the citizen's message is in this state, woken by what is announced."""
    with office.announcer.subscribe([f"case:{text_of(case)}"]) as changes:
        async with asyncio.timeout(SOON):
            while (await requests.dossier(office, case)).told != told:
                await changes.next()


async def until_sealed(office: Office, case: bytes) -> None:
    with office.announcer.subscribe([f"case:{text_of(case)}"]) as changes:
        async with asyncio.timeout(SOON):
            while (await case_of(office, case)).certificate is None:
                await changes.next()


async def test_what_was_granted_is_sealed_and_what_is_ready_is_told(office: Office, clock: Clock) -> None:
    case = await ready_to_decide(office)
    async with working(office):
        await decided(office, case)
        clock.ms += office.settings.undo_ms
        await until_sealed(office, case)
        await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
        await until_told(office, case, "sent")


async def test_a_press_that_never_answers_keeps_no_message_back(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    owner = await account(office)
    granted, refused = (await asked(office, owner)).case, (await asked(office, owner)).case
    for case in (granted, refused):
        await completed(office, case)
        await enquired(office, case)
    await decided(office, granted)
    await decided(office, refused, "refused")
    clock.ms += office.settings.undo_ms
    hangs = asyncio.Event()
    press.meanwhile = hangs.wait
    async with working(office):
        await until_told(office, refused, "sent")
        assert press.papers
        assert (await case_of(office, granted)).certificate is None


async def test_a_press_that_timed_out_is_not_asked_again_at_every_commit(
    office: Office, clock: Clock, press: StandInPress
) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    press.broken = lambda _data: PersonError("not now", status=503)
    async with working(office, look_s=0.001):
        for number in range(10):
            await account(office, cnie=f"FB{number}")
    assert len(press.papers) == 1


async def test_a_lost_attempt_is_given_up_before_anything_is_sent(tmp_path: Path, clock: Clock) -> None:
    asked_for = asyncio.Event()

    async def meanwhile() -> None:
        asked_for.set()

    modem = ScriptedModem(script=[None], meanwhile=meanwhile)
    async with office_in(tmp_path, clock, modem=modem) as office:
        case = await ready_to_decide(office)
        await decided(office, case, "refused")
        clock.ms += office.settings.undo_ms
        async with working(office):
            await asyncio.wait_for(asked_for.wait(), SOON)
    async with office_in(tmp_path, clock, modem=modem) as office:
        async with working(office):
            assert (await requests.dossier(office, case)).told == "failed"
            clock.ms += 10 * 86_400_000
            await account(office, cnie="FB1")
        assert len(modem.handed) == 1


async def test_a_fault_that_nobody_foresaw_ends_no_task(office: Office, clock: Clock, press: StandInPress) -> None:
    """A task that died would be missed by nobody; it is logged, rests, and goes on."""
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    press.failures = [KeyError("a fault of our own")]
    with capture_logs() as lines:
        async with working(office):
            await until_sealed(office, case)
    assert len(press.papers) == 2
    assert [(line["event"], line["error"]) for line in lines if line["log_level"] == "error"] == [
        ("background.failed", "KeyError")
    ]


async def test_a_failed_look_rests_whatever_is_committed(office: Office, clock: Clock, press: StandInPress) -> None:
    case = await ready_to_decide(office)
    await decided(office, case)
    clock.ms += office.settings.undo_ms
    press.broken = lambda _data: KeyError("a fault of our own")
    with capture_logs():
        async with working(office, look_s=0.001, rest_s=3600):
            for number in range(10):
                await account(office, cnie=f"FB{number}")
    assert len(press.papers) == 1


async def test_messages_are_tried_again_when_their_time_has_come(
    office: Office, clock: Clock, modem: ScriptedModem
) -> None:
    case = await ready_to_decide(office)
    await decided(office, case, "refused")
    clock.ms += office.settings.undo_ms
    modem.script = [SendReport(Outcome.UNREACHABLE, "no network")]
    async with working(office):
        await until_told(office, case, "waiting")
        clock.ms += office.settings.retries_ms[0]
        await until_told(office, case, "sent")
    assert await messages.send_due(office) == 0


def test_screens_hear_of_what_they_show_once() -> None:
    changes = [
        Committed("berkane-05/cases", CASE, "message.queued"),
        Committed("berkane-05/cases", CASE, "message.sent"),
        Committed("berkane-05/office", None, "staff.added"),
    ]
    assert topics_of(changes) == ["log", "cases", "display", "outbox", f"case:{text_of(CASE)}"]
    assert topics_of(changes[2:]) == ["log"]


def test_an_agents_look_reloads_no_screen_but_the_accounts_own() -> None:
    assert topics_of([Committed("berkane-05/cases", CASE, "account.viewed")]) == ["log", f"case:{text_of(CASE)}"]
