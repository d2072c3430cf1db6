"""Papers to the annexe's printers: a receipt at the kiosk, a sealed certificate at the counter.

- A paper is printed once for each command id: a form that was sent twice, or a page read again, gives no second paper.
- What failed may be tried again with the same form; a printer that does not know whether the paper came out says so,
  and a person looks first.
- Whoever walks away in the middle leaves the printer at work: half a paper would help nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from devices.printing import PrintOutcome, PrintReport
from edge.services import certificates, requests
from edge.services.office import Office
from protocol.errors import N_, PersonError

log = structlog.get_logger("mulhaqa.printing")

REMEMBERED = 200
"""Papers remembered by their command: a busy day's. A form older than that is not sent again by accident."""

NO_PRINTER = N_("No printer is set up here. Open the document, or ask the administrator.")

AT_THE_KIOSK: Mapping[PrintOutcome, str] = {
    PrintOutcome.NO_PAPER: N_('The printer is out of paper. Touch "Call someone"; your request is kept.'),
    PrintOutcome.UNREACHABLE: N_("The printer does not work at this moment. The counter gives you your receipt."),
    PrintOutcome.REFUSED: N_("This receipt could not be printed. The counter gives you one."),
    PrintOutcome.UNKNOWN: N_("Look whether your receipt came out. If it did not, the counter gives you one."),
}
AT_THE_COUNTER: Mapping[PrintOutcome, str] = {
    PrintOutcome.NO_PAPER: N_("The printer is out of paper: fill its tray, then print again."),
    PrintOutcome.UNREACHABLE: N_("The printer does not answer or stands still: look at it, then print again."),
    PrintOutcome.REFUSED: N_("The printer refused the document: open the PDF and print it from this computer."),
    PrintOutcome.UNKNOWN: N_("Look into the printer's tray before you print again: the paper may have come out."),
}


async def print_receipt(office: Office, command: bytes, case: bytes, language: str) -> None:
    """Print a request's receipt as a ticket, `language` first. PersonError (503) when it did not come out for sure."""
    printer = office.devices.receipt_printer
    if printer is None:
        raise PersonError(NO_PRINTER, status=503)

    async def work() -> PrintReport:
        return await printer.print(await requests.receipt_ticket(office, case, language))

    await _once(office, command, work, AT_THE_KIOSK)


async def print_certificate(office: Office, command: bytes, case: bytes) -> None:
    """Print a sealed certificate on A4. PersonError 404 while there is none, 503 when it did not come out for sure."""
    printer = office.devices.a4_printer
    if printer is None:
        raise PersonError(NO_PRINTER, status=503)
    document = await certificates.pdf(office, case)

    async def work() -> PrintReport:
        return await printer.print(document)

    await _once(office, command, work, AT_THE_COUNTER)


async def _once(
    office: Office, command: bytes, work: Callable[[], Awaitable[PrintReport]], sentences: Mapping[PrintOutcome, str]
) -> None:
    papers = office.devices.papers
    if command not in papers:
        papers[command] = asyncio.ensure_future(_reported(office, command, work))
        while len(papers) > REMEMBERED:
            papers.popitem(last=False)
    report = await asyncio.shield(papers[command])
    if report.outcome is not PrintOutcome.PRINTED:
        raise PersonError(sentences[report.outcome], status=503)


async def _reported(office: Office, command: bytes, work: Callable[[], Awaitable[PrintReport]]) -> PrintReport:
    """Do it; whatever did not print for sure is forgotten, so that the same form may ask again."""
    printed = False
    try:
        report = await work()
        printed = report.outcome is PrintOutcome.PRINTED
    finally:
        if not printed:
            office.devices.papers.pop(command, None)
        office.announcer.publish(["devices"])
    if not printed:
        log.warning("printing.failed", outcome=report.outcome.value, why=report.why)
    return report
