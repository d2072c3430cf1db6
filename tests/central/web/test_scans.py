"""Scans at the prefecture: shown once all of them has come, said to be on their way before, and to officers alone."""

from __future__ import annotations

import re

from msgspec.structs import replace
from sqlalchemy import select

from central.prefecture import Prefecture
from central.store.looks import SAME_LOOK_MS, Look, looks_at, note_look
from central.store.schema import looks
from protocol.office.events import PieceScanned, ScanRemoved
from protocol.records.blobs import CHUNK, SEALED_CHUNK
from protocol.records.keys import subject_of
from protocol.sync.blob_flow import ChunkArrived
from tests.central.provisioned import ANNEXE
from tests.central.support import drawn
from tests.central.web.support import CLERK, Annexe, Visitor
from tests.vectors.blob_vectors import make_blob

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(250)) * (3 * CHUNK // 250) + b"\xff\xd9"

LOOKED = '<bdi dir="auto">Karim Zerouali</bdi> <span class="muted">'


class Scan:
    """A scan of the case `name`, whose pieces are carried by hand."""

    def __init__(self, annexe: Annexe, name: str, data: bytes = JPEG) -> None:
        made, blob = make_blob(drawn(name), data)
        body = blob[: -len(made.encoded())]
        self.address = made.address
        self.size = len(data)
        self.pieces = [made.encoded(), *(body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK))]
        self.path = f"/prefecture/requests/{ANNEXE}/{annexe.case(name)}/scans/{made.address.hex()}"

    async def carry(self, prefecture: Prefecture, *places: int) -> list[str]:
        """Bring these pieces; returns what became of each."""
        blobs = prefecture.centre.blobs
        came = [ChunkArrived(1, self.address, place, self.pieces[place]) for place in places]
        return [(await blobs.take(ANNEXE, one)).value for one in came]


async def scanned(annexe: Annexe, name: str = "granted") -> Scan:
    scan = Scan(annexe, name)
    head = annexe.submit(name)
    event = PieceScanned(follows=[head], by=CLERK, piece="cnie", blob=scan.address, size=scan.size, media="image/jpeg")
    annexe.write(name, event)
    await annexe.send(name)
    return scan


async def read(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    assert answer.status == status
    return re.sub(r"\s+", " ", await answer.text())


async def test_a_scan_is_shown_when_its_last_piece_has_come_and_not_before(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe
) -> None:
    scan = await scanned(annexe)
    dossier = scan.path.rsplit("/scans/")[0]
    count = len(scan.pieces)
    for place in range(count - 1):
        assert await scan.carry(prefecture, place) == ["kept"]
        assert "en route" in await read(officer, dossier)
        assert "arrive d’elle-même" in await read(officer, scan.path, 409)
    assert await scan.carry(prefecture, count - 1) == ["whole"]
    assert scan.path in await read(officer, dossier)
    answer = await officer.get(scan.path)
    assert await answer.read() == JPEG
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_pieces_out_of_order_twice_or_of_another_blob_are_refused(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe
) -> None:
    scan = await scanned(annexe)
    assert await scan.carry(prefecture, 1, 0, 0, 2, 1) == ["refused", "kept", "refused", "refused", "kept"]
    stranger = Scan(annexe, "granted", JPEG + b"!")
    assert await stranger.carry(prefecture, 0) == ["refused"], "nothing names it"
    scan.pieces[2], right = scan.pieces[1], scan.pieces[2]
    assert await scan.carry(prefecture, 2) == ["refused"]
    scan.pieces[2] = right
    assert (await scan.carry(prefecture, *range(2, len(scan.pieces))))[-1] == "whole"
    assert (await officer.get(scan.path)).status == 200


async def test_a_list_of_another_length_than_the_record_states_is_refused(
    prefecture: Prefecture, annexe: Annexe
) -> None:
    scan = Scan(annexe, "granted")
    head = annexe.submit("granted")
    annexe.write(
        "granted",
        PieceScanned(follows=[head], by=CLERK, piece="cnie", blob=scan.address, size=5, media="image/jpeg"),
    )
    await annexe.send("granted")
    assert await scan.carry(prefecture, 0) == ["refused"]


async def test_a_scan_that_its_annexe_has_not_is_said_so(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe
) -> None:
    scan = await scanned(annexe)
    taken = await prefecture.centre.blobs.take(ANNEXE, ChunkArrived(1, scan.address, 0, None))
    assert taken.value == "lacking"
    assert "incomplète à l’annexe" in await read(officer, scan.path.rsplit("/scans/")[0])


async def test_a_removed_scan_and_its_pieces_are_gone(prefecture: Prefecture, officer: Visitor, annexe: Annexe) -> None:
    scan = await scanned(annexe)
    await scan.carry(prefecture, *range(len(scan.pieces)))
    head = annexe.log.streams[f"{ANNEXE}/cases"][-1].hash
    annexe.write("granted", ScanRemoved(follows=[head], by=CLERK, piece="cnie", blob=scan.address))
    await annexe.send("granted")
    assert (await officer.get(scan.path)).status == 404
    assert await prefecture.centre.blobs.open(ANNEXE, bytes(16), scan.address) is None
    assert await scan.carry(prefecture, 0) == ["refused"]


async def test_who_is_no_officer_sees_no_scan(prefecture: Prefecture, visitor: Visitor, annexe: Annexe) -> None:
    scan = await scanned(annexe)
    await scan.carry(prefecture, *range(len(scan.pieces)))
    assert (await visitor.get(scan.path, allow_redirects=False)).status == 303


async def test_who_looked_at_a_dossier_and_its_scan_is_noted_once_in_a_while_and_shown(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe
) -> None:
    scan = await scanned(annexe)
    dossier = scan.path.rsplit("/scans/")[0]
    await scan.carry(prefecture, *range(len(scan.pieces) - 1))
    await read(officer, scan.path, 409)
    page = await read(officer, dossier)
    assert page.count(LOOKED) == 1
    assert "une pièce numérisée" not in page, "what was not there yet, nobody has seen"
    await scan.carry(prefecture, len(scan.pieces) - 1)
    for _ in range(3):
        assert (await officer.get(scan.path)).status == 200
        page = await read(officer, dossier)
    assert page.count(LOOKED) == 2
    assert "une pièce numérisée :" in page
    assert "Carte nationale (CNIE)" in page
    assert "le dossier" in page


async def test_a_page_that_refreshes_itself_is_nobodys_look(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe
) -> None:
    scan = await scanned(annexe)
    subject = subject_of(drawn("granted"))
    await officer.get(scan.path.rsplit("/scans/")[0], headers={"X-Live": "1"})
    assert await looks_at(prefecture.centre.store, ANNEXE, subject) == []


async def test_looking_again_much_later_is_another_look_and_looks_are_sealed(
    prefecture: Prefecture, annexe: Annexe
) -> None:
    await scanned(annexe)
    store, subject = prefecture.centre.store, subject_of(drawn("granted"))
    first = Look("cnie", "karim", "Karim Zerouali", "كريم الزروالي", 1_000_000)
    noted = [
        await note_look(store, ANNEXE, subject, replace(first, at_ms=first.at_ms + after))
        for after in (0, SAME_LOOK_MS - 1, SAME_LOOK_MS)
    ]
    assert noted == [True, False, True]
    assert [one.at_ms - first.at_ms for one in await looks_at(store, ANNEXE, subject)] == [SAME_LOOK_MS, 0]
    async with store.database.read() as connection:
        for row in await connection.execute(select(looks)):
            assert b"Zerouali" not in row.sealed
            assert b"karim" not in row.sealed
