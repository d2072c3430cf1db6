"""The shape of a procedure in the catalogue: closed, so that a document with a slip in it is refused where it arrives.

None is "to be confirmed", never "none": what nobody knows is said so on the screens.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from protocol.errors import PeerError
from protocol.records.encoding import Value

LONGEST_DELAY = 60
"""Calendar days: the most that law 55-19 allows an administration."""

LONGEST_ANSWER = 300
"""Characters of a free answer: a few lines; whatever is longer belongs in a piece."""

ID = re.compile(r"[a-z][a-z0-9_-]{0,63}")
"""Ids stand in addresses, events and file names: small letters, digits, dash and underscore, at most 64."""

SINCE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")

Status: TypeAlias = Literal["active", "received_here", "abolished", "elsewhere", "abroad_only", "to_confirm"]
Template: TypeAlias = Literal["residence", "attestation", "receipt"]
"""The papers that an annexe grants: where someone lives, that something is so, that something was received."""

Silence: TypeAlias = Literal["acceptance", "nothing"]

Topic: TypeAlias = Literal["home", "family", "life", "identity", "travel", "aid", "association", "property"]
"""The events of a life by which the guide is grouped."""


class NotAProcedure(PeerError):
    """A document does not have the shape of a procedure."""

    kind = "not-a-procedure"


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Arabic and in French, neither a translation note of the other."""

    ar: str
    fr: str

    def text(self, language: str) -> str:
        """Return the text in `language`: French for "fr", Arabic for every other."""
        return self.fr if language == "fr" else self.ar


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something to bring. `needs`: the original is shown and given back, or a paper is left in the dossier.

    `legal_basis` is the text that asks for it, `source` the address where a list that names it is published.
    """

    id: str
    label: Bilingual
    needs: Literal["original_shown", "left"]
    legal_basis: Bilingual | None = None
    source: str | None = None
    note: Bilingual | None = None


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a list."""

    id: str
    label: Bilingual


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question of the form; a "month" is answered as YYYY-MM.

    `printed`: the answer stands on the granted paper, called `on_paper` there, or as the question where that is None.
    """

    id: str
    kind: Literal["text", "choice", "month"]
    label: Bilingual
    hint: Bilingual | None = None
    choices: list[Choice] = []
    required: bool = True
    max_length: int = 120
    printed: bool = True
    on_paper: Bilingual | None = None


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A declaration on honour (تصريح بالشرف) that is signed instead of an abolished certificate.

    `text` is what is declared, a whole sentence in the first person; `lines` are the labels of what is written by hand
    beside who declares it (the name of a relative, say). The form itself has the lines of the person.
    """

    id: str
    title: Bilingual
    text: Bilingual
    lines: list[Bilingual] = []


class Procedure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of a procedure. None is "to be confirmed", never "none".

    - `pieces_to_confirm`: no source that was read settles the list; what stands in it is certain, more may be wanted.
    - `delay`: what is said of the delay where this annexe does not decide; here the law's `deadline_days` holds.
    - `validity`: how long the paper holds, where months do not say it ("permanent").
    - `decided_elsewhere_by`: who decides on what is received here.
    - `instead`: what to do, where this annexe does not decide: where to go, how, and what follows.
    - `receipt`: what the paper given at deposit is worth beyond law 55-19; printed on the receipt of a request.
    - `certificate_name`, `statement`: what the granted paper is called, if not as the procedure, and what it certifies,
      as the end of "le chef de l'annexe soussigné atteste, au vu des pièces présentées, ...".
    """

    id: str
    version: int
    status: Status
    topic: Topic | None = None
    name: Bilingual
    summary: Bilingual
    since: str | None = None
    legal_basis: Bilingual | None = None
    sources: list[str]
    verified_on: str
    pieces: list[Piece] = []
    pieces_to_confirm: bool = False
    fee: Bilingual | None = None
    deadline_days: int = LONGEST_DELAY
    delay: Bilingual | None = None
    validity_months: int | None = None
    validity: Bilingual | None = None
    fields: list[Field] = []
    decided_by: Literal["authority"] | None = None
    decided_elsewhere_by: Bilingual | None = None
    field_enquiry: bool = False
    print_on_spot: bool = False
    template: Template | None = None
    certificate_name: Bilingual | None = None
    statement: Bilingual | None = None
    receipt: Bilingual | None = None
    instead: Bilingual | None = None
    declarations: list[Declaration] = []
    keywords: list[str] = []
    silence: Silence | None = None
    """What the law makes of no answer in time: acceptance, or nothing; None is "to be confirmed"."""


def parse_procedure(value: Value) -> Procedure:
    """Read a procedure; raises NotAProcedure with what is wrong and where."""
    try:
        return msgspec.convert(value, Procedure, strict=True)
    except msgspec.ValidationError as error:
        raise NotAProcedure(f"This document is no procedure: {error}") from error


def procedure_value(procedure: Procedure) -> dict[str, Value]:
    """Return a procedure as the document that is published."""
    value: dict[str, Value] = msgspec.to_builtins(procedure)
    return value


def requestable(procedure: Procedure) -> bool:
    """Say whether a request can be opened here."""
    return procedure.status == "active" and procedure.decided_by is not None
