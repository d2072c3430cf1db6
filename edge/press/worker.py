"""The press's own process: reads jobs from standard input, answers on standard output, ends when its input ends.

Typst and pyHanko take some hundred megabytes, and a document of a hostile shape could make them loop or crash: here
they take down nobody. A job's data are never written anywhere, also not by an error: a fault is reported by its kind
and its place in the code.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from edge.press.documents import CertificateData
from edge.press.frames import (
    Answer,
    CertificateJob,
    DeclarationJob,
    Done,
    Drawn,
    Failed,
    Job,
    NoticeJob,
    ReceiptJob,
    TicketJob,
    frame,
    read_job,
)
from edge.press.notice_pages import notice_page
from edge.press.pages import certificate_page, claims_of, declaration_page, receipt_page, ticket_page
from edge.press.typesetter import Typesetter
from protocol.errors import CallerError, OperatorError
from protocol.office.attestation import encode_token
from protocol.office.seals import SealKeys

TICKET_DPI = 203.2
"""8 dots a millimetre, as receipt printers have: 72 mm are exactly their 576 dots."""


def main(arguments: Sequence[str]) -> int:
    """Serve jobs until the input ends; `arguments` are the folders with fonts."""
    answers = _own_output()
    workshop = Workshop([Path(folder) for folder in arguments])
    while (job := read_job(sys.stdin.buffer)) is not None:
        answers.write(frame(workshop.do(job)))
        answers.flush()
    return 0


def _own_output() -> BinaryIO:
    """Keep standard output for frames: whatever a library prints goes to the journal instead."""
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own


class Workshop:
    """Does jobs one after the other; the typesetter is set up by the first."""

    def __init__(self, font_folders: Sequence[Path]) -> None:
        self._folders = font_folders
        self._typesetter: Typesetter | None = None

    def do(self, job: Job) -> Answer:
        """Return the document or why there is none; never raises: the next person is waiting."""
        try:
            return self._do(job)
        except OperatorError as error:
            return Failed(who="operator", message=str(error))
        except CallerError as error:
            return Failed(who="caller", message=str(error))
        except Exception as error:
            # The boundary of the process: the client reports the fault and the next job goes on.
            return Failed(who="fault", message=_place(error))

    def _do(self, job: Job) -> Done | Drawn:
        typesetter = self._typesetter = self._typesetter or Typesetter(self._folders)
        match job:
            case ReceiptJob(data=data, language=language, paper=paper):
                return Done(pdf=typesetter.set("receipt", receipt_page(data, language, paper), data.submitted_ms))
            case NoticeJob(data=data, language=language):
                return Done(pdf=typesetter.set("notice", notice_page(data, language), data.made_ms))
            case TicketJob(data=data, language=language):
                return Drawn(png=typesetter.draw("ticket", ticket_page(data, language), TICKET_DPI))
            case DeclarationJob(data=data):
                return Done(pdf=typesetter.set("declaration", declaration_page(data), data.at_ms))
            case CertificateJob(data=data, seals=seals):
                keys = SealKeys(
                    pades_key=seals.pades_key,
                    pades_cert=seals.pades_cert,
                    chain=tuple(seals.chain),
                    token_key=seals.token_key,
                    token_cert=seals.token_cert,
                )
                return make_certificate(typesetter, data, keys)


def make_certificate(typesetter: Typesetter, data: CertificateData, seals: SealKeys) -> Done:
    """Set `data`, with its token in the QR code and among the file's keywords, and seal the file."""
    # Here, not above: a service that prints receipts all day never pays for pyHanko's 60 MB.
    from edge.press.sealing import seal_pdf  # noqa: PLC0415 - memory

    token = encode_token(claims_of(data), seals.token_key)
    pdf = typesetter.set("certificate", certificate_page(data, token), data.issued_ms)
    return Done(pdf=seal_pdf(pdf, seals, at_ms=data.issued_ms, location=data.issuer.town.fr), token=token)


def _place(error: Exception) -> str:
    """Name an error without its message, which may quote a person's data."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} ({last.name})"
