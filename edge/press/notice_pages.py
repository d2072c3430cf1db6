"""From a notice's data to what its template shows: one layout for all, so that people know a paper of the annexe.

title, facts, a list of pieces or a text in the person's own words, what the notice says (framed), what it does not
say, the code to follow the request.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from edge.press import notice_wording as said
from edge.press import wording
from edge.press.documents import Language
from edge.press.notices import AppealReceipt, IncompleteReceipt, Notice, RefusalNotice, SilenceProof
from edge.press.pages import Page, both, identity_rows, qr_svg, row, stand_in_rows
from protocol.office.calendar import local_date, local_time
from protocol.office.catalogue import Bilingual

Part = dict[str, Any]


def notice_page(data: Notice, language: Language) -> Page:
    """Return what `notice.typ` shows, `language` first."""
    part = _PARTS[type(data)](data)
    return {
        "first": language,
        "second": "fr" if language == "ar" else "ar",
        "issuer": msgspec.to_builtins(data.issuer),
        "title": both(part["title"]),
        "reference": data.reference,
        "rows": [*_common_rows(data), *part["rows"], row(said.MADE, _moment(data.made_ms))],
        "list_head": both(part.get("list_head")),
        "list": [both(label) for label in part.get("list", [])],
        "quote_head": both(part.get("quote_head")),
        "quote": part.get("quote", ""),
        "framed": part["framed"],
        "body": _joined(*part["body"]),
        "follow": wording.FOLLOW,
        "follow_url": data.follow_url,
        "qr": qr_svg(data.follow_url),
    }


def _common_rows(data: Notice) -> list[Page]:
    return [
        row(wording.REFERENCE, data.reference),
        row(wording.REQUEST, data.procedure),
        *identity_rows(data.person),
        *stand_in_rows(data.represented_by),
        row(wording.SUBMITTED, _moment(data.submitted_ms)),
    ]


def _incomplete(data: IncompleteReceipt) -> Part:
    return {
        "title": said.INCOMPLETE_TITLE,
        "rows": [row(said.ASKED, _day(local_date(data.asked_ms)))],
        "list_head": said.MISSING,
        "list": data.missing,
        "framed": said.bring_until(_day_or_none(data.until)),
        "body": [said.INCOMPLETE],
    }


def _silence(data: SilenceProof) -> Part:
    return {
        "title": said.SILENCE_TITLE,
        "rows": [row(said.COMPLETE, _moment(data.complete_ms)), row(said.DUE, _day(data.due)), _noted(data)],
        "framed": said.silence_stated(_day(data.due)),
        "body": [said.SILENCE_SCOPE[data.scope], said.SILENCE],
    }


def _noted(data: SilenceProof) -> Page:
    return row(said.NOTED, _moment(data.noted_ms))


def _refusal(data: RefusalNotice) -> Part:
    return {
        "title": said.REFUSAL_TITLE,
        "rows": [row(said.DECIDED, _moment(data.decided_ms)), row(said.REASON, data.reason)],
        "quote_head": said.JUSTIFICATION,
        "quote": data.justification,
        "framed": said.appeal_by(_day_or_none(data.until)),
        "body": [said.REFUSAL],
    }


def _appeal(data: AppealReceipt) -> Part:
    helped = [row(wording.HELPER, data.helper)] if data.helper else []
    return {
        "title": said.APPEAL_TITLE,
        "rows": [row(said.DECIDED, _moment(data.decided_ms)), row(said.LODGED, _moment(data.lodged_ms)), *helped],
        "quote_head": said.GROUNDS,
        "quote": data.grounds,
        "framed": said.APPEAL_TAKEN,
        "body": [said.APPEAL_LATE, said.APPEAL] if data.late else [said.APPEAL],
    }


_PARTS: dict[type, Callable[[Any], Part]] = {
    IncompleteReceipt: _incomplete,
    SilenceProof: _silence,
    RefusalNotice: _refusal,
    AppealReceipt: _appeal,
}


def _day(day: date) -> Bilingual:
    return wording.day_in_words(day)


def _day_or_none(day: date | None) -> Bilingual | None:
    return None if day is None else _day(day)


def _moment(ms: int) -> Bilingual:
    day, hour = _day(local_date(ms)), local_time(ms)
    return Bilingual(ar=f"{day.ar}، {hour}", fr=f"{day.fr}, {hour}")


def _joined(*texts: said.Lines) -> said.Lines:
    return {language: [line for text in texts for line in text[language]] for language in ("ar", "fr")}
