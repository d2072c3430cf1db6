"""From an annexe's log to the public list: what was made void there is told here, first, with its day and its cause."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from central.installation import open_installation
from central.prefecture import Prefecture
from central.revocation_list import read_list
from central.revoking import keep_revocations
from central.store.revocations import HOLDS_MS, HOUR, RENEWED_MS
from central.store.upgrades import STEPS
from edge.press.pages import claims_of
from protocol.errors import OperatorError
from protocol.office.attestation import encode_token
from protocol.office.events import CertificateAnnulled, CertificateReady, CertificateReplaced
from tests.central.provisioned import Provisioned, issued_now
from tests.central.web.support import CAID, CLERK, REFERENCES, Annexe, Visitor, hidden, reopened
from tests.edge.store.support import Clock

DAY = 24 * HOUR


def annul(annexe: Annexe, name: str, serial: str) -> None:
    """A request whose certificate is annulled."""
    head = annexe.seal(name, annexe.decide(name), serial, "MLQ1:TEST", expires_ms=annexe.prefecture.now() + 90 * DAY)
    annexe.write(
        name,
        CertificateAnnulled(
            follows=[head], by=CAID, serial=serial, reason_code="address", reason_text="Wrong.", due="2026-12-01"
        ),
    )


def lose(annexe: Annexe, name: str, serial: str) -> None:
    """A request whose certificate was lost."""
    head = annexe.seal(name, annexe.decide(name), serial, "MLQ1:TEST")
    head = annexe.write(name, CertificateReady(follows=[head], by=CLERK, printed=True, stamped=True))
    annexe.write(name, CertificateReplaced(follows=[head], by=CLERK, serial=serial, cause="lost"))


def clock_of(prefecture: Prefecture) -> Clock:
    assert isinstance(prefecture.now, Clock)
    return prefecture.now


async def keep(prefecture: Prefecture) -> bool:
    return await keep_revocations(prefecture.centre, prefecture.revocations)


async def causes(prefecture: Prefecture) -> dict[str, str]:
    """What the published file says, checked as a stranger checks it."""
    held = prefecture.revocations.current()
    assert held is not None
    return {serial: void.cause for serial, void in held.void.items()}


async def test_what_an_annexe_made_void_is_published_when_it_arrives(prefecture: Prefecture, annexe: Annexe) -> None:
    assert await keep(prefecture)
    assert await causes(prefecture) == {}
    annul(annexe, "granted", "serial1")
    lose(annexe, "other", "serial2")
    await annexe.send("granted", "other")
    assert await keep(prefecture)
    assert await causes(prefecture) == {"serial1": "annulled", "serial2": "replaced"}
    assert not await keep(prefecture)
    first = prefecture.revocations.current()
    clock_of(prefecture).ms += HOLDS_MS - RENEWED_MS - HOUR
    assert not await keep(prefecture)
    clock_of(prefecture).ms += 2 * HOUR
    assert await keep(prefecture)
    second = prefecture.revocations.current()
    assert first is not None
    assert second is not None
    assert second.number > first.number
    assert second.void == first.void
    clock_of(prefecture).ms += 90 * DAY
    await keep(prefecture)
    assert await causes(prefecture) == {"serial2": "replaced"}  # the other's validity is over


async def test_two_processes_publish_one_list_and_both_have_it(
    prefecture: Prefecture, annexe: Annexe, tmp_path: Path
) -> None:
    annul(annexe, "granted", "serial1")
    await annexe.send("granted")
    async with reopened(open_installation(tmp_path / "prefecture")) as other:
        assert await keep(other)
        assert not await keep(prefecture)
        assert await causes(prefecture) == await causes(other)


async def test_a_file_that_the_disk_damaged_is_written_anew(prefecture: Prefecture, tmp_path: Path) -> None:
    await keep(prefecture)
    file = tmp_path / "prefecture" / "published.revocations"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    assert not await keep(prefecture)
    assert file.read_bytes() == whole


async def test_a_serial_that_is_none_does_not_stop_the_list(prefecture: Prefecture, annexe: Annexe) -> None:
    annul(annexe, "granted", "x" * 33)
    lose(annexe, "other", "serial2")
    await annexe.send("granted", "other")
    assert await keep(prefecture)
    assert await causes(prefecture) == {"serial2": "replaced"}


async def test_a_database_of_the_release_before_learns_what_is_void(
    prefecture: Prefecture, annexe: Annexe, tmp_path: Path
) -> None:
    annul(annexe, "granted", "serial1")
    await annexe.send("granted")
    folder = tmp_path / "prefecture"
    with closing(sqlite3.connect(folder / "central.sqlite")) as database:
        for table in ("void_certificates", "revocation_lists"):
            database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE schema_version SET version = 1")
        database.commit()
    assert set(STEPS) == {1}
    async with reopened(open_installation(folder)) as upgraded:
        await keep(upgraded)
        assert await causes(upgraded) == {"serial1": "annulled"}


@pytest.mark.parametrize("version", [0, 3])
async def test_a_database_of_a_release_that_nothing_leads_from_is_refused(
    prefecture: Prefecture, tmp_path: Path, version: int
) -> None:
    with closing(sqlite3.connect(tmp_path / "prefecture" / "central.sqlite")) as database:
        database.execute("UPDATE schema_version SET version = ?", (version,))
        database.commit()
    with pytest.raises(OperatorError, match=f"has schema {version}"):
        async with reopened(open_installation(tmp_path / "prefecture")):
            pass


async def test_anyone_fetches_the_list_and_checks_it_by_the_root(
    visitor: Visitor, prefecture: Prefecture, annexe: Annexe, tmp_path: Path
) -> None:
    assert (await visitor.get("/verify/revocations")).status == 404
    annul(annexe, "granted", "serial1")
    await annexe.send("granted")
    await keep(prefecture)
    answer = await visitor.get("/verify/revocations")
    assert answer.status == 200
    root = open_installation(tmp_path / "prefecture").root
    assert read_list(await answer.read(), root).void.keys() == {"serial1"}
    page = await (await visitor.get("/verify")).text()
    assert 'href="/verify/revocations"' in page


async def ask(visitor: TestClient[Any, Any], text: str) -> str:
    form = hidden(await (await visitor.get("/verify")).text())
    return await (await visitor.post("/verify", data={**form, "text": text})).text()


@pytest.mark.parametrize(("act", "said"), [(annul, "il a été annulé le"), (lose, "un autre l’a remplacé le")])
async def test_a_void_paper_is_told_as_such_before_anything_else(
    visitor: Visitor, prefecture: Prefecture, annexe: Annexe, it: Provisioned, act: Any, said: str
) -> None:
    prefecture.papers.admit(it.seal.read_bytes())
    claims = replace(claims_of(issued_now()), reference=REFERENCES["granted"], serial="serial1")
    token = encode_token(claims, it.seals.token_key)
    assert 'data-verdict="ok"' in await ask(visitor, token)
    act(annexe, "granted", "serial1")
    await annexe.send("granted")
    await keep(prefecture)
    page = await ask(visitor, token)
    assert 'data-verdict="void"' in page
    verdict = page[page.index("data-verdict") :]
    assert verdict.index(said) < verdict.index("a été délivré" if "a été délivré" in verdict else claims.annexe)
    assert "Ne compte plus" in page
    assert "pas encore reçu de l’annexe" not in page


async def test_an_old_list_says_that_it_is_old(
    visitor: Visitor, prefecture: Prefecture, annexe: Annexe, it: Provisioned
) -> None:
    prefecture.papers.admit(it.seal.read_bytes())
    token = encode_token(claims_of(issued_now()), it.seals.token_key)
    assert "Aucune liste des certificats annulés" in await ask(visitor, token)
    await keep(prefecture)
    assert "devait être renouvelée" not in await ask(visitor, token)
    clock_of(prefecture).ms += HOLDS_MS + 1
    assert "devait être renouvelée" in await ask(visitor, token)


async def test_the_dossier_shows_which_certificates_count_no_more(officer: Visitor, annexe: Annexe) -> None:
    annul(annexe, "granted", "serial1")
    await annexe.send("granted")
    page = await (await officer.get(f"/prefecture/requests/berkane-05/{annexe.case('granted')}")).text()
    assert "Certificats qui ne comptent plus" in page
    assert "serial1" in page
    assert "annulé" in page
