"""The appliance's own page: its log, the way to the prefecture, devices, messages, version.

It shows how things go, never whom they are about: numbers are masked, records are named by their place. The texts that
the simulated modem "sent" are shown because nobody's phone rings in a demonstration; a real modem keeps none.
"""

from __future__ import annotations

from aiohttp import web

from edge.services import messages, status
from edge.services.office import Office
from edge.sync.caps import rate_text
from edge.web import admin_devices, admin_link, admin_people, admin_screens, admin_sticks, admin_where, signed_in
from edge.web.admin_words import (
    BRANCHES,
    CERTIFICATE,
    CONDITIONS,
    DEVICES,
    FLAWS,
    OTHER_FLAW,
    OUTBOX,
    SENT_BY_SIMULATION,
    WHYS,
    sent_texts,
)
from edge.web.duties import RUNS_IT
from edge.web.install import grouped
from protocol.office.labels import step_label
from protocol.records.hashing import text_of
from screens.pages import render

MESSAGES_SHOWN = 50
"""Messages of the outbox on the page: a day of a busy annexe."""


def routes(office: Office) -> list[web.RouteDef]:
    """The page, the hands of its simulated devices, its link, its sticks, and its search."""
    parts = (admin_devices, admin_link, admin_people, admin_screens, admin_sticks, admin_where)
    return [web.get("/admin", show), *(route for part in parts for route in part.routes(office))]


@RUNS_IT
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    office = signed_in.office_of(request)
    summary = await status.summary(office)
    return render(
        request,
        "admin/page.html",
        summary=summary,
        outbox=(await messages.outbox(office, MESSAGES_SHOWN))[::-1],
        sent=sent_texts(office.modem),
        label_of=step_label,
        hex_of=bytes.hex,
        id_of=text_of,
        conditions=CONDITIONS,
        branch_words=BRANCHES,
        flaw_words=FLAWS,
        other_flaw=OTHER_FLAW,
        devices=DEVICES,
        whys=WHYS,
        simulated=admin_devices.simulated(office),
        hands=admin_devices.HAND_LABELS,
        tickets=admin_devices.tickets(office),
        states=OUTBOX,
        simulation=SENT_BY_SIMULATION,
        sticks=None if office.sticks is None else await office.sticks.state(),
        words=admin_sticks.WORDS,
        link=None if office.link is None else office.link.state(),
        kilobytes=admin_link.kilobytes,
        minutes=admin_link.minutes,
        rate_text=rate_text,
        certificate=office.certificate(),
        certificate_wrong=CERTIFICATE,
        grouped=grouped,
        now_ms=office.now(),
    )
