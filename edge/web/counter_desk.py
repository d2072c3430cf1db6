"""The counter's one screen, as view data: what waits, the person in front of the clerk, the request that is open.

Rules:

- One page holds all of it: lists at the start, the person in the middle, the request's steps at the end. A panel in the
  middle (a form, the results of a search) takes the place of what it does not need; nothing opens over the page.
- A person's data is read through `accounts.view(by=clerk)`, which the citizen will read in his own history.
- CNIE and phone are masked; whoever needs the whole number has the card in his hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from edge.services import (
    accounts,
    delays,
    lists,
    missing,
    own_account,
    pins,
    rectification,
    requests,
    untold,
)
from edge.services.delays import Delay, Today, delay_of
from edge.services.lists import Listed
from edge.services.notices import papers_of
from edge.services.office import Office
from edge.services.reasons import BY_CODE, Reason
from edge.services.requests import Dossier, RequestRow
from edge.services.search import AccountFound
from edge.services.void_certificates import PaperState
from edge.store.rows import AccountView
from edge.web.scan_views import ScannedPiece, scanned_pieces
from edge.web.staff_words import told_label
from edge.web.steps import StepView, steps_of
from protocol.errors import N_, PersonError
from protocol.office import identity
from protocol.office.appeals import appeal_until, is_late
from protocol.office.applicants import FITTING, Standing, standing
from protocol.office.calendar import due_date, local_date
from protocol.office.casework import State
from protocol.office.catalogue import Bilingual, Procedure
from protocol.office.documents import DOCUMENTS, mask_number
from protocol.office.events import Actor, Capacity
from protocol.office.transitions import OPEN
from protocol.records.hashing import subject_from_text, text_of
from protocol.records.refusals import NotASubject
from screens.forms import Form

LISTED = 12
"""Rows shown of one list, the nearest deadlines first; the count says how many there are, the search finds more."""

TELLABLE = frozenset({"failed"})
"""What the outbox says of someone who must be told by a person."""

CLOSED = frozenset({State.REFUSED, State.COLLECTED, State.WITHDRAWN, State.LAPSED})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in a list."""

    case: bytes
    reference: str
    applicant_ar: str
    applicant_fr: str
    mark: int = 0
    """How much of the legal delay has passed, as marked today: 0, 50, 80 or 100 percent."""


@dataclass(frozen=True, slots=True)
class WaitingList:
    """One list at the start of the page. `title` and `empty` are msgids, `colour` one of the design system's states."""

    id: str
    title: str
    empty: str
    colour: str
    rows: Sequence[QueueRow]
    total: int


@dataclass(frozen=True, slots=True)
class Related:
    """A child of the person, or who answers for him."""

    id: str
    name_ar: str
    name_fr: str


CAPACITY_ORDER: Sequence[Capacity] = ("proxy", "guardian", "president")


@dataclass(frozen=True, slots=True)
class Person:
    """The person in the middle. `document` is a msgid, `number` masked; `texted`: his telephone receives SMS;
    `second_claim`: another account had the number first."""

    id: str
    account: AccountView
    document: str
    number: str
    phone: str
    texted: bool
    rows: Sequence[RequestRow]
    open_count: int
    closed_count: int
    standing: Standing
    guardian: Related | None
    children: Sequence[Related]
    may_have_pin: bool
    second_claim: bool

    @property
    def must_be_represented(self) -> bool:
        """Whether somebody else asks whatever this person needs."""
        return self.standing is not Standing.ADULT

    @property
    def capacities(self) -> Sequence[str]:
        """In what capacity somebody may ask for this person, the commonest first."""
        return [capacity for capacity in CAPACITY_ORDER if capacity in FITTING[self.standing]]


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """The request whose steps stand at the end.

    `act` names the form of what comes next, "" when nothing does; `offers` what can be done besides, at the person's
    wish. `papers` can be printed now. `told` is a msgid; `may_tell` says that the person does not know yet and can be
    told here. `needs_card`: nobody has seen the applicant's card yet. `outdated`: the account was put right since.
    `replaceable`: its certificate may be declared lost or damaged. `scanned`: the pieces that stay in the dossier;
    `may_scan`: some may still be added to it. `has_namesake`: another request has its reference.
    """

    id: str
    dossier: Dossier
    steps: Sequence[StepView]
    act: str
    told: str
    may_tell: bool
    reason: Reason | None
    offers: Sequence[str] = ()
    papers: Sequence[str] = ()
    missing: Sequence[Bilingual] = ()
    bring_until: date | None = None
    delay: Delay | None = None
    appeal_until: date | None = None
    appeal_late: bool = False
    needs_card: bool = False
    outdated: bool = False
    replaceable: bool = False
    scanned: Sequence[ScannedPiece] = ()
    may_scan: bool = False
    has_namesake: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the counter's page shows. `panel` names the template of the middle.

    `about` names the one of several forms that `form` belongs to; `pin` is a one-time PIN, shown once.
    """

    panel: str
    lists: Sequence[WaitingList]
    person: Person | None = None
    request: OpenRequest | None = None
    form: Form = field(default_factory=Form)
    query: str = ""
    found: Sequence[AccountFound] = ()
    procedures: Sequence[Procedure] = ()
    procedure: Procedure | None = None
    paper: PaperState | None = None
    about: str = ""
    pin: str = field(default="", repr=False)

    def form_about(self, name: str) -> Form:
        """What was typed into one of several forms, and what was wrong with it."""
        return self.form if self.about == name else Form()


async def waiting_lists(office: Office) -> list[WaitingList]:
    """Return the counter's lists, in the order in which a clerk empties them: what is wrong first, if anything is."""
    now = await delays.today(office)
    failed = await untold.could_not_be_told(office)
    urgent = [
        _urgent("late", N_("Late, or nearly"), await lists.late(office, LISTED), now),
        _urgent("appeals", N_("Appeals to answer"), await lists.appealed(office, LISTED), now),
        _urgent("untold", N_("Could not be told by SMS"), Listed(failed, len(failed)), now),
    ]
    return [each for each in urgent if each.rows] + [await _list(office, kind, now) for kind in LISTS]


def _urgent(id_: str, title: str, found: Listed, now: Today) -> WaitingList:
    rows = [_queue_row(dossier, now) for dossier in found.dossiers[:LISTED]]
    return WaitingList(id_, title, "", "refused", rows, found.total)


@dataclass(frozen=True, slots=True)
class _Kind:
    id: str
    title: str
    empty: str
    colour: str
    states: tuple[State, ...]


INCOMPLETE = (State.SUBMITTED, State.AWAITING_PIECES)
LISTS = (
    _Kind("complete", N_("To complete"), N_("No dossier to complete."), "sent", INCOMPLETE),
    _Kind("enquiry", N_("Enquiries waiting"), N_("No enquiry is waiting."), "wait", (State.FIELD_ENQUIRY,)),
    _Kind("print", N_("To print and stamp"), N_("Nothing to print."), "sent", (State.APPROVED,)),
    _Kind("ready", N_("Ready to hand over"), N_("Nothing is ready yet."), "ready", (State.READY,)),
)


async def _list(office: Office, kind: _Kind, now: Today) -> WaitingList:
    found = await lists.by_deadline(office, kind.states, LISTED)
    rows = [_queue_row(dossier, now) for dossier in found.dossiers]
    return WaitingList(kind.id, kind.title, kind.empty, kind.colour, rows, found.total)


def _queue_row(dossier: Dossier, now: Today) -> QueueRow:
    case, delay = dossier.case, delay_of(dossier.case, now)
    mark = delay.mark if delay else 0
    return QueueRow(dossier.subject, case.reference, case.applicant.name_ar, case.applicant.name_fr, mark)


async def person(office: Office, account: bytes, by: Actor) -> Person:
    """Return the person of an account; PersonError 404 when there is none. The look is recorded."""
    found = await accounts.view(office, account, by)
    rows = await requests.of_account(office, account)
    closed = sum(1 for row in rows if row.state in CLOSED)
    stands = standing(found.document, found.birth_date, local_date(office.now()))
    guardian = await _related(office, [found.guardian] if found.guardian and stands is Standing.CHILD else [])
    return Person(
        id=text_of(account),
        account=found,
        document=DOCUMENTS[found.document],
        number=mask_number(found.document, found.cnie),
        phone=identity.mask_phone(found.phone) if found.phone else "",
        texted=found.phone is not None and identity.is_mobile(found.phone),
        rows=rows,
        open_count=len(rows) - closed,
        closed_count=closed,
        standing=stands,
        guardian=guardian[0] if guardian else None,
        children=await _related(office, await own_account.children_of(office, found)),
        may_have_pin=pins.signs_in(found, office.now()),
        second_claim=await accounts.is_second_claim(office, found),
    )


async def _related(office: Office, accounts_of: Sequence[bytes]) -> Sequence[Related]:
    found = [await accounts.view(office, one) for one in accounts_of]
    return [Related(text_of(one.subject), one.name_ar, one.name_fr) for one in found]


async def open_request(office: Office, case: bytes, act: str = "") -> OpenRequest:
    """Return a request with its steps and what comes next; `act`: a form that was asked for instead, if it fits."""
    dossier = await requests.dossier(office, case)
    decision, opened = dossier.case.decision, dossier.case
    offers = offers_of(dossier)
    asked_for = act if act in offers else ""
    account = await accounts.view(office, opened.account)
    return OpenRequest(
        id=text_of(case),
        dossier=dossier,
        steps=steps_of(dossier),
        act=asked_for or next_act(dossier),
        told=told_label(dossier.told),
        may_tell=dossier.told in TELLABLE,
        reason=BY_CODE.get(decision.reason_code) if decision else None,
        offers=() if asked_for else offers,
        papers=papers_of(opened),
        missing=[piece.label for piece in dossier.procedure.pieces if piece.id in opened.asked],
        bring_until=due_date(office.now(), missing.DAYS),
        delay=delay_of(opened, await delays.today(office)),
        appeal_until=appeal_until(opened),
        appeal_late=is_late(opened),
        needs_card=not account.verified,
        outdated=rectification.outdated(opened, account),
        replaceable=dossier.case.state in PRINTED and not dossier.case.frozen,
        scanned=scanned_pieces(dossier),
        may_scan=dossier.case.state in OPEN and not dossier.case.frozen,
        has_namesake=await requests.has_namesake(office, opened),
    )


PRINTED = frozenset({State.READY, State.COLLECTED})
"""The states in which there is a paper that can be lost or damaged."""

ACTS = {
    State.SUBMITTED: "pieces",
    State.AWAITING_PIECES: "pieces",
    State.FIELD_ENQUIRY: "enquiry",
    State.UNDER_DECISION: "authority",
    State.READY: "hand_over",
    State.REFUSED: "refused",
    State.CONFLICT: "conflict",
}


def next_act(dossier: Dossier) -> str:
    """Name what a clerk can do next with a request."""
    case = dossier.case
    if case.frozen:
        return "conflict"
    if case.state is State.APPROVED:
        return "print" if case.certificate else "sealing"
    if case.state is State.REFUSED and case.appeal is not None and not case.appeal.outcome:
        return "appealed"
    return ACTS.get(case.state, "")


def offers_of(dossier: Dossier) -> list[str]:
    """Name what can be done with a request besides its next step."""
    case = dossier.case
    if case.frozen:
        return []
    asking = case.state is State.SUBMITTED and not case.asked and bool(dossier.procedure.pieces)
    appealing = case.state is State.REFUSED and case.told and case.appeal is None
    offered = {"missing": asking, "withdraw": case.state in OPEN, "appeal": appealing}
    return [name for name, offer in offered.items() if offer]


def subject_of_path(text: str) -> bytes:
    """Read the id of an account or a request from a path; PersonError 404 when it is none."""
    try:
        return subject_from_text(text)
    except NotASubject:
        raise PersonError(N_("There is no such page here. Search again."), status=404) from None
