"""Scanning what stays in a dossier: what is kept, what is refused and why, and that nothing lies about afterwards."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge.services import scans
from edge.services.office import Office
from edge.services.withdrawals import withdraw
from protocol.errors import PersonError
from protocol.office.case import Scan
from protocol.records.blobs import CHUNK, MAX_BLOB
from tests.edge.services.support import CLERK, RESIDENCE, Clock, asked, case_of, office_in

JPEG = b"\xff\xd8\xff\xe0 a page of the file, in colour \xff\xd9"


def leaving(piece: str) -> dict[str, Any]:
    """The residence certificate, were one of its pieces left in the dossier."""
    document: dict[str, Any] = copy.deepcopy(RESIDENCE)
    for one in document["pieces"]:
        if one["id"] == piece:
            one["needs"] = "left"
    return document


@pytest.fixture
async def office(tmp_path: Path, clock: Clock) -> AsyncIterator[Office]:
    async with office_in(tmp_path, clock, documents=(leaving("bill"),)) as office:
        yield office


async def coming(data: bytes, pieces: int = 7000) -> AsyncIterator[bytes]:
    """A file as it comes from a browser."""
    for start in range(0, len(data), pieces):
        yield data[start : start + pieces]


async def scanned(office: Office, case: bytes, data: bytes = JPEG, piece: str = "bill") -> Scan:
    await scans.attach(office, office.command(), case, piece, coming(data), CLERK)
    return (await case_of(office, case)).scans_held[-1]


async def seen(office: Office, case: bytes, scan: Scan) -> bytes:
    opened = await scans.look(office, case, scan.blob)
    return b"".join([piece async for piece in opened.content])


def files_in(folder: Path) -> list[str]:
    return sorted(one.name for one in (folder / "scans").iterdir()) if (folder / "scans").exists() else []


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(CHUNK), "image/png"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 500, "application/pdf"),
    ],
)
async def test_a_scan_is_seen_again_as_it_was_and_known_by_its_own_first_bytes(
    office: Office, data: bytes, media: str
) -> None:
    case = (await asked(office)).case
    scan = await scanned(office, case, data)
    assert (scan.piece, scan.media, scan.size) == ("bill", media, len(data))
    assert await seen(office, case, scan) == data


async def test_nothing_of_a_scan_is_on_the_disk_in_clear(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case
    await scanned(office, case, JPEG * 3000)
    for file in (tmp_path / "scans").iterdir():
        assert b"a page of the file" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose the file"),
        (b"GIF89a", "JPEG, PNG or PDF"),
        (b"<html><script>alert(1)</script>", "JPEG, PNG or PDF"),
        (b"\xff\xd8", "JPEG, PNG or PDF"),
        (b"%PDF-" + bytes(MAX_BLOB), "more than %(limit)s MB"),
    ],
)
async def test_what_is_no_scan_is_refused_with_a_reason_and_leaves_nothing(
    office: Office, tmp_path: Path, data: bytes, words: str
) -> None:
    case = (await asked(office)).case
    with pytest.raises(PersonError) as refused:
        await scanned(office, case, data)
    assert words in refused.value.message
    assert refused.value.field == "scan"
    assert files_in(tmp_path) == []
    assert (await case_of(office, case)).scans == ()


async def test_the_largest_scan_is_kept(office: Office) -> None:
    case = (await asked(office)).case
    data = b"%PDF-" + bytes(MAX_BLOB - 5)
    assert await seen(office, case, await scanned(office, case, data)) == data


async def test_what_is_only_shown_is_refused_before_the_file_is_read(office: Office) -> None:
    case = (await asked(office)).case

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("nobody should read this")
        yield b""

    with pytest.raises(PersonError) as refused:
        await scans.attach(office, office.command(), case, "cnie", unread(), CLERK)
    assert "law 55-19" in refused.value.message


async def test_the_same_scan_twice_is_one_file_and_one_answer(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case
    command = office.command()
    for _ in range(2):  # the clerk tapped twice
        await scans.attach(office, command, case, "bill", coming(JPEG), CLERK)
    with pytest.raises(PersonError) as refused:
        await scanned(office, case)
    assert refused.value.status == 409
    assert len(files_in(tmp_path)) == len((await case_of(office, case)).scans) == 1


async def test_the_same_page_in_two_dossiers_is_two_files_that_share_nothing(office: Office, tmp_path: Path) -> None:
    one = (await asked(office)).case
    other = (await asked(office, cnie="FA765432", phone="0612345622")).case
    first, second = await scanned(office, one), await scanned(office, other)
    assert first.blob != second.blob
    assert len(files_in(tmp_path)) == 2
    with pytest.raises(PersonError) as refused:
        await scans.look(office, one, second.blob)
    assert refused.value.status == 404


async def test_a_scan_that_was_a_mistake_is_gone_and_its_file_too(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case
    scan = await scanned(office, case)
    await scans.remove(office, office.command(), case, "bill", scan.blob, CLERK)
    assert (await case_of(office, case)).scans_held == ()
    assert files_in(tmp_path) == []
    with pytest.raises(PersonError):
        await scans.look(office, case, scan.blob)
    assert await seen(office, case, await scanned(office, case)) == JPEG, "it may be scanned anew"


async def test_an_answered_dossier_takes_no_scan_and_keeps_those_it_has(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case
    scan = await scanned(office, case)
    await withdraw(office, office.command(), case, True, CLERK)
    with pytest.raises(PersonError):
        await scanned(office, case, JPEG + b"2")
    with pytest.raises(PersonError):
        await scans.remove(office, office.command(), case, "bill", scan.blob, CLERK)
    assert files_in(tmp_path) == [scan.blob.hex()]
    assert await seen(office, case, scan) == JPEG


async def test_a_damaged_scan_is_not_shown_at_all_and_mended_by_scanning_again(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case
    data = JPEG + bytes(3 * CHUNK)
    scan = await scanned(office, case, data)
    path = tmp_path / "scans" / scan.blob.hex()
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:CHUNK], whole[:-200] + b"?" + whole[-199:], whole + b"!"):
        path.write_bytes(damaged)
        with pytest.raises(PersonError) as refused:
            await scans.look(office, case, scan.blob)
        assert refused.value.status == 409
    await scans.remove(office, office.command(), case, "bill", scan.blob, CLERK)
    path.write_bytes(whole[:CHUNK])
    assert await seen(office, case, await scanned(office, case, data)) == data


async def test_an_upload_that_breaks_off_leaves_nothing(office: Office, tmp_path: Path) -> None:
    case = (await asked(office)).case

    async def broken() -> AsyncIterator[bytes]:
        yield JPEG + bytes(5 * CHUNK)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await scans.attach(office, office.command(), case, "bill", broken(), CLERK)
    assert files_in(tmp_path) == []
