"""A dossier as the prefecture shows it: the person, the answers, the steps, and what of it is proven."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel.dates import get_month_names

from central.store.blobs import Blobs, Progress
from central.store.decision_check import DecisionCheck
from central.store.queries import Queries, RequestRow
from central.web.words import CHECKS, ROLES, Look
from protocol.office.casework import Case, Step
from protocol.office.catalogue import MONTH, Bilingual, Field, Procedure
from protocol.office.events import Actor
from protocol.office.labels import step_label
from screens.scans import PICTURES

MONTHS_FR = {name: number for number, name in get_month_names("wide", locale="fr").items()}
PAPER_MONTH = re.compile(r"(\w+) ([0-9]{4})")


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step of the timeline; `label` and `role` are msgids. A step by the citizen or the annexe shows no name."""

    label: str
    time_ms: int
    role: str
    by: Actor | None
    refused: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer, in both languages where the form has them; `month`: its first day (ISO), or ""."""

    label: Bilingual | str
    value: Bilingual | str
    month: str = ""


@dataclass(frozen=True, slots=True)
class ShownScan:
    """A scan of a piece: what the piece is called, where the file is (hexadecimal), and how far it has come."""

    label: Bilingual | str
    address: str
    is_picture: bool
    progress: Progress


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the page shows. `received_ms`: when the certificate's record was taken in here."""

    annexe: str
    case: Case
    procedure: Procedure | None
    answers: tuple[Answer, ...]
    steps: tuple[ShownStep, ...]
    check: Look | None
    updated_ms: int
    received_ms: int | None
    scans: tuple[ShownScan, ...] = ()

    def piece(self, name: str) -> Bilingual | str:
        """What a piece is called; its id where the version of the procedure is not here."""
        pieces = self.procedure.pieces if self.procedure else ()
        return next((one.label for one in pieces if one.id == name), name)


async def dossier_of(queries: Queries, blobs: Blobs, row: RequestRow) -> Dossier:
    """Everything of one request that the prefecture holds."""
    case = row.case
    procedure = await _procedure(queries, case)
    received_ms = None
    if case.certificate is not None:
        received_ms = await queries.received_ms(row.annexe, row.subject, case.certificate.time_ms)
    return Dossier(
        annexe=row.annexe,
        case=case,
        procedure=procedure,
        answers=labelled(procedure, case.answers),
        steps=tuple(_shown(step) for step in case.history),
        check=CHECKS[row.decision] if row.decision is not DecisionCheck.NONE else None,
        updated_ms=row.updated_ms,
        received_ms=received_ms,
        scans=await _scans(blobs, row, procedure),
    )


NOT_YET = Progress(0, whole=False, problem="")


async def _scans(blobs: Blobs, row: RequestRow, procedure: Procedure | None) -> tuple[ShownScan, ...]:
    held = row.case.scans_held
    come = await blobs.progress(row.annexe, [scan.blob for scan in held]) if held else {}
    labels = {piece.id: piece.label for piece in procedure.pieces} if procedure else {}
    return tuple(
        ShownScan(
            labels.get(scan.piece, scan.piece), scan.blob.hex(), scan.media in PICTURES, come.get(scan.blob, NOT_YET)
        )
        for scan in held
    )


async def _procedure(queries: Queries, case: Case) -> Procedure | None:
    """The version that the case was opened under."""
    wanted = (case.procedure, case.procedure_version)
    published = (one.procedure for one in await queries.catalogue_versions())
    return next((one for one in published if (one.id, one.version) == wanted), None)


def labelled(procedure: Procedure | None, answers: Mapping[str, str]) -> tuple[Answer, ...]:
    """Answers with their questions, in the form's order; what the form does not know keeps its id."""
    fields = {field.id: field for field in procedure.fields} if procedure else {}
    order = [name for name in fields if name in answers] + [name for name in answers if name not in fields]
    return tuple(_labelled(name, fields.get(name), answers[name]) for name in order)


def _labelled(name: str, field: Field | None, answer: str) -> Answer:
    """A choice is said in both languages; a paper's code holds its French words, a case its id."""
    if field is None:
        return Answer(name, answer)
    if field.kind == "month":
        return Answer(field.label, answer, _first_day(answer))
    return Answer(field.label, next((one.label for one in field.choices if answer in (one.id, one.label.fr)), answer))


def _first_day(answer: str) -> str:
    """The first day (ISO) of a month as a case has it ("2019-03") or a code ("mars 2019"); "" for other text."""
    written = PAPER_MONTH.fullmatch(answer)
    month = f"{written[2]}-{MONTHS_FR.get(written[1], 0):02}" if written else answer
    return f"{month}-01" if MONTH.fullmatch(month) else ""


def _shown(step: Step) -> ShownStep:
    role = step.by.role if step.by else "system"
    return ShownStep(
        label=step_label(step.kind, step.note),
        time_ms=step.time_ms,
        role=ROLES.get(role, ROLES["system"]),
        by=step.by if role not in ("citizen", "system") else None,
        refused=not step.lawful or (step.kind == "decision.taken" and step.note == "refused"),
    )
