"""Scans on the staff's screens: sent by a plain form or by our module, seen again, and by nobody whose they are not."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from aiohttp import FormData

from edge.services.office import Office
from protocol.records.blobs import MAX_BLOB
from tests.edge.web import staff
from tests.edge.web.staff import Desk, complete, enquire, enrol, file_request, open_account, sheet_of
from tests.edge.web.support import bill_stays

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(200)) * 300 + b"\xff\xd9"


@pytest.fixture
def documents() -> tuple[dict[str, Any], ...]:
    return (bill_stays(),)


@pytest.fixture
async def desk(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        yield desk


@pytest.fixture
async def request_(desk: Desk) -> str:
    return await file_request(desk, await open_account(desk))


async def filled(desk: Desk, request: str, data: bytes, **changes: str) -> FormData:
    """The form as a browser sends it: its fields in the page's order, the file last."""
    page = await (await desk.client.get(request)).text()
    form = re.search(rf'<form[^>]*action="{request}/scans".*?</form>', page, re.DOTALL)
    assert form, "the page has no form for a scan"
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])) | changes
    sent = FormData()
    for name, value in fields.items():
        sent.add_field(name, value)
    sent.add_field("scan", BytesIO(data), filename="FA123456 Benali.exe", content_type="text/html")
    return sent


async def send(desk: Desk, request: str, data: bytes = JPEG, status: int = 303, **changes: str) -> str:
    answer = await desk.client.post(
        f"{request}/scans", data=await filled(desk, request, data, **changes), allow_redirects=False
    )
    text = html.unescape(await answer.text())
    assert answer.status == status, text
    return text


async def scans_of(desk: Desk, request: str) -> list[str]:
    found = re.findall(rf'<a href="({request}/scans/[0-9a-f]+)"', await desk.read(request))
    return [str(one) for one in found]


async def test_a_scan_is_sent_by_the_plain_form_and_seen_again(desk: Desk, request_: str) -> None:
    await send(desk, request_)
    assert "La numérisation est dans le dossier." in await desk.read(request_)
    (address,) = await scans_of(desk, request_)
    answer = await desk.client.get(address)
    assert await answer.read() == JPEG
    assert answer.headers["Content-Type"] == "image/jpeg", "what its own bytes say, not the browser"
    assert answer.headers["Content-Disposition"] == 'inline; filename="scan.jpg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_our_module_hears_where_to_go_on_or_what_was_wrong(desk: Desk, request_: str) -> None:
    accept = {"Accept": "application/json"}
    sent = await filled(desk, request_, JPEG)
    answer = await desk.client.post(f"{request_}/scans", data=sent, headers=accept)
    assert await answer.json() == {"at": request_}
    sent = await filled(desk, request_, b"GIF89a not a scan")
    answer = await desk.client.post(f"{request_}/scans", data=sent, headers=accept)
    assert answer.status == 422
    assert "JPEG, PNG ou PDF" in (await answer.json())["errors"]["scan"]


async def test_what_is_refused_is_said_beside_its_own_form(desk: Desk, request_: str) -> None:
    for data, words in ((b"", "Choisissez le fichier"), (b"MZ not a scan", "numérisez en JPEG, PNG ou PDF")):
        page = await send(desk, request_, data, 422)
        assert words in page
        assert 'aria-invalid="true"' in page
    page = await send(desk, request_, b"%PDF-" + bytes(MAX_BLOB), 413)
    assert "8 Mo" in page
    assert await scans_of(desk, request_) == []


async def test_a_piece_that_is_only_shown_has_no_form_and_takes_no_scan(desk: Desk, request_: str) -> None:
    assert 'name="piece" value="cnie"' not in await desk.read(request_)
    await send(desk, request_, status=422, piece="cnie")


async def test_a_form_from_elsewhere_is_refused_before_its_file_is_read(desk: Desk, request_: str) -> None:
    for wrong in ("", "0" * 32):
        await send(desk, request_, status=403, csrf=wrong)
    answer = await desk.client.post(f"{request_}/scans", data=b"no form", headers={"Content-Type": "text/plain"})
    assert answer.status == 400
    late = FormData()
    late.add_field("scan", JPEG, filename="scan.jpg")
    late.add_field("csrf", "anything")
    assert (await desk.client.post(f"{request_}/scans", data=late)).status == 403
    assert await scans_of(desk, request_) == []


async def test_a_mistake_is_removed_in_a_second_step(desk: Desk, request_: str) -> None:
    await send(desk, request_)
    (address,) = await scans_of(desk, request_)
    await desk.send(request_, f"{request_}/scans/remove")
    assert await scans_of(desk, request_) == []
    assert (await desk.client.get(address)).status == 404


async def test_a_scan_is_opened_at_its_own_request_alone(desk: Desk, request_: str) -> None:
    await send(desk, request_)
    (address,) = await scans_of(desk, request_)
    other = await file_request(desk, await open_account(desk, cnie="FA765432", phone="0612345622"))
    assert (await desk.client.get(other + address.removeprefix(request_))).status == 404
    for nothing in ("00" * 32, "zz", "00"):
        assert (await desk.client.get(f"{request_}/scans/{nothing}")).status == 404


async def test_who_is_not_signed_in_sees_and_sends_nothing(office: Office, desk: Desk, request_: str) -> None:
    await send(desk, request_)
    (address,) = await scans_of(desk, request_)
    async with staff.at_work(office) as stranger:
        assert (await stranger.client.get(address, allow_redirects=False)).status == 303
        assert (await stranger.client.post(f"{request_}/scans", data={"csrf": "x"})).status in (400, 401, 403)
    async with staff.at_work(office, "karim") as other:
        assert (await other.client.get(address, allow_redirects=False)).status == 303


async def test_the_agent_sees_the_scans_and_signs_what_he_saw(office: Office, desk: Desk, request_: str) -> None:
    await send(desk, request_)
    await send(desk, request_, b"%PDF-1.7 a page")
    await complete(desk, request_)
    await enquire(desk, request_)
    case = request_.rsplit("/", 1)[1]
    async with staff.at_work(office, "youssef") as tablet:
        page = await tablet.read(f"/authority/request/{case}")
        shown = re.findall(r'<a href="(/authority/request/\w+/scans/[0-9a-f]+)"', page)
        assert len(shown) == 2
        assert await (await tablet.client.get(shown[0])).read() == JPEG
        assert (await tablet.client.get(shown[1])).headers["Content-Type"] == "application/pdf"
        await enrol(tablet)
        sheet = await sheet_of(tablet, case, {"outcome": "approved"})
        assert all(bytes.fromhex(one.rsplit("/", 1)[1]) in sheet for one in shown)


async def test_who_looked_at_a_scan_stands_in_the_citizens_history(office: Office, desk: Desk, request_: str) -> None:
    await send(desk, request_)
    (address,) = await scans_of(desk, request_)
    async with staff.at_work(office, "nadia", "counter") as other:
        await other.client.get(address)
    async with office.store.reading() as reader:
        (row,) = await reader.cases()
        account = await reader.account(row.account)
    assert account is not None
    assert "nadia" in {look.by.id for look in account.views}
