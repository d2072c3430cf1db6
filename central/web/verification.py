"""Is this paper genuine? A public page: anyone sends a PDF file or the text of a code, and reads the verdict.

Rules:

- Nobody signs in, and nothing is kept: no record of the question, no copy of the file. What the framework spools of an
  upload lies in a temporary file without a name, and is gone with the request.
- What is shown of the person stands in the paper itself, and only where the seal proves it.
- The verdict comes from published keys and the published list of void certificates alone. Beside it stands whether the
  prefecture has received the certificate from its annexe, which it tells to nobody who does not hold the paper.
- Each address has so many questions in a quarter of an hour, and few are computed at once: ingest does not wait.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from central.prefecture import Prefecture
from central.sealed_files import MAX_PDF
from central.verify import Verdict, verify_pdf, verify_text
from central.web import signed_in
from central.web.dossier import Answer, labelled
from central.web.words import ENDED, VERDICTS
from protocol.errors import N_, PersonError
from protocol.office.applicants import CAPACITIES
from protocol.office.attestation import Claims
from protocol.office.catalogue import Procedure
from protocol.office.documents import DOCUMENTS
from screens import pages
from screens.forms import Form, read_posted
from screens.limits import Limit
from screens.pages import ltr, render

QUESTIONS = Limit("verification", 40, 15 * 60_000)
"""From one address: a bank's desk checks a paper every half minute; a file takes this machine tens of milliseconds."""

LONGEST_TEXT = 8_000
"""Characters of a code's text: a QR code holds at most 4,296."""

AT_ONCE = 2
NO_LIST_YET = N_("No list of void certificates is published yet. Ask again in a minute.")
NEITHER = N_("Choose the PDF file of the certificate, or paste the text of its code.")
TOO_LARGE = N_("This file is too large to be one of our certificates. Choose the file as the annexe gave it.")
TURNS: web.AppKey[asyncio.Semaphore] = web.AppKey("verifications", asyncio.Semaphore)


@dataclass(frozen=True, slots=True)
class Proven:
    """What a genuine paper claims, ready to be shown; `received_ms` when its record reached the prefecture."""

    claims: Claims
    procedure: Procedure | None
    details: tuple[Answer, ...]
    received_ms: int | None


def routes() -> list[web.RouteDef]:
    """The form and its answer, and the list of void certificates."""
    return [web.get("/verify", ask), web.post("/verify", answer), web.get("/verify/revocations", revocations)]


@signed_in.anyone
async def ask(request: web.Request) -> web.StreamResponse:
    """The form."""
    return _page(request, Form())


@signed_in.anyone
async def revocations(request: web.Request) -> web.StreamResponse:
    """The list of void certificates, signed: `central.revocation_list` says how anyone checks it without a network."""
    document = signed_in.prefecture_of(request).revocations.document()
    if document is None:
        raise PersonError(NO_LIST_YET, status=404)
    headers = {"Content-Disposition": 'attachment; filename="revocations.mulhaqa"'}
    return web.Response(body=document, content_type="application/octet-stream", headers=headers)


def _page(request: web.Request, form: Form, status: int = 200, **verdict: object) -> web.Response:
    held = signed_in.prefecture_of(request).revocations.current()
    return render(request, "verify/page.html", status, **{"verdict": None, "form": form, "held": held, **verdict})


@signed_in.anyone
async def answer(request: web.Request) -> web.StreamResponse:
    """The verdict, above the form."""
    try:
        _admit(request)
        verdict = await _judge(request)
    except PersonError as error:
        return _page(request, Form(errors=pages.tongue_of(request).errors(error)), error.status)
    prefecture = signed_in.prefecture_of(request)
    return _page(
        request,
        Form(),
        verdict=verdict,
        look=ENDED if verdict.expired and verdict.good else VERDICTS[verdict.kind],
        sentences=[(one.message, {name: ltr(fact) for name, fact in one.facts.items()}) for one in verdict.sentences],
        proven=await _proven(prefecture, verdict.claims) if verdict.claims else None,
        documents=DOCUMENTS,
        capacities=CAPACITIES,
    )


def _admit(request: web.Request) -> None:
    limits, address = request.app[signed_in.LIMITS], request.remote or ""
    limits.admit(QUESTIONS, address)
    limits.note(QUESTIONS, address)


async def _judge(request: web.Request) -> Verdict:
    prefecture = signed_in.prefecture_of(request)
    posted = await read_posted(request)
    upload, text = posted.get("file"), posted.get("text", "")
    keys = prefecture.papers.current()
    now_ms, held = prefecture.now(), prefecture.revocations.current()
    async with request.app[TURNS]:
        if isinstance(upload, web.FileField) and upload.filename:
            with upload.file as file:
                data = await asyncio.to_thread(file.read, MAX_PDF + 1)
            if len(data) > MAX_PDF:
                raise PersonError(TOO_LARGE, field="file", status=413)
            return await asyncio.to_thread(verify_pdf, data, keys, now_ms=now_ms, revocations=held)
        if isinstance(text, str) and text.strip():
            return await asyncio.to_thread(
                verify_text, text.strip()[:LONGEST_TEXT], keys, now_ms=now_ms, revocations=held
            )
    raise PersonError(NEITHER, field="file")


async def _proven(prefecture: Prefecture, claims: Claims) -> Proven:
    published = {one.procedure.id: one.procedure for one in await prefecture.centre.queries.catalogue()}
    procedure = published.get(claims.procedure)
    return Proven(claims, procedure, labelled(procedure, claims.details), await _received_ms(prefecture, claims))


async def _received_ms(prefecture: Prefecture, claims: Claims) -> int | None:
    try:
        row = await prefecture.references.find(claims.reference)
    except PersonError:
        return None
    certificate = row.case.certificate
    if certificate is None or (row.annexe, certificate.serial) != (claims.annexe, claims.serial):
        return None
    return await prefecture.centre.queries.received_ms(row.annexe, row.subject, certificate.time_ms)
