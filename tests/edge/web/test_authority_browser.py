"""The agent's browser: it makes his key, reads the sheet's bytes, signs them, and refuses what it can't show."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.async_api import Browser, Page, Route, expect

from edge.services import requests, staff
from edge.services.office import Office
from protocol.office.casework import State
from protocol.office.decision import verify_sheet
from protocol.records.encoding import Value, decode, encode
from protocol.records.hashing import subject_from_text
from tests.edge.web.browser import needs_chromium, open_page, sign_in
from tests.edge.web.staff import (
    ANSWERS,
    RESIDENCE,
    at_work,
    complete,
    enquire,
    open_account,
    ready_to_decide,
)
from tests.edge.web.test_counter_applicants import STAND_IN

pytestmark = needs_chromium

VALUES: list[Value] = [
    None, True, False, 0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1,
    -1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1,
    "", "é" * 15, "ح" * 31, "a" * 255, "a" * 256, "a" * 65_536, b"", b"x" * 255, b"x" * 256, b"x" * 65_536,
    [], [1] * 15, [1] * 16, [[None]], {}, {"a": 1, "b": {"ب": b"\0"}}, {f"{n:02}": n for n in range(16)},
]  # fmt: skip
NOT_CANONICAL = [
    "cc01", "cd00ff", "ce0000ffff", "cf00000000ffffffff", "d0ff", "d1ff80", "d9016100"[:6], "da000161", "c50001aa",
    "dc0001c0", "de0001a16101", "82a16201a16101", "82a16101a16101", "8101c0", "ca00000000", "cb0000000000000000", "c1",
    "d40001", "a1ff", "81", "92c0", "c0c0", "", "c4", "91" * 40 + "c0",
]  # fmt: skip


async def tablet(browser: Browser, site: str, case: str = "") -> Page:
    page = await open_page(browser, site)
    await sign_in(page, site, "youssef")
    if case:
        await page.goto(f"{site}/authority/request/{case}")
    return page


async def state_of(office: Office, case: str) -> State:
    return (await requests.dossier(office, subject_from_text(case))).case.state


async def test_the_first_sign_in_makes_a_key_that_cannot_be_exported_and_enrols_it(
    office: Office, site: str, browser: Browser
) -> None:
    page = await tablet(browser, site)
    await expect(page.locator("[data-authority]")).to_have_attribute("data-key-state", "enrolled")
    enrolled = (await staff.by_login(office, "youssef")).public
    held = await page.evaluate(
        """async () => {
          const { held, toBase64 } = await import("/static/authority/key.js");
          const key = await held("youssef");
          return [toBase64(key.public), key.privateKey.extractable];
        }"""
    )
    assert enrolled is not None
    assert held == [base64.b64encode(enrolled).decode(), False]


async def test_what_he_reads_and_signs_is_what_the_log_keeps(office: Office, site: str, browser: Browser) -> None:
    case = await ready_to_decide(office)
    page = await tablet(browser, site, case)
    await page.click("form[data-outcome=approved] button")
    sheet = page.locator("[data-sheet]")
    for fact in (
        "FA123456",
        "Fatima Zahra Benali",
        "فاطمة الزهراء بنعلي",
        "Locataire",
        "connue du voisinage",
        "accordée",
    ):
        await expect(sheet).to_contain_text(fact)
    assert await state_of(office, case) is State.UNDER_DECISION
    await page.click("form[data-decide] button")
    await page.wait_for_selector("[data-undo-seconds]")
    decision = (await requests.dossier(office, subject_from_text(case))).case.decision
    assert decision is not None
    verify_sheet(decision.sheet, decision.signer, decision.signature)


async def test_he_reads_who_asks_for_a_foreigner_and_by_which_documents(
    office: Office, site: str, browser: Browser
) -> None:
    async with at_work(office, "salma") as desk:
        person = await open_account(desk, document="passport", cnie="12AB34567", state="FRA")
        path = f"{person}/new-request/{RESIDENCE}"
        answer = await desk.send(f"{path}?by=other", path, ANSWERS | STAND_IN)
        request = str(answer.headers["Location"])
        await complete(desk, request)
        await enquire(desk, request)
    case = request.rsplit("/", 1)[1]
    page = await tablet(browser, site, case)
    await page.click("form[data-outcome=approved] button")
    sheet = page.locator("[data-sheet]")
    await expect(sheet).to_be_visible()
    for text in ("Passeport", "FRA 12AB34567", "mandataire, par procuration", "Awa Diop", "B012345X", "4512"):
        await expect(sheet).to_contain_text(text)
    await expect(sheet.locator("dd[data-field='identity.cnie']")).to_have_text("FRA 12AB34567")
    await page.click("[data-decide] button")
    await page.wait_for_selector("[data-undo-seconds]")
    assert await state_of(office, case) is State.APPROVED


async def test_a_refusal_goes_the_same_way_with_its_reason(office: Office, site: str, browser: Browser) -> None:
    case = await ready_to_decide(office)
    page = await tablet(browser, site, case)
    await page.click("a.refuse")
    await page.select_option("[name=reason_code]", "not_resident")
    await page.fill("[name=reason_text]", "L’enquête n’établit\nrien à cette adresse.  ")
    await page.click("form[data-outcome=refused] button")
    await expect(page.locator("[data-sheet]")).to_contain_text("rien à cette adresse.")
    await page.click("form[data-decide] button")
    await page.wait_for_selector("[data-undo-seconds]")
    assert await state_of(office, case) is State.REFUSED


async def test_another_browser_says_that_the_key_is_elsewhere_until_the_agent_makes_one(
    office: Office, site: str, browser: Browser
) -> None:
    case = await ready_to_decide(office)
    first = await tablet(browser, site)
    await expect(first.locator("[data-authority]")).to_have_attribute("data-key-state", "enrolled")
    second = await tablet(browser, site, case)
    await expect(second.locator("[data-when=elsewhere]")).to_be_visible()
    await expect(second.locator("form[data-outcome=approved] button")).to_be_disabled()
    await second.click("[data-when=elsewhere] button")
    await expect(second.locator("form[data-outcome=approved] button")).to_be_enabled()


@pytest.mark.parametrize("change", ["outcome", "reference", "unknown", "missing"])
async def test_a_sheet_that_is_not_what_he_asked_for_cannot_be_signed(
    office: Office, site: str, browser: Browser, change: str
) -> None:
    case = await ready_to_decide(office)
    page = await tablet(browser, site, case)

    async def swap(route: Route) -> None:
        answer = await route.fetch()
        sheet = decode(base64.b64decode((await answer.json())["sheet"]))
        assert isinstance(sheet, dict)
        sheet |= {"outcome": {"outcome": "refused"}, "reference": {"reference": "B05-00000-00000"}}.get(change, {})
        if change == "unknown":
            sheet["also"] = "something that the page does not show"
        if change == "missing":
            del sheet["identity"]
        await route.fulfill(body=json.dumps({"sheet": base64.b64encode(encode(sheet)).decode()}))

    await page.route("**/sheet", swap)
    await page.click("form[data-outcome=approved] button")
    await expect(page.locator("[data-said]")).to_contain_text(
        "ne la signez pas" if change in ("unknown", "missing") else "ne signez pas"
    )
    await expect(page.locator("[data-sheet]")).to_be_hidden()


async def test_without_a_network_nothing_is_decided_and_the_page_says_so(
    office: Office, site: str, browser: Browser
) -> None:
    case = await ready_to_decide(office)
    page = await tablet(browser, site, case)
    await page.click("form[data-outcome=approved] button")
    await page.wait_for_selector("[data-sheet]:not([hidden])")
    await page.context.set_offline(True)
    await page.click("form[data-decide] button")
    await expect(page.locator("[data-said]")).to_contain_text("rien n’a été envoyé")
    assert await state_of(office, case) is State.UNDER_DECISION
    await page.context.set_offline(False)
    await page.click("form[data-decide] button")
    await page.wait_for_selector("[data-undo-seconds]")


async def test_the_page_reads_msgpack_as_the_log_writes_it_and_nothing_looser(site: str, browser: Browser) -> None:
    page = await tablet(browser, site)
    written = [base64.b64encode(encode(value)).decode() for value in VALUES]
    read = await page.evaluate(
        """async (all) => {
          const { decode } = await import("/static/authority/msgpack.js");
          const { fromBase64, toBase64 } = await import("/static/authority/key.js");
          const plain = (value) => value instanceof Uint8Array ? { bytes: value.length }
            : value instanceof Map ? { map: [...value].map(([key, held]) => [key, plain(held)]) }
            : Array.isArray(value) ? value.map(plain) : typeof value === "bigint" ? String(value) : value;
          return all.map((one) => plain(decode(fromBase64(one))));
        }""",
        written,
    )
    assert read == [plain(value) for value in VALUES]
    refused = await page.evaluate(
        """async (all) => {
          const { decode } = await import("/static/authority/msgpack.js");
          const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
          return all.filter((one) => { try { decode(bytes(one)); return true; } catch { return false; } });
        }""",
        NOT_CANONICAL,
    )
    assert refused == []


def plain(value: Value) -> object:
    """A value as the page's script hands it back."""
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode())
        return {"map": [[key, plain(held)] for key, held in pairs]}
    return [plain(each) for each in value] if isinstance(value, list) else value
