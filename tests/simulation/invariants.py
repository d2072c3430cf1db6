"""What must hold once every machine has power and every line is up, whatever happened before.

1. What was confirmed to a person is in the annexe's log and at the prefecture, each thing once.
2. The prefecture holds every record of every log that lives, and has asked for nothing more: no holes, nothing left.
3. Both ends fold each case to the same; the annexe's views are what folding its log from nothing gives, in whatever
   order it came to whom (`same_views`).
4. Logs verify: signatures, chains, bodies, at the annexe (`verify_log`) and at the prefecture.
5. Every annexe holds the whole of the prefecture's feeds, flags what in them cannot be and nothing else, and shows each
   look at a request there that it was told of.
6. Nothing is left waiting at the prefecture to be folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from sqlalchemy import select

from central.centre import Centre
from central.store import schema
from central.store.sealed_case import open_case
from edge.store.flaws import flaw_count
from edge.store.store import Store
from edge.store.vault import Vault
from edge.store.verify import verify_log
from protocol.office.case import Case
from protocol.office.events import AccountOpened, RequestSubmitted, StaffAdded, from_value
from protocol.records.envelope import Record, open_body, parse_record, verify_record
from protocol.records.keys import key_id
from protocol.records.vouching import published_in
from tests.simulation import edge_database
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.oracle import Oracle, Told
from tests.simulation.same_views import unlike

MOST = {"account.identity_verified": 1}
"""What stands in an account but once, also when it was done on two branches."""


async def broken(
    oracle: Oracle, centre: Centre, annexes: Sequence[AnnexeMachine], lost: Iterable[AnnexeMachine] = ()
) -> AsyncIterator[str]:
    """Yield a sentence for each invariant that does not hold. `lost`: machines that are gone, and wrote before."""
    machines = (*annexes, *lost)
    publics = {(one.annexe, key_id(one.public)): one.public for one in machines}
    for annexe in annexes:
        store = annexe.store
        if store is None:
            yield f"{annexe.name} is not running"
            continue
        async for sentence in _annexe(oracle, centre, annexe, store, publics):
            yield f"{annexe.name}: {sentence}"
        async for sentence in unlike(centre, annexe, store, [one for one in machines if one is not annexe]):
            yield f"{annexe.name}: {sentence}"


async def _annexe(
    oracle: Oracle, centre: Centre, annexe: AnnexeMachine, store: Store, publics: Mapping[tuple[str, bytes], bytes]
) -> AsyncIterator[str]:
    own, feeds = await _log(store, annexe.annexe)
    held = await _held(centre, annexe.annexe)
    for name, count in Counter((one.stream, one.segment, one.seq) for one in held).items():
        if count > 1:
            yield f"the prefecture holds {count} records as {name[0]} {name[1].hex()} {name[2]}"
    missing = {one.hash for one in own} - {one.hash for one in held}
    if missing:
        yield f"{len(missing)} records are not at the prefecture"
    verified_there = {one.hash for one in own}  # `unsound` does it, and a hash says that the bytes are the same
    for record in held:
        if record.hash not in verified_there:
            verify_record(record, publics[annexe.annexe, record.signer])
    async for sentence in _told(oracle, centre, annexe.annexe, store, held):
        yield sentence
    async for sentence in _folds(centre, annexe.annexe, store):
        yield sentence
    async for sentence in _feeds(centre, annexe.annexe, feeds):
        yield sentence
    mistakes = sum(one.kind == "root" for one in published_in(feeds))
    async with store.reading() as reader:
        flawed = await flaw_count(reader)
    if flawed != mistakes:
        yield f"{flawed} records of the prefecture are flagged, and {mistakes} say what cannot be"


async def unsound(annexe: AnnexeMachine) -> list[str]:
    """What `verify_log` finds on the disk; to be run on a loop of its own, for it folds into a scratch database."""
    report = await verify_log(
        annexe.disk.folder,
        vault=Vault.open(annexe.disk.folder),
        own=annexe.public,
        trust=annexe.trust(),
        connect=edge_database.connect_to(annexe.disk),
        scratch=edge_database.open_scratch,
    )
    return [f"{annexe.name}: its log: {finding.place}: {finding.what}" for finding in report.findings]


async def _log(store: Store, annexe: str) -> tuple[list[Record], list[Record]]:
    async with store.reading() as reader:
        rows = await reader.rows("SELECT bytes FROM records ORDER BY position")
    records = [parse_record(data) for (data,) in rows if isinstance(data, bytes)]
    own = [one for one in records if one.stream.startswith(f"{annexe}/")]
    return own, [one for one in records if one not in own]


async def _held(centre: Centre, annexe: str) -> list[Record]:
    table = schema.records
    query = select(table.c.encoded).where(table.c.annexe == annexe, table.c.standing != "proof")
    async with centre.store.database.read() as connection:
        return [parse_record(encoded) for encoded in (await connection.execute(query)).scalars()]


async def _told(oracle: Oracle, centre: Centre, annexe: str, store: Store, held: list[Record]) -> AsyncIterator[str]:
    async with centre.store.database.read() as connection:
        subjects = {one.subject for one in held if one.subject is not None}
        keys = await centre.store.keys_of(connection, annexe, subjects)
    events = [(one.subject, from_value(open_body(one, keys[one.subject]))) for one in held if one.subject in keys]
    opened = Counter(subject for subject, event in events if isinstance(event, AccountOpened))
    asked = Counter(subject for subject, event in events if isinstance(event, RequestSubmitted))
    agents = Counter(event.login for _, event in events if isinstance(event, StaffAdded))
    for account, where in oracle.accounts.items():
        if where == annexe and opened[account] != 1:
            yield f"an account that was opened is at the prefecture {opened[account]} times"
    for case, told in oracle.cases.items():
        if told.annexe == annexe and asked[case] != 1:
            yield f"a request that has a receipt is at the prefecture {asked[case]} times"
    for login, where in oracle.staff.items():
        if where == annexe and agents[login] != 1:
            yield f"an agent who was added is at the prefecture {agents[login]} times"
    async for sentence in _changes(oracle, annexe, store):
        yield sentence
    async for sentence in _looks(oracle, annexe, store):
        yield sentence
    for case, told in oracle.cases.items():
        if told.annexe == annexe:
            async with store.reading() as reader:
                found = await reader.case(case)
            for sentence in _kept(told, found):
                yield sentence


async def _changes(oracle: Oracle, annexe: str, store: Store) -> AsyncIterator[str]:
    for account, told in oracle.changes.items():
        if oracle.accounts[account] == annexe:
            async with store.reading() as reader:
                found = await reader.account(account)
            taken = Counter(step.kind for step in found.steps) if found else Counter[str]()
            for kind, times in told.items():
                if taken[kind] < min(times, MOST.get(kind, times)):
                    yield f"a change that was confirmed ({kind}) stands {taken[kind]} times in its account, not {times}"


async def _looks(oracle: Oracle, annexe: str, store: Store) -> AsyncIterator[str]:
    for look in sorted(oracle.looks):
        if look.annexe == annexe:
            async with store.reading() as reader:
                found = await reader.case(look.case)
                days = [] if found is None else await reader.prefecture_days(found.account)
            if days.count(look.day) != 1:
                yield f"a look at the prefecture that was told of is read {days.count(look.day)} times by the citizen"


def _kept(told: Told, found: Case | None) -> Iterable[str]:
    if found is None:
        yield "a request that has a receipt is gone"
        return
    if found.reference != told.reference:
        yield "a request has another reference than its receipt"
    taken = Counter(step.kind for step in found.history)
    for kind in told.steps:
        if taken[kind] != 1:
            yield f"a step that was confirmed ({kind}) stands {taken[kind]} times in its request"


async def _folds(centre: Centre, annexe: str, store: Store) -> AsyncIterator[str]:
    views, waiting = schema.case_views, schema.unfolded
    async with centre.store.database.read() as connection:
        rows = (await connection.execute(select(views.c.subject, views.c.sealed).where(views.c.annexe == annexe))).all()
        keys = await centre.store.keys_of(connection, annexe, {subject for subject, _ in rows})
        left = (await connection.execute(select(waiting.c.hash).where(waiting.c.annexe == annexe))).all()
    if left:
        yield f"{len(left)} records wait at the prefecture to be folded"
    there = {subject: open_case(keys[subject], annexe, subject, sealed) for subject, sealed in rows}
    async with store.reading() as reader:
        listed = await reader.rows("SELECT subject FROM cases")
        here = {
            bytes(subject): await reader.case(bytes(subject)) for (subject,) in listed if isinstance(subject, bytes)
        }
    for subject in here.keys() | there.keys():
        if here.get(subject) != there.get(subject):
            yield "a case folds to one thing here and to another at the prefecture"


async def _feeds(centre: Centre, annexe: str, feeds: list[Record]) -> AsyncIterator[str]:
    table = schema.records
    streams = ("all", f"to/{annexe}")
    query = select(table.c.hash).where(table.c.annexe == centre.identity.id, table.c.stream.in_(streams))
    async with centre.store.database.read() as connection:
        published = set((await connection.execute(query)).scalars())
    here = {one.hash for one in feeds}
    if published - here:
        yield f"{len(published - here)} records of the prefecture's feeds have not come"
    if here - published:
        yield f"{len(here - published)} records are in its feeds that the prefecture does not hold"
