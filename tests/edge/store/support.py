"""What the store's tests share: a clock and a chance, people that do not exist, a store to open and to crash."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from edge.store.connection import Connect, Connection, Row, SqlValue, Statement, open_sqlite
from edge.store.log import Identity
from edge.store.refold import Progress, untold
from edge.store.schema import DATABASE
from edge.store.store import Store, Transaction
from edge.store.vault import Vault
from edge.store.views import DEFAULT_VIEWS, View
from protocol.errors import OperatorError
from protocol.office.events import AccountOpened, Actor, Applicant, RequestSubmitted, StaffAdded
from protocol.records.encoding import Value
from protocol.records.keys import SigningKey

ANNEXE = "berkane-05"
NOON = 1_790_000_000_000
CITIZEN = Actor(role="citizen", id="kiosk", name="Salma Idrissi", name_ar="سلمى الإدريسي")
CLERK = Actor(role="clerk", id="n.amrani", name="Nadia Amrani", name_ar="نادية العمراني")
SIGNING = SigningKey(hashlib.sha256(b"annexe").digest())


@dataclass
class Clock:
    """Milliseconds; each look is one later unless the hand is moved."""

    ms: int = NOON

    def __call__(self) -> int:
        self.ms += 1
        return self.ms


UNNAMED = count()


class Chance:
    """Seeded bytes: the same seed gives the same bytes, and each unnamed chance is another."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed or f"unnamed {next(UNNAMED)}"
        self._drawn = 0

    def __call__(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(f"{self._seed}/{self._drawn}".encode()).digest(size)


def command(number: int | str) -> bytes:
    return hashlib.sha256(f"command {number}".encode()).digest()[:16]


def account_opened(
    cnie: str = "FA123456", name_fr: str = "Salma Idrissi", phone: str | None = "+212612345678"
) -> AccountOpened:
    return AccountOpened(
        cnie=cnie,
        name_fr=name_fr,
        name_ar="سلمى الإدريسي",
        phone=phone,
        birth_date="1990-04-01",
        address="12, rue de Saïdia, Berkane",
        pin_hash="$argon2id$stand-in",
        language="ar",
        by=CITIZEN,
        assisted=False,
        consent="notice-1",
    )


def request_submitted(account: bytes, reference: str = "B05-7K3MQ-2X9RT") -> RequestSubmitted:
    return RequestSubmitted(
        follows=[],
        by=CITIZEN,
        account=account,
        reference=reference,
        procedure="residence-autorite-locale",
        procedure_version=1,
        answers={"purpose": "school", "building": "3"},
        applicant=Applicant(
            cnie="FA123456",
            name_fr="Salma Idrissi",
            name_ar="سلمى الإدريسي",
            phone="+212612345678",
            birth_date="1990-04-01",
            address="12, rue de Saïdia, Berkane",
        ),
        language="ar",
        due="2026-11-20",
    )


def staff_added(login: str = "n.amrani") -> StaffAdded:
    return StaffAdded(
        login=login,
        name_fr="Nadia Amrani",
        name_ar="نادية العمراني",
        role="clerk",
        password_hash="$argon2id$stand-in",
        language="fr",
    )


def opens_account(event: AccountOpened) -> Callable[[Transaction], Awaitable[Value]]:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", event, key_of=subject)
        return subject

    return decide


async def open_account(store: Store, number: int | str = 1, event: AccountOpened | None = None) -> bytes:
    subject = await store.execute(command(f"account {number}"), opens_account(event or account_opened()))
    assert isinstance(subject, bytes)
    return subject


async def submit(store: Store, account: bytes, reference: str = "B05-7K3MQ-2X9RT") -> bytes:
    async def decide(tx: Transaction) -> Value:
        subject = await tx.new_key()
        await tx.append("cases", request_submitted(account, reference), key_of=subject)
        return subject

    subject = await store.execute(command(f"request {reference}"), decide)
    assert isinstance(subject, bytes)
    return subject


def vault_of(folder: Path) -> Vault:
    folder.mkdir(parents=True, exist_ok=True)
    return Vault.open(folder) if (folder / "vault.key").exists() else Vault.create(folder, Chance("vault"))


async def open_store(
    folder: Path,
    *,
    clock: Clock | None = None,
    chance: Chance | None = None,
    connect: Connect = open_sqlite,
    annexe: str = ANNEXE,
    views: Sequence[View] = DEFAULT_VIEWS,
    longest_decision: float = 10.0,
    progress: Progress = untold,
) -> Store:
    return await Store.open(
        folder,
        identity=Identity(annexe, SIGNING),
        vault=vault_of(folder),
        now=clock or Clock(),
        entropy=chance or Chance(),
        software="0.1.0",
        fingerprint="test",
        connect=connect,
        views=views,
        longest_decision=longest_decision,
        progress=progress,
    )


@asynccontextmanager
async def store_in(folder: Path, **settings: object) -> AsyncIterator[Store]:
    store = await open_store(folder, **settings)  # type: ignore[arg-type]  # the settings of open_store
    try:
        yield store
    finally:
        await store.close()


class PowerCut(OperatorError):
    """What the code sees of a crash: its connection is gone."""


@dataclass
class Faults:
    """Counts the awaits of all connections opened through it, and cuts the power at one of them.

    At the cut the files are copied as the operating system holds them, into `after`: what a process that dies at this
    very moment leaves. From then on every call fails.
    """

    folder: Path
    after: Path
    cut_at: int = 0
    count: int = 0
    cut: bool = False

    def step(self) -> None:
        if self.cut:
            raise PowerCut("the power is out")
        self.count += 1
        if self.count == self.cut_at:
            self.cut = True
            self.after.mkdir()
            for file in self.folder.glob("*"):
                shutil.copy2(file, self.after / file.name)
            raise PowerCut("the power went out")

    async def connect(self, path: Path, writable: bool) -> Connection:
        self.step()
        return FaultyConnection(await open_sqlite(path, writable), self)


class FaultyConnection:
    """A real connection on which the power may go before and after every statement."""

    def __init__(self, inner: Connection, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def execute(self, sql: str, params: Sequence[SqlValue] = ()) -> int:
        self._faults.step()
        changed = await self._inner.execute(sql, params)
        self._faults.step()
        return changed

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        return await self.run(((sql, params),))

    async def run(self, statements: Sequence[Statement]) -> list[Row]:
        rows: list[Row] = []
        for statement in statements:
            self._faults.step()
            rows = await self._inner.run((statement,))
        self._faults.step()
        return rows

    async def script(self, sql: str) -> None:
        self._faults.step()
        await self._inner.script(sql)

    async def close(self) -> None:
        await self._inner.close()


def copied(folder: Path, to: Path) -> Path:
    """Copy a store as it lies, as a card is cloned."""
    shutil.copytree(folder, to)
    return to


def database(folder: Path) -> Path:
    return folder / DATABASE
