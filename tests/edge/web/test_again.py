"""A page read in another language, or come back to after a call for help: never an address that only answers forms."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from edge.services.office import Office
from tests.edge.web.staff import at_work, file_request, hire, open_account
from tests.edge.web.support import Post, Visitor


def arabic_of(page: str) -> str:
    """Where the page's link to Arabic leads back to."""
    (link,) = re.findall(r'href="(/lang/ar\?[^"]+)"', page)
    return parse_qs(urlsplit(html.unescape(link)).query)["next"][0]


def way_on(page: str) -> str:
    (link,) = re.findall(r'href="([^"]+)"[^>]*>\s*<span>Continuer en attendant', page)
    return html.unescape(link)


async def test_who_calls_twice_comes_back_to_the_page_that_he_called_from(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    called = await (await post("/kiosk/guide", "/kiosk/call", back="/kiosk/guide?q=domicile")).text()
    assert arabic_of(called) == "/kiosk/guide?q=domicile"
    (back,) = re.findall(r'name="back" value="([^"]+)"', called)
    again = await (await post("/kiosk/guide", "/kiosk/call", back=html.unescape(back))).text()
    assert way_on(again) == "/kiosk/guide?q=domicile"
    assert {call.page for call in office.calls.waiting(office.now())} == {"guide of procedures"}


async def test_a_search_in_the_guide_is_kept_in_the_other_language(kiosk: Visitor) -> None:
    text = await (await kiosk.get("/kiosk/guide", params={"q": "résidence & domicile", "for": "request"})).text()
    again = urlsplit(arabic_of(text))
    assert again.path == "/kiosk/guide"
    assert parse_qs(again.query) == {"q": ["résidence & domicile"], "for": ["request"]}


async def test_a_form_that_was_refused_is_asked_for_again_where_it_was(post: Post) -> None:
    refused = await post("/kiosk/sign-in", cnie="1", pin="1")
    assert arabic_of(await refused.text()) == "/kiosk/sign-in"


@pytest.mark.parametrize("typed", ["zzzz", ""])
async def test_the_results_of_a_counters_search_lead_back_to_the_counter(office: Office, typed: str) -> None:
    await hire(office)
    async with at_work(office, "salma") as desk:
        found = await desk.send("/counter", "/counter/search", {"q": typed}, status=200)
        assert arabic_of(await found.text()) == "/counter"


async def test_a_refused_step_leads_back_to_its_request(office: Office) -> None:
    await hire(office)
    async with at_work(office, "salma") as desk:
        address = await file_request(desk, await open_account(desk))
        refused = await desk.send(address, f"{address}/pieces", status=422)
        assert arabic_of(await refused.text()) == address
