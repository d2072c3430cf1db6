"""From the screens to paper: the receipt at the kiosk, the certificate at the counter, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from devices.a4_printer import SimulatedA4Printer
from devices.escpos_encoding import escpos_of
from devices.printing import PrintOutcome, PrintReport
from devices.simulated_receipt_printer import SimulatedReceiptPrinter
from edge.services.office import Office
from tests.edge.web import staff
from tests.edge.web.staff import Desk, complete, decide, enquire, enrol, file_request, seal, sheet_of
from tests.edge.web.support import Clock, Post, Visitor, ask_for_residence, open_account


@pytest.fixture
def tickets(office: Office, clock: Clock) -> SimulatedReceiptPrinter:
    """The kiosk's printer."""
    printer = SimulatedReceiptPrinter(clock, escpos_of)
    office.devices.receipt_printer = printer
    return printer


@pytest.fixture
def sheets(office: Office, clock: Clock) -> SimulatedA4Printer:
    """The counter's printer."""
    printer = SimulatedA4Printer(clock)
    office.devices.a4_printer = printer
    return printer


async def receipt(post: Post) -> str:
    """A citizen's request; the address of its receipt."""
    await open_account(post)
    return str((await ask_for_residence(post)).headers["Location"])


async def touch_print(kiosk: Visitor, post: Post, page: str) -> str:
    answer = await post(page, f"{page}/print")
    assert (answer.status, answer.headers["Location"]) == (303, page)
    return await (await kiosk.get(page)).text()


async def test_a_receipt_comes_out_when_it_is_asked_for_and_its_code_leads_to_the_request(
    kiosk: Visitor, post: Post, tickets: SimulatedReceiptPrinter
) -> None:
    page = await receipt(post)
    text = await (await kiosk.get(page)).text()
    assert list(tickets.tickets) == []
    assert "Imprimer le récépissé" in text
    assert "sort de l’imprimante" in await touch_print(kiosk, post, page)
    assert "sort de l’imprimante" not in await (await kiosk.get(page)).text()
    (printed,) = tickets.tickets
    with Image.open(BytesIO(printed.ticket.png())) as paper:
        (code,) = zxingcpp.read_barcodes(paper.convert("L"))
    reference = re.search(r"B05-\w{5}-\w{5}", text)
    assert reference
    assert code.text == f"http://localhost:8080/kiosk/follow/{reference[0]}"


async def test_without_a_printer_nothing_offers_one(kiosk: Visitor, post: Post) -> None:
    page = await receipt(post)
    assert "Imprimer le récépissé" not in await (await kiosk.get(page)).text()
    assert "Aucune imprimante" in await touch_print(kiosk, post, page)


async def test_the_same_form_sent_twice_prints_once(
    post: Post, kiosk: Visitor, tickets: SimulatedReceiptPrinter
) -> None:
    page = await receipt(post)
    for _ in range(2):
        await post(page, f"{page}/print", command="ab" * 16)
    assert len(tickets.tickets) == 1


async def test_a_few_tickets_are_enough(kiosk: Visitor, post: Post, tickets: SimulatedReceiptPrinter) -> None:
    page = await receipt(post)
    tickets.unplugged = True
    for _ in range(4):
        assert "ne marche pas" in await touch_print(kiosk, post, page), "what did not come out is not counted"
    tickets.unplugged = False
    for _ in range(3):
        assert "sort de l’imprimante" in await touch_print(kiosk, post, page)
    assert "déjà été imprimé" in await touch_print(kiosk, post, page)
    assert len(tickets.tickets) == 3


async def test_another_persons_receipt_is_not_printed(
    kiosk: Visitor, post: Post, tickets: SimulatedReceiptPrinter
) -> None:
    page = await receipt(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    await open_account(post, cnie="FA 654321", phone="0612345622")
    answer = await post("/kiosk", f"{page}/print")
    assert answer.status == 404
    assert tickets.tickets == ()


async def test_without_paper_the_person_is_told_what_to_do_and_the_same_form_prints_afterwards(
    kiosk: Visitor, post: Post, tickets: SimulatedReceiptPrinter, office: Office
) -> None:
    page = await receipt(post)
    tickets.roll.out_of_paper = True
    with office.announcer.subscribe(["devices"]) as heard:
        await post(page, f"{page}/print", command="cd" * 16)
        assert await heard.next() == "devices"
    assert "plus de papier" in await (await kiosk.get(page)).text()
    tickets.roll.out_of_paper = False
    await post(page, f"{page}/print", command="cd" * 16)
    assert "sort de l’imprimante" in await (await kiosk.get(page)).text()
    assert len(tickets.tickets) == 1


@pytest.fixture
async def counter(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        yield desk


async def granted(office: Office, counter: Desk) -> str:
    """A request whose certificate is sealed; its page."""
    request = await file_request(counter, await staff.open_account(counter))
    await complete(counter, request)
    await enquire(counter, request)
    case = request.rsplit("/", 1)[1]
    async with staff.at_work(office, "youssef") as tablet:
        await enrol(tablet)
        await decide(tablet, case, await sheet_of(tablet, case, {"outcome": "approved"}))
    await seal(office, case)
    return request


async def test_a_certificate_is_printed_as_it_was_sealed(
    counter: Desk, office: Office, sheets: SimulatedA4Printer
) -> None:
    request = await granted(office, counter)
    await counter.send(request, f"{request}/certificate/print")
    page = await counter.read(request)
    assert "Le certificat est à l’imprimante." in page
    sealed = await (await counter.client.get(f"{request}/certificate.pdf")).read()
    assert [one.document for one in sheets.documents] == [sealed]
    assert "Imprimer et tamponner" in page, "printing alone makes nothing ready"


async def test_an_empty_tray_is_said_beside_the_form_and_costs_no_second_sheet(
    counter: Desk, office: Office, sheets: SimulatedA4Printer
) -> None:
    request = await granted(office, counter)
    sheets.out_of_paper = True
    answer = await counter.send(request, f"{request}/certificate/print", status=503, command="ef" * 16)
    assert "remplissez le bac" in await answer.text()
    sheets.out_of_paper = False
    for _ in range(2):
        await counter.send(request, f"{request}/certificate/print", command="ef" * 16)
    assert len(sheets.documents) == 1


async def test_without_an_a4_printer_the_counter_opens_the_document(counter: Desk, office: Office) -> None:
    page = await counter.read(await granted(office, counter))
    assert "Imprimer le certificat" not in page
    assert "certificate.pdf" in page


class Doubtful(SimulatedA4Printer):
    """A printer that hung up in the middle."""

    async def print(self, document: bytes) -> PrintReport:
        return PrintReport(PrintOutcome.UNKNOWN, "the printer hung up")


async def test_when_nobody_knows_whether_it_came_out_a_person_looks_first(
    counter: Desk, office: Office, clock: Clock
) -> None:
    office.devices.a4_printer = Doubtful(clock)
    request = await granted(office, counter)
    answer = await counter.send(request, f"{request}/certificate/print", status=503)
    assert "Regardez dans le bac" in await answer.text()
