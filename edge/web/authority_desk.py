"""The tablet's page, as view data: the list by deadline, the open dossier, what was just decided."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from edge.services import accounts, decisions, delays, missing, requests
from edge.services.decisions import WaitingRow
from edge.services.delays import Delay, delay_of
from edge.services.office import Office
from edge.services.reasons import BY_CODE, REASONS, Reason
from edge.services.receipts import answer_in_words
from edge.services.requests import Dossier
from edge.store.rows import StaffView
from edge.web import signed_in
from edge.web.scan_views import ScannedPiece, scanned_pieces
from edge.web.steps import StepView, steps_of
from edge.web.wall_clock import offset_ms
from protocol.office.calendar import due_date
from protocol.office.casework import State
from protocol.office.catalogue import Bilingual
from protocol.records.hashing import text_of
from screens.pages import session_of

DECIDED = "decided"
"""Where the session keeps what this agent decided in this sitting, newest first: [(case, milliseconds)]."""

KEPT = 20
"""Decisions remembered there: those of a minute; nobody signs twenty."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that can still be taken back, for `seconds` more `of` those that there were."""

    id: str
    reference: str
    outcome: str
    seconds: int
    of: int


@dataclass(frozen=True, slots=True)
class Tablet:
    """Everything the page shows.

    `enrolled` is the agent's public key in base64, "" before he has one. `clock_offset_ms` is by how much the office's
    wall clock is ahead of UTC: browsers carry other tables of Morocco's time than the appliance, which decides.
    `verified`: an official has seen the applicant's card.
    """

    rows: Sequence[WaitingRow]
    enrolled: str
    undoable: Sequence[Decided]
    clock_offset_ms: int
    reasons: Sequence[Reason] = REASONS
    id: str = ""
    dossier: Dossier | None = None
    steps: Sequence[StepView] = ()
    answers: Sequence[tuple[Bilingual, Bilingual]] = ()
    pieces: Sequence[Bilingual] = ()
    scanned: Sequence[ScannedPiece] = ()
    refusing: bool = False
    asking: bool = False
    """The form for missing documents is open; `may_ask`: it may be, for nothing was asked yet."""
    may_ask: bool = False
    bring_until: date | None = None
    delay: Delay | None = None
    appeal_reason: Reason | None = None
    deciding: bool = False
    reason: Reason | None = None
    undo: Decided | None = None
    verified: bool = False


def remember(request: web.Request, case: bytes) -> None:
    """Note a decision of this sitting."""
    data = session_of(request).data
    now = signed_in.office_of(request).now()
    data[DECIDED] = [(case, now), *data.get(DECIDED, [])][:KEPT]


async def tablet(request: web.Request, agent: StaffView, case: bytes | None) -> Tablet:
    """Put the page together; without a case, the most urgent one that waits is open."""
    office = signed_in.office_of(request)
    rows = await decisions.waiting(office)
    undoable = await _undoable(office, agent, session_of(request).data.get(DECIDED, []))
    enrolled = base64.b64encode(agent.public).decode() if agent.public else ""
    offset = offset_ms(office.now())
    if case is None:
        case = rows[0].case if rows else None
    if case is None:
        return Tablet(rows, enrolled, undoable, offset)
    dossier = await requests.dossier(office, case)
    account = await accounts.view(office, dossier.case.account, signed_in.actor_of(request))
    decision, appeal = dossier.case.decision, dossier.case.appeal
    deciding = dossier.case.state is State.UNDER_DECISION and not dossier.case.frozen
    may_ask = deciding and not dossier.case.asked and bool(dossier.procedure.pieces)
    return Tablet(
        rows,
        enrolled,
        undoable,
        offset,
        id=text_of(case),
        dossier=dossier,
        steps=steps_of(dossier),
        answers=answers_of(dossier),
        pieces=[piece.label for piece in dossier.procedure.pieces if piece.id in dossier.case.pieces],
        scanned=[piece for piece in scanned_pieces(dossier) if piece.scans],
        refusing=request.query.get("verb") == "refuse",
        asking=may_ask and (request.query.get("verb") == "missing" or request.method == "POST"),
        may_ask=may_ask,
        bring_until=due_date(office.now(), missing.DAYS),
        delay=delay_of(dossier.case, await delays.today(office)),
        deciding=deciding,
        appeal_reason=BY_CODE.get(appeal.against_code) if appeal else None,
        reason=BY_CODE.get(decision.reason_code) if decision else None,
        verified=account.verified,
        undo=next((one for one in undoable if one.id == text_of(case)), None),
    )


def answers_of(dossier: Dossier) -> list[tuple[Bilingual, Bilingual]]:
    """What the applicant answered: each field's label with the answer, as the certificate will say it."""
    answers, fields = dossier.case.answers, dossier.procedure.fields
    return [(field.label, answer_in_words(field, answers[field.id])) for field in fields if answers.get(field.id)]


async def _undoable(office: Office, agent: StaffView, decided: Sequence[tuple[bytes, int]]) -> list[Decided]:
    """What this agent can still take back, newest first."""
    fresh = dict.fromkeys(case for case, ms in decided if office.now() - ms < office.settings.undo_ms)
    found = [await _still_open(office, agent, case) for case in fresh]
    return [one for one in found if one is not None]


async def _still_open(office: Office, agent: StaffView, case: bytes) -> Decided | None:
    opened = (await requests.dossier(office, case)).case
    decision = opened.decision
    if decision is None or opened.certificate is not None or decision.by.id != agent.login:
        return None
    whole = office.settings.undo_ms
    left = decision.time_ms + whole - office.now()
    if left <= 0:
        return None
    return Decided(text_of(case), opened.reference, decision.outcome, -(-left // 1000), -(-whole // 1000))
