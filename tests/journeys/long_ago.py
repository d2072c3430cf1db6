"""An annexe where somebody has waited for longer than the law allows: its first days lie two months back.

What happened then is written into its folder by the services themselves, with a clock of that time, before the annexe
is started today.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from edge.installation import open_installation
from edge.opening import opened_office
from edge.services import accounts, enquiries, missing, pieces, requests
from edge.services.accounts import AccountForm
from edge.services.office import Office
from launcher.people import Person
from launcher.stage import Stage
from protocol.office.calendar import local_date
from protocol.office.events import Actor
from protocol.records.hashing import text_of

PROCEDURE = "residence-autorite-locale"
ANSWERS = {"occupation": "proprietaire", "depuis": "2019-03", "motif": "banque"}
CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")
DAY_MS = timedelta(days=1) // timedelta(milliseconds=1)


class LongAgo:
    """Writes the past of a stage that is made and not started."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def waits(self, person: Person, days: int) -> str:
        """His request, before the authority agent since `days`; its case."""
        return self._told(person, days, ask=False)

    def asked_for_pieces(self, person: Person, days: int) -> str:
        """His request, of which a document was asked for `days` ago and never came; its case."""
        return self._told(person, days, ask=True)

    def _told(self, person: Person, days: int, *, ask: bool) -> str:
        # Playwright keeps an event loop in this thread: the annexe's has one of its own.
        with ThreadPoolExecutor(1) as other:
            return other.submit(asyncio.run, self._write(person, days, ask=ask)).result()

    async def _write(self, person: Person, days: int, *, ask: bool) -> str:
        then_ms = time.time_ns() // 1_000_000 - days * DAY_MS
        installation = open_installation(self._stage.edge_data)
        async with opened_office(installation, lambda: then_ms, os.urandom, origin=self._stage.edge_url) as office:
            case = await _filed(office, person)
            procedure = (await requests.dossier(office, case)).procedure
            if ask:
                await missing.ask(office, office.command(), case, [procedure.pieces[-1].id], CLERK)
                return text_of(case)
            seen = [piece.id for piece in procedure.pieces]
            await pieces.complete(office, office.command(), case, seen, CLERK, card_seen=True)
            on = local_date(then_ms).isoformat()
            await enquiries.report(office, office.command(), case, "favourable", on, "", "moqaddem", CLERK)
        return text_of(case)


async def _filed(office: Office, person: Person) -> bytes:
    form = AccountForm(
        cnie=person.cnie,
        name_fr=person.name_fr,
        name_ar=person.name_ar,
        phone=person.phone,
        birth_date=person.birth_date,
        address=person.address,
        pin=person.pin,
        language="ar",
        consent="notice-1",
    )
    citizen = Actor(role="citizen", id="kiosk", name=person.name_fr, name_ar=person.name_ar)
    account = await accounts.open_account(office, office.command(), form, citizen)
    filed = await requests.submit(office, office.command(), account, PROCEDURE, ANSWERS, citizen, "ar")
    return filed.case
