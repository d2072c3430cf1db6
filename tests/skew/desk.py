"""What is done and seen at an annexe or a prefecture, in a process of the release that is installed there.

python -m tests.skew.desk work  ANNEXE-FOLDER NAME [REMARK]   ask for a paper, and note the remark
python -m tests.skew.desk annexe ANNEXE-FOLDER                what the annexe shows, as JSON
python -m tests.skew.desk look PREFECTURE-FOLDER              look at every request, and tell the annexe
python -m tests.skew.desk prefecture PREFECTURE-FOLDER        what the prefecture shows, as JSON
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from central.centre import Centre
from central.installation import open_installation as open_prefecture
from central.opening import now_ms, opened_centre
from central.store import schema
from central.store.looks import Look, note_look
from central.telling_looks import PutOff, tell_looks
from edge.installation import open_installation
from edge.opening import open_store
from edge.store.store import Store, Transaction
from protocol.office import events
from protocol.office.events import Actor
from protocol.records.encoding import Value
from tests.edge.store.support import account_opened, command, open_account, submit

CLERK = Actor(role="clerk", id="n.amrani", name="Nadia Amrani", name_ar="نادية العمراني")


async def work(folder: Path, number: str, remark: str | None) -> None:
    """Ask for a paper; the event of the remark is one that the next release alone knows."""
    store = await open_store(open_installation(folder), now_ms, os.urandom)
    try:
        account = await open_account(store, number, account_opened(cnie=f"FA{number}", phone=None))
        case = await submit(store, account, f"B05-00000-{number}")
        if remark is not None:
            await _note(store, case, remark)
    finally:
        await store.close()


async def _note(store: Store, case: bytes, remark: str) -> None:
    async def decide(tx: Transaction) -> Value:
        found = await tx.case(case)
        assert found is not None
        kind: Any = getattr(events, "RequestNoted")  # noqa: B009 - this release has no such name
        await tx.append("cases", kind(follows=list(found.heads), by=CLERK, remark=remark), key_of=case)
        return None

    await store.execute(command(remark), decide)


async def annexe(folder: Path) -> dict[str, Any]:
    """Requests by reference, what a later release wrote, the guide's versions."""
    store = await open_store(open_installation(folder), now_ms, os.urandom)
    try:
        async with store.reading() as reader:
            cases = [await reader.case(row.subject) for row in await reader.cases()]
            later = await reader.later()
            guide = {one.id: one.version for one in await reader.procedures()}
            kinds = [row.kind for row in await reader.log_tail(100)]
            looks = [len(await reader.prefecture_days(one.account)) for one in cases if one is not None]
    finally:
        await store.close()
    shown = {one.reference: [one.frozen, [step.kind for step in one.history]] for one in cases if one is not None}
    return {"cases": shown, "later": [later.records, later.procedures], "guide": guide, "kinds": kinds, "looks": looks}


async def look(folder: Path) -> None:
    """An agent of the prefecture looks at every request."""
    async with opened_centre(open_prefecture(folder), now_ms, os.urandom) as centre:
        for row in await centre.queries.requests():
            seen = Look("", "karim", "Karim Zerouali", "كريم الزروالي", now_ms())
            await note_look(centre.store, row.annexe, row.subject, seen)
        await tell_looks(centre, PutOff())


async def prefecture(folder: Path) -> dict[str, Any]:
    """How many requests it holds, how many are frozen, and how many records a later release wrote."""
    async with opened_centre(open_prefecture(folder), now_ms, os.urandom) as centre:
        frozen = select(func.count()).select_from(schema.case_views).where(schema.case_views.c.frozen)
        return {
            "cases": await _count(centre, select(func.count()).select_from(schema.case_views)),
            "frozen": await _count(centre, frozen),
            "later": sum(one.later for one in await centre.queries.annexes()),
            "records": await _count(centre, select(func.count()).select_from(schema.records)),
        }


async def _count(centre: Centre, query: Any) -> int:
    async with centre.store.database.read() as connection:
        return int((await connection.execute(query)).scalar_one())


def main(words: list[str]) -> None:
    """Do one of the four."""
    what, folder, *more = words
    if what == "work":
        asyncio.run(work(Path(folder), more[0], more[1] if len(more) > 1 else None))
    elif what == "look":
        asyncio.run(look(Path(folder)))
    else:
        print(json.dumps(asyncio.run(annexe(Path(folder)) if what == "annexe" else prefecture(Path(folder)))))


if __name__ == "__main__":
    main(sys.argv[1:])
