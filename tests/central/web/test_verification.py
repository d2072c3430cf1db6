"""The public page: anyone asks whether a paper is genuine."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import FormData
from structlog.testing import capture_logs

from central.prefecture import Prefecture
from central.sealed_files import MAX_PDF
from central.web.verification import QUESTIONS
from edge.press.frames import Done
from edge.press.pages import claims_of
from edge.press.typesetter import Typesetter
from edge.press.worker import make_certificate
from protocol.office.attestation import Represented, encode_token
from tests.central.provisioned import Provisioned, issued_now
from tests.central.web.support import REFERENCES, Annexe, Visitor, hidden
from tests.edge.press.papers import FATIMA

SHOWN = (FATIMA.name_fr, FATIMA.name_ar, FATIMA.cnie, FATIMA.address, "12 avril 1988", "Certificat de résidence")


@pytest.fixture(scope="module")
def paper(it: Provisioned) -> Done:
    return make_certificate(Typesetter(), issued_now(), it.seals)


@pytest.fixture(autouse=True)
def _admitted(prefecture: Prefecture, it: Provisioned) -> None:
    prefecture.papers.admit(it.seal.read_bytes())


async def ask(visitor: Visitor, *, text: str | None = None, pdf: bytes | None = None) -> Any:
    form = FormData(hidden(await (await visitor.get("/verify")).text()))
    if pdf is not None:
        form.add_field("file", io.BytesIO(pdf), filename="paper.pdf", content_type="application/pdf")
    if text is not None:
        form.add_field("text", text)
    return await visitor.post("/verify", data=form)


def verdict(page: str) -> str:
    found = re.search(r'data-verdict="([a-z-]+)"', page)
    return found[1] if found else ""


async def test_a_genuine_file_is_told_with_all_that_it_proves(visitor: Visitor, paper: Done) -> None:
    answer = await ask(visitor, pdf=paper.pdf)
    page = await answer.text()
    assert answer.status == 200
    assert verdict(page) == "ok"
    for text in SHOWN:
        assert text in page
    assert "signature électronique qualifiée" in page
    assert "pas encore reçu de l’annexe" in page


async def test_a_genuine_code_is_told_like_its_file(visitor: Visitor, paper: Done) -> None:
    answer = await ask(visitor, text=f"  {paper.token[:50]}\r\n{paper.token[50:]} ")
    assert verdict(await answer.text()) == "ok"


async def test_a_month_that_the_code_has_in_french_is_said_in_the_readers_language(
    visitor: Visitor, it: Provisioned
) -> None:
    claims = replace(claims_of(issued_now()), details={"depuis": "août 2019", "repere": "mars 2019 ou après"})
    token = encode_token(claims, it.seals.token_key)
    await visitor.get("/lang/ar?next=/verify")
    page = await (await ask(visitor, text=token)).text()
    assert "غشت 2019" in page
    assert "août 2019" not in page
    assert "mars 2019 ou après" in page


async def test_a_paper_whose_record_arrived_is_in_the_register(
    visitor: Visitor, annexe: Annexe, it: Provisioned
) -> None:
    claims = replace(claims_of(issued_now()), reference=REFERENCES["granted"], serial="serial-1")
    token = encode_token(claims, it.seals.token_key)
    annexe.seal("granted", annexe.decide("granted"), "serial-1", token)
    await annexe.send("granted")
    page = await (await ask(visitor, text=token)).text()
    assert "reçu de l’annexe le" in page
    forged = encode_token(replace(claims, serial="serial-2"), it.seals.token_key)
    assert "pas encore reçu" in await (await ask(visitor, text=forged)).text()


async def test_another_document_and_who_asked_are_told_as_they_are_sealed(visitor: Visitor, it: Provisioned) -> None:
    by = Represented(
        capacity="guardian", name_ar="علي العمراني", name_fr="Ali El Amrani", cnie="B012345X", document="residence_card"
    )
    claims = replace(claims_of(issued_now()), document="none", cnie="", represented_by=by)
    page = await (await ask(visitor, text=encode_token(claims, it.seals.token_key))).text()
    for text in ("Ali El Amrani", "représentant légal", "Carte de séjour", "B012345X"):
        assert text in page, text
    assert "Carte nationale (CNIE)" not in page


async def test_an_altered_file_shows_nothing_of_what_it_claims(visitor: Visitor, paper: Done) -> None:
    altered = bytearray(paper.pdf)
    altered[len(altered) // 2] ^= 1
    page = await (await ask(visitor, pdf=bytes(altered))).text()
    assert verdict(page) in ("altered", "unreadable")
    assert not any(text in page for text in SHOWN[:4])


async def test_a_paper_that_has_expired_is_not_shown_as_good(visitor: Visitor, it: Provisioned) -> None:
    past = replace(claims_of(issued_now()), expires_ms=1_000)
    page = await (await ask(visitor, text=encode_token(past, it.seals.token_key))).text()
    assert "plus valable" in page
    assert 'class="card verdict wait"' in page


@pytest.mark.parametrize("text", ["bonjour", "MLQ1:", "https://example.org/verify?x=1", "<script>alert(1)</script>"])
async def test_any_other_text_is_told_to_be_none(visitor: Visitor, text: str) -> None:
    page = await (await ask(visitor, text=text)).text()
    assert verdict(page) in ("not-ours", "unreadable")
    assert "<script>alert" not in page


@pytest.mark.parametrize("pdf", [b"%PDF-1.7\n", b"\x00" * 100, b"PK\x03\x04", b"%PDF-" + b"x" * 100_000])
async def test_any_other_file_is_told_to_be_none(visitor: Visitor, pdf: bytes) -> None:
    assert verdict(await (await ask(visitor, pdf=pdf)).text()) in ("not-ours", "unreadable")


async def test_neither_file_nor_code_is_said_beside_the_field(visitor: Visitor) -> None:
    answer = await ask(visitor, text="  ")
    assert answer.status == 422
    assert 'id="error-file"' in await answer.text()


async def test_a_file_that_is_too_large_is_refused_in_words(visitor: Visitor) -> None:
    answer = await ask(visitor, pdf=b"%PDF" + bytes(MAX_PDF))
    assert answer.status == 413
    assert "trop volumineux" in await answer.text()
    assert (await ask(visitor, pdf=bytes(MAX_PDF + 200_000))).status == 413


async def test_bytes_that_are_no_form_are_refused_in_words(visitor: Visitor) -> None:
    token = hidden(await (await visitor.get("/verify")).text())["csrf"]
    headers = {"X-CSRF": token, "Content-Type": "multipart/form-data; boundary=x"}
    answer = await visitor.post("/verify", data=b"--x\r\nno header", headers=headers)
    assert answer.status == 400


async def test_an_address_that_asks_too_much_waits(visitor: Visitor) -> None:
    answers = [(await ask(visitor, text="bonjour")).status for _ in range(QUESTIONS.allowed + 1)]
    assert answers == [200] * QUESTIONS.allowed + [429]


async def test_a_form_of_another_site_is_refused(visitor: Visitor) -> None:
    await visitor.get("/verify")
    assert (await visitor.post("/verify", data={"text": "MLQ1:X"})).status == 403


async def test_nothing_of_a_question_reaches_the_log_or_the_disk(
    visitor: Visitor, prefecture: Prefecture, paper: Done, tmp_path: Any
) -> None:
    with capture_logs() as lines:
        await ask(visitor, pdf=paper.pdf)
        await ask(visitor, text=paper.token)
    assert {line["route"] for line in lines if "route" in line} == {"/verify"}
    assert FATIMA.cnie not in repr(lines)
    for path in (tmp_path / "prefecture").iterdir():
        assert FATIMA.cnie.encode() not in path.read_bytes()
        assert paper.token.encode() not in path.read_bytes()
