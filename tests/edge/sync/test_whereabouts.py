"""A request's records are found by its reference: here, and at the prefecture since it confirmed them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.services.whereabouts import whereabouts
from edge.store.confirmations import MIRROR, PREFECTURE, note, since
from edge.store.uplink import Uplink
from protocol.errors import PersonError
from protocol.records.chain import Head
from protocol.records.keys import SigningKey
from protocol.sync.checkpoint import Held, Hole, write_checkpoint
from tests.central.support import centre_in
from tests.edge.store.support import ANNEXE, account_opened, open_account, submit
from tests.edge.sync.support import annexe_in, make_uplink, running, served, until_sent
from tests.protocol.sync.support import seed

CASES = f"{ANNEXE}/cases"
REFERENCE, UNHEARD = "B05-QWDSK-NZ7XS", "B05-1SRP8-9DKA0"


async def asked(store: Any) -> Head:
    """Somebody asks; returns where the stream then ends."""
    account = await open_account(store, 0, account_opened(cnie="FA000000", phone=None))
    await submit(store, account, REFERENCE)
    (head,) = await Uplink(store).chain_heads(CASES)
    return head


async def confirm(store: Any, place: str, *held: Held, restored: bool = False) -> None:
    async def work(tx: Any) -> None:
        await note(tx, place, held, restored=restored)

    await store.perform(work)


async def since_ms(store: Any, head: Head) -> int | None:
    async with store.reading() as reader:
        return await since(reader, PREFECTURE, CASES, head.segment, head.seq)


async def found(store: Any, reference: str = REFERENCE) -> Any:
    async with store.reading() as reader:
        return await whereabouts(reader, reference)


async def test_what_was_never_sent_is_here_and_waits_for_the_prefecture(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        await asked(store)
        (record,) = (await found(store)).records
        assert record.kind == "request.submitted"
        assert [(stand.place, stand.held, stand.since_ms) for stand in record.stands] == [("prefecture", False, None)]


async def test_what_the_prefecture_confirmed_is_there_since_then_however_much_came_later(tmp_path: Path) -> None:
    async with (
        centre_in(tmp_path / "centre") as centre,
        served(centre) as (line, _),
        annexe_in(tmp_path / "a") as store,
    ):
        await asked(store)
        async with running(make_uplink(store, line)) as uplink:
            await until_sent(uplink)
            (first,) = (await found(store)).records
            await open_account(store, 7, account_opened(cnie="FA777777", phone=None))
            await until_sent(uplink)
            (again,) = (await found(store)).records
    (stand,) = first.stands
    assert stand.held
    assert stand.since_ms is not None
    assert stand.since_ms >= first.written_ms
    assert again.stands == first.stands


async def test_a_record_that_was_refused_there_is_shown_as_refused(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        head = await asked(store)
        (record,) = (await found(store)).records
        hole = Hole(record.segment, record.seq, None, None, "signature")
        checkpoint = write_checkpoint(
            SigningKey(seed("prefecture")), acker="prefecture", audience=ANNEXE, counter=1, echo=None,
            held=[Held(CASES, (head,), (hole,))],
        )  # fmt: skip
        await Uplink(store).save_checkpoint("uplink/held", checkpoint.encoded())
        (refused,) = (await found(store)).records
        assert [(stand.held, stand.why) for stand in refused.stands] == [(False, "signature")]


async def test_a_mirror_is_shown_once_it_has_confirmed_something(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        head = await asked(store)
        await confirm(store, MIRROR, Held(CASES, (head,)))
        (record,) = (await found(store)).records
        assert [stand.place for stand in record.stands] == ["prefecture", "mirror"]


async def test_a_prefecture_that_lost_its_memory_holds_it_since_it_confirmed_anew(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        head = await asked(store)
        await confirm(store, PREFECTURE, Held(CASES, (head,)))
        before = await since_ms(store, head)
        await confirm(store, PREFECTURE, Held(CASES), restored=True)
        assert await since_ms(store, head) is None
        await confirm(store, PREFECTURE, Held(CASES, (head,)))
        after = await since_ms(store, head)
        assert before is not None
        assert after is not None
        assert after > before


async def test_what_a_later_segment_continues_is_confirmed_with_it(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        first = await asked(store)
    async with annexe_in(tmp_path / "a") as store:
        await open_account(store, 1, account_opened(cnie="FA000001", phone=None))
        (head,) = await Uplink(store).chain_heads(CASES)
        assert head.segment != first.segment
        await confirm(store, PREFECTURE, Held(CASES, (head,)))
        assert await since_ms(store, first) == await since_ms(store, head)


async def test_a_reference_that_nobody_has_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with annexe_in(tmp_path / "a") as store:
        with pytest.raises(PersonError) as refusal:
            await found(store, UNHEARD)
        assert refusal.value.status == 404
        with pytest.raises(PersonError):
            await found(store, "B05-NONSENSE")
