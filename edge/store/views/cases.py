"""The view of cases: each one's fold so far, sealed under its own key, and the few facts that lists are made of.

The row holds the folded `Case` itself: opening a case is one row and one unsealing, not a walk through its records, and
the next event is folded onto it: `casework.apply` promises the same result as `casework.fold` over all of them. Only an
event that does not follow exactly the case's heads (another branch of the log came in), that this release does not
know, or a request that comes after what follows it, has the case folded anew from its records.

`scans` names the blobs of all cases, scans and the PDFs of certificates (`certificate`), so that what nobody names any
more can be found without opening every case.

`reference` is the blind index of the request's reference; it stands here and not in a table of its own, so that opening
a case writes one row. Two halves of a log that has parted may each have drawn the same: `second` is 0 for the request
that stands first, 1 for the next (`references`).

`turns` is the day from which time itself moves the case (`protocol.office.turning`), `mark` how much of a delay that
runs has passed (percent, as noted), `appealed` whether an appeal waits for its answer.
`updated_ms` is the latest time of its records, as at the prefecture.
"""

from __future__ import annotations

from datetime import date
from typing import get_args

import msgspec

from edge.store.connection import SqlValue
from edge.store.views.references import settle
from edge.store.views.view import Entry, Folding, View, open_cell, place, seal_cell
from protocol.office import casework
from protocol.office.casework import Case, Fact, State
from protocol.office.events import CaseEvent, RequestSubmitted, UnknownEvent, from_value
from protocol.office.turning import runs, turning_day
from protocol.records.envelope import Record, open_body
from protocol.records.refusals import NeedsUpgrade

SCHEMA = """
CREATE TABLE cases (
    subject BLOB PRIMARY KEY NOT NULL,
    reference BLOB NOT NULL,
    account BLOB NOT NULL,
    state TEXT NOT NULL,
    procedure TEXT NOT NULL,
    submitted_ms INTEGER NOT NULL,
    due TEXT,
    updated_ms INTEGER NOT NULL,
    told INTEGER NOT NULL,
    turns TEXT,
    mark INTEGER NOT NULL,
    appealed INTEGER NOT NULL,
    details BLOB NOT NULL,
    second INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE scans (
    address BLOB PRIMARY KEY NOT NULL,
    subject BLOB NOT NULL,
    removed INTEGER NOT NULL,
    certificate INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX cases_by_reference ON cases (reference, second);
CREATE INDEX scans_of ON scans (subject);
CREATE INDEX cases_by_state ON cases (state, submitted_ms);
CREATE INDEX cases_by_turn ON cases (turns) WHERE turns IS NOT NULL;
CREATE INDEX cases_late ON cases (due) WHERE mark > 0;
CREATE INDEX cases_appealed ON cases (updated_ms) WHERE appealed = 1;
CREATE INDEX cases_by_account ON cases (account, submitted_ms);
"""

OPEN = (
    "INSERT INTO cases (state, due, updated_ms, told, turns, mark, appealed, details, subject, reference, account,"
    " procedure, submitted_ms)"
)
COME = (
    "INSERT INTO cases (state, due, updated_ms, told, turns, mark, appealed, details, subject, reference, account,"
    " procedure, submitted_ms, second) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
    " (SELECT count(*) FROM cases WHERE reference = ?10)"
)
"""What opens a case that was written elsewhere: nobody is refused now, and its reference may be taken."""
CHANGE = (
    "UPDATE cases SET state = ?, due = ?, updated_ms = max(updated_ms, ?), told = ?, turns = ?, mark = ?, appealed = ?,"
    " details = ? WHERE subject = ?"
)

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Case).decode


def open_case(key: bytes, subject: bytes, sealed: bytes) -> Case:
    """Open a case's row."""
    return _decode(open_cell(key, place("cases", "details", subject), sealed))


async def _folded(folding: Folding, entry: Entry, event: CaseEvent) -> None:
    key = await folding.key(entry.subject)
    before = await _load(folding, entry.subject, key)
    fact = Fact(hash=entry.hash, time_ms=entry.time_ms, event=event)
    if _follows_on(before, fact) and not (before is None and await _comes_late(folding, entry)):
        after = casework.apply(before, fact)
        await _put(folding, entry, key, after, new=before is None)
        if before is not None and (after.scans, after.papers) != (before.scans, before.papers):
            _note_files(folding, entry.subject, after)
    else:
        await _fold_anew(folding, entry, key, new=before is None)


async def _load(folding: Folding, subject: bytes, key: bytes) -> Case | None:
    sealed = await folding.cell("cases", subject)
    return None if sealed is None else open_case(key, subject, sealed)


def _follows_on(before: Case | None, fact: Fact) -> bool:
    if before is None:
        return isinstance(fact.event, RequestSubmitted)
    return not before.frozen and set(fact.follows) == set(before.heads)


async def _comes_late(folding: Folding, entry: Entry) -> bool:
    """Whether the request itself came after what follows it: the branches of a log come back in any order."""
    return not folding.is_deciding and not await folding.is_first_of(entry.subject, entry.hash)


async def _fold_anew(folding: Folding, entry: Entry, key: bytes, *, new: bool) -> None:
    facts = [_fact(record, key) for record in await folding.records_of(entry.subject)]
    if any(isinstance(fact.event, RequestSubmitted) for fact in facts):
        case = casework.fold(facts)
        latest = entry._replace(time_ms=max(fact.time_ms for fact in facts))
        await _put(folding, latest, key, case, new=new)
        _note_files(folding, entry.subject, case)


def _fact(record: Record, key: bytes) -> Fact:
    try:
        event = from_value(open_body(record, key))
    except (NeedsUpgrade, UnknownEvent):
        event = None
    return Fact(hash=record.hash, time_ms=record.time.ms, event=event)


async def _frozen(folding: Folding, entry: Entry) -> None:
    """A record that this release cannot read: if it is about a case, the case shows it."""
    if entry.subject and await folding.rows("SELECT 1 FROM cases WHERE subject = ?", (entry.subject,)):
        await _fold_anew(folding, entry, await folding.key(entry.subject), new=False)


async def _put(folding: Folding, entry: Entry, key: bytes, case: Case, *, new: bool) -> None:
    """Write the case's row; `new` when it has none yet."""
    sealed = seal_cell(key, place("cases", "details", entry.subject), _encode(case))
    folding.concerned.add(case.account)
    folding.note_cell("cases", entry.subject, sealed)
    row = (*_columns(case, entry.time_ms), sealed, entry.subject)
    if new:
        reference = folding.blind("reference", case.reference)
        opened = (*row, reference, case.account, case.procedure, case.submitted_ms)
        if folding.is_deciding:
            folding.insert(OPEN, opened)
        else:
            folding.write(COME, opened)
            if not folding.in_line(entry):
                await settle(folding, entry.stream, reference)
    else:
        folding.write(CHANGE, row)


def _note_files(folding: Folding, subject: bytes, case: Case) -> None:
    """Say which blobs a case names; a scan is removed once no scan of the case names its blob any more."""
    folding.write("DELETE FROM scans WHERE subject = ?", (subject,))
    held = {scan.blob for scan in case.scans_held}
    rows = {scan.blob: (int(scan.blob not in held), 0) for scan in case.scans}
    rows |= {paper.blob: (0, 1) for paper in case.papers}
    for address, facts in rows.items():
        row = (address, subject, *facts)
        folding.write("INSERT OR REPLACE INTO scans (address, subject, removed, certificate) VALUES (?, ?, ?, ?)", row)


def _columns(case: Case, time_ms: int) -> tuple[SqlValue, ...]:
    """Return what lists and the appliance's own work ask for and events change, in the order of `CHANGE`."""
    waits_for_answer = case.state is State.REFUSED and case.appeal is not None and not case.appeal.outcome
    return (
        case.state.value,
        _iso(case.due),
        time_ms,
        int(case.told),
        _iso(turning_day(case)),
        case.marks[-1] if case.marks and runs(case) else 0,
        int(waits_for_answer),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


CASES = View(
    name="cases",
    version=9,
    schema=SCHEMA,
    tables=("cases", "scans"),
    unknown=_frozen,
    folds=dict.fromkeys(get_args(CaseEvent), _folded),
)
