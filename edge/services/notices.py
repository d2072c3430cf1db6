"""The papers that tell a citizen how his request stands: what is missing, silence, a refusal, an appeal received.

Each is made from the log when it is asked for, and only while it is true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.press.notices import AppealReceipt, IncompleteReceipt, Notice, RefusalNotice, SilenceProof
from edge.services.office import Office
from edge.services.reasons import BY_CODE
from edge.services.receipts import follow_url, issuer_of, named, stand_in
from edge.services.requests import Dossier, dossier
from protocol.errors import N_, PersonError
from protocol.office.appeals import appeal_until, is_late
from protocol.office.case import SILENCE
from protocol.office.casework import Case, State
from protocol.office.catalogue import Bilingual
from protocol.office.turning import runs

INCOMPLETE, SILENT, REFUSED, APPEALED = "incomplete", "silence", "refusal", "appeal"


async def pdf(office: Office, case: bytes, paper: str, language: str) -> bytes:
    """Return a notice as a PDF, `language` first; PersonError 404 while the request does not call for it."""
    opened = await dossier(office, case)
    data = PAPERS[paper](office, opened) if paper in papers_of(opened.case) else None
    if data is None:
        raise PersonError(N_("There is no such paper for this request now. Reload its page."), status=404)
    return await office.press.notice(data, language)


def papers_of(case: Case) -> list[str]:
    """Name the notices that a request calls for as it stands."""
    calls = {
        INCOMPLETE: case.state is State.AWAITING_PIECES and bool(case.asked),
        SILENT: case.silent and runs(case),
        REFUSED: case.state is State.REFUSED and case.told,
        APPEALED: case.appeal is not None,
    }
    return [paper for paper, called in calls.items() if called]


def _common(office: Office, opened: Dossier) -> dict[str, Any]:
    return {
        "issuer": issuer_of(office.annexe),
        "reference": opened.case.reference,
        "procedure": opened.procedure.name,
        "person": named(opened.case),
        "represented_by": stand_in(opened.case),
        "submitted_ms": opened.case.submitted_ms,
        "made_ms": office.now(),
        "follow_url": follow_url(office.annexe, opened.case.reference),
    }


def _last_ms(case: Case, kind: str, note: str = "") -> int:
    """Return when the last step of a kind was taken; the day of the request where there is none."""
    times = [
        step.time_ms for step in case.history if step.kind == kind and step.lawful and (not note or step.note == note)
    ]
    return times[-1] if times else case.submitted_ms


def _incomplete(office: Office, opened: Dossier) -> Notice | None:
    asked = set(opened.case.asked)
    return IncompleteReceipt(
        **_common(office, opened),
        missing=[piece.label for piece in opened.procedure.pieces if piece.id in asked],
        asked_ms=_last_ms(opened.case, "pieces.requested"),
        until=opened.case.asked_until,
    )


def _silence(office: Office, opened: Dossier) -> Notice | None:
    case = opened.case
    if case.complete_ms is None or case.due is None:
        return None
    return SilenceProof(
        **_common(office, opened),
        complete_ms=case.complete_ms,
        due=case.due,
        noted_ms=_last_ms(case, "deadline.reached", str(SILENCE)),
        scope=opened.procedure.silence,
    )


def _refusal(office: Office, opened: Dossier) -> Notice | None:
    refused = opened.case.decision
    if refused is None:
        return None
    reason = BY_CODE.get(refused.reason_code)
    return RefusalNotice(
        **_common(office, opened),
        decided_ms=refused.time_ms,
        reason=reason.label if reason else Bilingual(ar=refused.reason_code, fr=refused.reason_code),
        justification=refused.reason_text,
        until=appeal_until(opened.case),
    )


def _appeal(office: Office, opened: Dossier) -> Notice | None:
    appeal = opened.case.appeal
    if appeal is None:
        return None
    helped = appeal.by.role != "citizen"
    return AppealReceipt(
        **_common(office, opened),
        decided_ms=_refused_before(opened.case, appeal.time_ms),
        lodged_ms=appeal.time_ms,
        grounds=appeal.grounds,
        late=is_late(opened.case),
        helper=Bilingual(ar=appeal.by.name_ar or appeal.by.name, fr=appeal.by.name) if helped else None,
    )


def _refused_before(case: Case, lodged_ms: int) -> int:
    """Return when the refusal was signed that the appeal is against."""
    times = [step.time_ms for step in case.history if step.kind == "decision.taken" and step.note == "refused"]
    return next((time for time in reversed(times) if time <= lodged_ms), lodged_ms)


PAPERS: Mapping[str, Callable[[Office, Dossier], Notice | None]] = {
    INCOMPLETE: _incomplete,
    SILENT: _silence,
    REFUSED: _refusal,
    APPEALED: _appeal,
}
