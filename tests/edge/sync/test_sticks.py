"""An annexe and its prefecture that never have a link: a real store, a real centre, folders for sticks."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from central.centre import Centre
from central.sticks import Sticks as CentreSticks
from disk.sticks import StickFolder
from edge.store.flaws import flaw_count
from edge.store.store import Store
from edge.store.tail import Owner
from edge.sync.source import Source
from edge.sync.sticks import Sticks
from protocol.errors import OperatorError
from protocol.records.keys import OpeningKey
from protocol.sync.carrying import NewFile, Progress
from protocol.sync.checkpoint import Checkpoint
from protocol.sync.packing import SMALLEST
from tests.central.support import PREFECTURE, centre_in, open_centre
from tests.edge.store.support import ANNEXE, Chance, Clock, account_opened, open_account, submit
from tests.edge.sync.support import annexe_in, at_centre, at_edge, make_uplink, running, served, until_sent
from tests.protocol.sync.support import seed


def unseen(_progress: Progress) -> None:
    """Nobody watches."""


@dataclass
class Post:
    """Both ends, and a folder that is the stick."""

    store: Store
    centre: Centre
    folder: Path
    believed: list[tuple[Checkpoint, bool]] = field(default_factory=list)

    @property
    def edge(self) -> Sticks:
        trust = PREFECTURE.trust()
        for credential in reversed(PREFECTURE.identity("centre", "prefecture").chain):
            trust.add(credential)
        opening = OpeningKey(seed(f"{ANNEXE}/x"))
        identity = PREFECTURE.identity("annexe", ANNEXE)
        return Sticks(
            Source(self.store, Owner(ANNEXE, identity.signing.public, 1), trust, opening, Chance()),
            identity=identity,
            trust=trust,
            opening=opening,
            now=Clock(),
            entropy=Chance(),
            believed=lambda checkpoint, restored: self.believed.append((checkpoint, restored)),
        )

    @property
    def prefecture(self) -> CentreSticks:
        return CentreSticks(self.centre, OpeningKey(seed("prefecture/x")))

    def stick(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return place

    async def round_trip(self, name: str) -> None:
        there, back = self.stick(f"{name} there"), self.stick(f"{name} back")
        await self.edge.export(StickFolder(there), unseen)
        assert (await self.prefecture.take(StickFolder(there), unseen)).refused == ()
        await self.prefecture.export(ANNEXE, StickFolder(back), unseen)
        assert (await self.edge.take(StickFolder(back), unseen)).refused == ()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with annexe_in(tmp_path / "edge") as store, centre_in(tmp_path / "centre") as centre:
        await centre.publish_credentials([PREFECTURE.root, PREFECTURE.issuer, PREFECTURE.credential("annexe", ANNEXE)])
        yield Post(store, centre, tmp_path)


async def write_cases(store: Store, first: int, count: int) -> None:
    account = await open_account(store, first, account_opened(cnie=f"FA{first:06}", phone=None))
    for number in range(first, first + count):
        await submit(store, account, f"B05-7K3MQ-{number:05}")


async def test_everything_goes_there_and_comes_back_confirmed_without_a_link(post: Post, tmp_path: Path) -> None:
    await write_cases(post.store, 0, 5)
    assert await post.edge.left() > 5
    await post.round_trip("first")
    assert await post.edge.left() == 0
    edge, centre = at_edge(tmp_path / "edge"), at_centre(tmp_path / "centre")
    for stream in (f"{ANNEXE}/cases", f"{ANNEXE}/office", "all"):
        assert edge.get(stream) == centre.get(stream)
    assert edge["all"]
    assert len(await post.centre.queries.requests()) == 5
    await post.round_trip("second")
    assert await post.centre.outgoing.unconfirmed(ANNEXE) == 0
    assert not any(restored for _, restored in post.believed)


async def test_sticks_that_come_twice_or_late_change_nothing(post: Post, tmp_path: Path) -> None:
    await write_cases(post.store, 0, 3)
    await post.round_trip("old")
    await write_cases(post.store, 10, 3)
    await post.round_trip("new")
    held = at_edge(tmp_path / "edge"), at_centre(tmp_path / "centre")
    for _ in range(2):
        again = await post.prefecture.take(StickFolder(post.stick("old there")), unseen)
        assert (again.progress.files, again.progress.records, again.refused) == (1, 0, ())
        assert (await post.edge.take(StickFolder(post.stick("old back")), unseen)).progress.records == 0
    assert (at_edge(tmp_path / "edge"), at_centre(tmp_path / "centre")) == held
    assert await post.edge.left() == 0


async def test_a_stick_carries_both_ways_and_passes_over_what_is_for_the_other(post: Post) -> None:
    stick = post.stick("one")
    await write_cases(post.store, 0, 2)
    await post.edge.export(StickFolder(stick), unseen)
    await post.prefecture.take(StickFolder(stick), unseen)
    await post.prefecture.export(ANNEXE, StickFolder(stick), unseen)
    taken = await post.edge.take(StickFolder(stick), unseen)
    assert (taken.progress.files, taken.others, taken.refused) == (1, 1, ())


async def test_what_went_by_stick_does_not_go_over_the_link_again(post: Post) -> None:
    await write_cases(post.store, 0, 3)
    await post.round_trip("first")
    async with served(post.centre) as (line, _), running(make_uplink(post.store, line)) as uplink:
        await until_sent(uplink)
        assert uplink.status.left == 0
    held = await post.centre.ingest.state(ANNEXE)
    assert all(one.holes == () for one in held.held)


async def test_what_a_stick_brings_beside_the_server_is_seen_by_the_server(post: Post, tmp_path: Path) -> None:
    await write_cases(post.store, 0, 2)
    await post.round_trip("first")
    await post.centre.ingest.state(ANNEXE)  # the server has its memory of this log
    beside = await open_centre(tmp_path / "centre")
    await write_cases(post.store, 10, 2)
    stick = post.stick("second")
    await post.edge.export(StickFolder(stick), unseen)
    await CentreSticks(beside, OpeningKey(seed("prefecture/x"))).take(StickFolder(stick), unseen)
    expected = (await beside.ingest.state(ANNEXE)).held
    await beside.close()
    assert (await post.centre.ingest.state(ANNEXE)).held == expected


async def write_much(store: Store) -> None:
    """More than one of the smallest files."""
    await write_cases(store, 0, 600)


async def test_a_later_file_without_the_earlier_is_refused_in_words_and_leaves_no_hole(post: Post) -> None:
    await write_much(post.store)
    stick, second = post.stick("all"), post.stick("second")
    done = await post.edge.export(StickFolder(stick), unseen, file_size=SMALLEST)
    files = sorted(stick.iterdir())
    assert done.progress.files == len(files) >= 2
    files[1].rename(second / files[1].name)
    taken = await post.prefecture.take(StickFolder(second), unseen)
    assert [one.kind for one in taken.refused] == ["bundle-gap"]
    assert "File 2 of bundle 1 goes on where file 1 ends" in taken.refused[0].sentence
    assert all(one.holes == () for one in (await post.centre.ingest.state(ANNEXE)).held)
    for place in (stick, second, stick):
        await post.prefecture.take(StickFolder(place), unseen)
    await post.prefecture.export(ANNEXE, StickFolder(post.stick("back")), unseen)
    await post.edge.take(StickFolder(post.stick("back")), unseen)
    assert await post.edge.left() == 0


async def test_a_damaged_file_is_named_and_the_others_are_taken(post: Post) -> None:
    await write_much(post.store)
    stick = post.stick("one")
    await post.edge.export(StickFolder(stick), unseen, file_size=SMALLEST)
    first, second = sorted(stick.iterdir())[:2]
    data = bytearray(second.read_bytes())
    data[200] ^= 1
    second.write_bytes(data)
    (stick / "no-bundle.mulhaqa").write_bytes(b"a photograph")
    taken = await post.prefecture.take(StickFolder(stick), unseen)
    assert {one.file: one.kind for one in taken.refused}[second.name] == "bundle-damaged"
    assert {one.file: one.kind for one in taken.refused}["no-bundle.mulhaqa"] == "no-bundle"
    assert taken.progress.files >= 1
    assert first.name not in {one.file for one in taken.refused}


async def test_the_names_of_files_say_nothing(post: Post) -> None:
    await write_cases(post.store, 0, 1)
    stick = post.stick("one")
    await post.edge.export(StickFolder(stick), unseen)
    [file] = stick.iterdir()
    assert file.name.endswith("-0001.mulhaqa")
    assert "berkane" not in file.name


async def test_a_folder_that_is_gone_or_empty_is_said(post: Post, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="Is the stick plugged in"):
        await post.edge.take(StickFolder(tmp_path / "nowhere"), unseen)
    with pytest.raises(OperatorError, match="cannot be used"):
        await post.edge.export(StickFolder(tmp_path / "nowhere"), unseen)
    taken = await post.edge.take(StickFolder(post.stick("empty")), unseen)
    assert (taken.progress.of, taken.others) == (0, 0)


async def test_an_annexe_that_was_never_admitted_gets_no_stick(post: Post) -> None:
    with pytest.raises(OperatorError, match="No annexe oujda-01 is admitted here"):
        await post.prefecture.export("oujda-01", StickFolder(post.stick("one")), unseen)


class Limited:
    """A file on a stick that fails once `room` bytes were written to it."""

    def __init__(self, file: NewFile, room: list[int], error: int) -> None:
        self._file, self._room, self._error = file, room, error

    async def write(self, data: bytes) -> None:
        self._room[0] -= len(data)
        if self._room[0] < 0:
            raise OSError(self._error, os.strerror(self._error))
        await self._file.write(data)


class Tight(StickFolder):
    """A stick that fails with `error` once `room` bytes were written to it."""

    def __init__(self, folder: Path, room: int, error: int = errno.ENOSPC) -> None:
        super().__init__(folder)
        self._room, self._error = [room], error

    @asynccontextmanager
    async def new_file(self, name: str) -> AsyncIterator[NewFile]:
        async with super().new_file(name) as file:
            yield Limited(file, self._room, self._error)


async def test_a_full_stick_is_said_and_the_next_one_goes_on_where_it_ended(post: Post) -> None:
    await write_much(post.store)
    full, next_one = post.stick("full"), post.stick("next")
    done = await post.edge.export(Tight(full, 250_000), unseen, file_size=SMALLEST)
    assert "is full" in done.full
    assert done.progress.files == len(list(full.iterdir())) == 1, "the half file is gone, the whole one stays"
    assert await post.edge.can_go_on()
    rest = await post.edge.export(StickFolder(next_one), unseen, go_on=True, file_size=SMALLEST)
    assert rest.full == ""
    assert not await post.edge.can_go_on()
    assert {one.name.split("-")[0] for one in [*full.iterdir(), *next_one.iterdir()]} == {
        next(full.iterdir()).name.split("-")[0]
    }
    assert [one.kind for one in (await post.prefecture.take(StickFolder(next_one), unseen)).refused][:1] == [
        "bundle-gap"
    ]
    for place in (full, next_one):
        assert (await post.prefecture.take(StickFolder(place), unseen)).refused == ()
    await post.prefecture.export(ANNEXE, StickFolder(post.stick("back")), unseen)
    await post.edge.take(StickFolder(post.stick("back")), unseen)
    assert await post.edge.left() == 0


async def test_the_prefectures_full_stick_goes_on_too(post: Post) -> None:
    stick = post.stick("full")
    assert "is full" in (await post.prefecture.export(ANNEXE, Tight(stick, 0), unseen)).full
    assert list(stick.iterdir()) == []
    assert (await post.prefecture.export(ANNEXE, StickFolder(stick), unseen, go_on=True)).full == ""
    with pytest.raises(OperatorError, match="stopped at a full stick"):
        await post.prefecture.export(ANNEXE, StickFolder(stick), unseen, go_on=True)
    assert (await post.edge.take(StickFolder(stick), unseen)).progress.records > 0


async def test_a_stick_that_is_pulled_leaves_no_half_file(post: Post) -> None:
    await write_cases(post.store, 0, 2)
    stick = post.stick("pulled")
    (stick / "0011223344556677-0001.mulhaqa.partial").write_bytes(b"half of an earlier one")
    with pytest.raises(OperatorError, match="cannot be used"):
        await post.edge.export(Tight(stick, 100, errno.EIO), unseen)
    assert list(stick.iterdir()) == []


async def test_a_prefecture_restored_from_a_backup_gets_all_again_by_stick(post: Post, tmp_path: Path) -> None:
    await write_cases(post.store, 0, 2)
    await post.round_trip("first")
    await post.prefecture.export(ANNEXE, StickFolder(post.stick("lost")), unseen)
    await post.round_trip("second")
    async with centre_in(tmp_path / "restored") as restored:  # from a backup of before the annexe began
        await restored.publish_credentials(
            [PREFECTURE.root, PREFECTURE.issuer, PREFECTURE.credential("annexe", ANNEXE)]
        )
        post.centre = restored
        await write_cases(post.store, 10, 1)
        late = StickFolder(post.stick("late"))
        await post.edge.export(late, unseen)
        assert [one.kind for one in (await post.prefecture.take(late, unseen)).refused] == ["bundle-gap"]
        await post.prefecture.export(ANNEXE, late, unseen)
        await post.edge.take(late, unseen)
        assert [restored for _, restored in post.believed] == [False, False, True]
        assert await post.edge.left() > 0
        await post.round_trip("third")
        assert await post.edge.left() == 0
        assert at_centre(tmp_path / "restored")[f"{ANNEXE}/cases"] == at_edge(tmp_path / "edge")[f"{ANNEXE}/cases"]


async def test_a_record_that_says_what_cannot_be_holds_up_no_stick(post: Post) -> None:
    wrong = PREFECTURE.credential("root", "self-made")
    right = PREFECTURE.credential("agent", "berkane-05/k.bennani", name="agent")
    await post.centre.feeds.publish_credentials([wrong, right])
    await post.round_trip("a")
    async with post.store.reading() as reader:
        assert await flaw_count(reader) == 1
        assert right in await reader.credentials()
    await post.edge.export(StickFolder(post.stick("b")), unseen)
    await post.prefecture.take(StickFolder(post.stick("b")), unseen)
    assert await post.prefecture.export(ANNEXE, StickFolder(post.stick("c")), unseen)
