"""A start that takes long says so."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from edge.starting import BETWEEN_S, Starting, service_manager
from edge.store.refold import PAGE
from edge.store.store import Store, Transaction
from edge.store.views import DEFAULT_VIEWS
from launcher.patience import PROGRESS
from protocol.office.events import AccountViewed
from protocol.records.encoding import Value
from tests.edge.store.support import CLERK, command, open_account, store_in


class Watch:
    """A clock that somebody sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_long_start_is_told_now_and_then_and_that_it_is_over() -> None:
    watch, told = Watch(), list[str]()
    starting = Starting(watch, told.append)
    with capture_logs() as lines:
        for page in range(1, 5):
            starting.folding(page * 500, 2000)
            watch.now += BETWEEN_S / 2
    starting.ready()
    assert [(line["event"], line["done"], line["total"]) for line in lines] == [(PROGRESS.decode(), 1500, 2000)]
    assert told == [
        "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=Folding the views: 1500 of 2000 records",
        "READY=1\nSTATUS=Serving",
    ]


def test_the_service_manager_hears_what_is_told_where_there_is_one(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        service_manager(address)("READY=1")
        assert manager.recv(100) == b"READY=1"
    service_manager(None)("READY=1")
    with capture_logs() as lines:
        service_manager(address)("READY=1")
    assert [line["event"] for line in lines] == ["start.untold"], "a manager that went away is no reason to stop"


async def test_a_start_that_folds_the_views_anew_tells_how_far_it_is(tmp_path: Path) -> None:
    async with store_in(tmp_path) as store:
        await viewed(store, PAGE)
    told: list[tuple[int, int]] = []
    newer = tuple(replace(view, version=view.version + 1) for view in DEFAULT_VIEWS)
    async with store_in(tmp_path, views=newer, progress=lambda done, total: told.append((done, total))):
        assert told == [(PAGE, PAGE + 2)]
    told.clear()
    async with store_in(tmp_path, views=newer, progress=lambda done, total: told.append((done, total))):
        assert told == [], "nothing to do"


async def viewed(store: Store, times: int) -> None:
    account = await open_account(store)

    async def view(tx: Transaction) -> Value:
        for number in range(times):
            await tx.append("cases", AccountViewed(by=CLERK, reason=f"dossier {number}"), key_of=account)
        return None

    await store.execute(command("views"), view)
