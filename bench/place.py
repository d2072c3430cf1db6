"""Where figures are measured: one folder on the product's own kind of disk, and in it, once wanted, an annexe at work.

The annexe is made by the commands that people type (`launcher.stage`), without its prefecture's server running.
Citizens who do not exist live in it, each with one request, so that no page is measured on an empty office.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from argon2 import PasswordHasher

from bench.figure import Effort
from edge.installation import Installation, open_installation
from edge.opening import opened_office
from edge.services import accounts, requests
from edge.services.accounts import AccountForm
from edge.services.office import Office
from edge.services.passwords import Passwords
from launcher.environment import ROOT
from launcher.processes import Process
from launcher.stage import HOST, Stage, free_ports
from protocol.office.events import Actor
from protocol.office.synthetic import Person, people

T = TypeVar("T")

FOLDER = ROOT / ".mulhaqa" / "bench"
SEED = 1448
CITIZENS = 256
"""People in the annexe: more than connections, so that no cache of one person's rows is measured."""

PIN = "135790"
PROCEDURE = "residence-autorite-locale"
ANSWERS = {"occupation": "locataire", "depuis": "2021-09", "motif": "scolarite", "repere": ""}


class Place:
    """A folder to measure in. `annexe` and `hello` are made when first asked for and last as long as the place."""

    def __init__(
        self, folder: Path, say: Callable[[str], None], citizens: int = CITIZENS, requests: Path | None = None
    ) -> None:
        """`requests`: what is submitted where sync is measured, in the form of `bench.requests`; made up if None."""
        self.folder = folder
        self.people: list[Person] = people(SEED, citizens)
        self.requests = requests
        self.say = say
        self._found: dict[object, object] = {}
        self._stage: Stage | None = None
        self._hello: Process | None = None

    def installation(self) -> Installation:
        """The annexe's installed folder."""
        return open_installation(self._made().edge_data)

    def serving(self) -> Stage:
        """The annexe, whose service runs and knows the stage's own screens."""
        stage = self._made()
        if not stage.edge.alive:
            stage.edge.start("--no-uplink")
        stage.pair()
        return stage

    def annexe(self) -> Process:
        """The annexe's service, running."""
        return self.serving().edge

    def hello(self) -> Process:
        """The floor of all pages, running: aiohttp that answers with one line (`bench.hello`)."""
        if self._hello is None:
            port = free_ports().edge
            self._hello = Process("hello", ["-m", "bench.hello", str(port)], url(port, "/"), self.folder / "hello.log")
            self._hello.start()
        return self._hello

    def once(self, measure: Callable[[Place, Effort], T], effort: Effort) -> T:
        """What `measure` finds here; several figures of one measurement take it once."""
        if measure not in self._found:
            self._found[measure] = measure(self, effort)
        return cast("T", self._found[measure])

    def close(self) -> None:
        """Stop what runs."""
        for process in (self._hello, self._stage.edge if self._stage else None):
            if process is not None:
                process.stop()

    def _made(self) -> Stage:
        if self._stage is None:
            self.say(f"making an annexe with {len(self.people)} citizens")
            stage = Stage(self.folder / "stage", free_ports(), say=_nothing)
            stage.make()
            asyncio.run(settle(open_installation(stage.edge_data), self.people))
            self._stage = stage
        return self._stage


@contextmanager
def place(
    say: Callable[[str], None], folder: Path = FOLDER, citizens: int = CITIZENS, requests: Path | None = None
) -> Iterator[Place]:
    """Give a place below `folder`, and take it away afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        made = Place(Path(own), say, citizens, requests)
        try:
            yield made
        finally:
            made.close()


def url(port: int, path: str) -> str:
    """An address on this machine."""
    return f"http://{HOST}:{port}{path}"


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def _nothing(_line: str) -> None:
    """The stage's steps are not what is measured."""


async def settle(installation: Installation, citizens: list[Person]) -> None:
    """Open everybody's account and ask for one certificate each; their PINs are hashed cheaply, none is measured."""
    async with opened_office(installation, now_ms, os.urandom) as office:
        office.passwords = Passwords(os.urandom, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        await asyncio.gather(*(_citizen(office, person) for person in citizens))


async def _citizen(office: Office, person: Person) -> None:
    form = AccountForm(
        cnie=person.cnie,
        name_fr=person.name_fr,
        name_ar=person.name_ar,
        phone=person.phone,
        birth_date=person.birth_date,
        address=person.address,
        pin=PIN,
        language="ar",
        consent="notice-1",
    )
    by = Actor(role="citizen", id="kiosk", name=person.name_fr, name_ar=person.name_ar)
    account = await accounts.open_account(office, office.command(), form, by)
    await requests.submit(office, office.command(), account, PROCEDURE, ANSWERS, by, "ar")


def warn(line: str) -> None:
    """Say something beside the figures."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
