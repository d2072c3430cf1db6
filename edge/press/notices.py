"""What the press prints about a request besides its receipt: the data of each notice, decided on by the services.

A notice says what the log holds and no more. Dates kept as text are ISO, times are milliseconds since the epoch.
"""

from __future__ import annotations

from datetime import date

import msgspec

from edge.press.documents import Issuer, Person, StandIn
from protocol.office.catalogue import Bilingual, Silence


class BaseNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What every notice names: whose request it is about, and when it was made out."""

    issuer: Issuer
    reference: str
    procedure: Bilingual
    person: Person
    submitted_ms: int
    made_ms: int
    follow_url: str
    represented_by: StandIn | None = None


class IncompleteReceipt(BaseNotice, frozen=True, kw_only=True, tag="incomplete"):
    """The receipt of an incomplete dossier (law 55-19): what is missing, asked for once, and until when."""

    missing: list[Bilingual]
    asked_ms: int
    until: date | None


class SilenceProof(BaseNotice, frozen=True, kw_only=True, tag="silence"):
    """The proof that no answer was recorded by the end of the delay. `scope`: what the law makes of that silence."""

    complete_ms: int
    due: date
    noted_ms: int
    scope: Silence | None


class RefusalNotice(BaseNotice, frozen=True, kw_only=True, tag="refusal"):
    """The refusal with its reason, and the way to appeal. `until`: the last day to appeal in time, once it is known."""

    decided_ms: int
    reason: Bilingual
    justification: str
    until: date | None


class AppealReceipt(BaseNotice, frozen=True, kw_only=True, tag="appeal"):
    """The receipt of an appeal. `late`: it came after its time, and was taken; `helper` wrote it for the person."""

    decided_ms: int
    lodged_ms: int
    grounds: str
    late: bool
    helper: Bilingual | None = None


Notice = IncompleteReceipt | SilenceProof | RefusalNotice | AppealReceipt
