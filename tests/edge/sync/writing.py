"""What an annexe writes while its line is tried: requests, and noise of the office."""

from __future__ import annotations

from typing import Any

from tests.edge.store.support import account_opened, command, open_account, staff_added, submit


async def write_some(store: Any, count: int, start: int = 0) -> list[bytes]:
    cases = []
    for number in range(start, start + count):
        account = await open_account(store, number, account_opened(cnie=f"FA{number:06}", phone=None))
        cases.append(await submit(store, account, f"B05-7K3MQ-{number:05}"))
    return cases


async def work_in_the_office(store: Any, count: int) -> None:
    for number in range(count):

        async def decide(tx: Any, number: Any = number) -> None:
            await tx.append("office", staff_added(f"clerk.{number}"), key_of=tx.office)

        await store.execute(command(f"staff {number}"), decide)
