"""A small site of two areas under all the middlewares: what a browser sees, and what a log does not."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from protocol.errors import CallerError, PersonError, PersonErrors
from screens import pages, security
from screens.access_log import READS, SLOW_S, worth_a_line
from screens.forms import command_of, read_form
from screens.pages import Area

LAYOUT = """{% extends "base.html" %}{% block page %}
<h1>{{ _("Sign in") }}</h1>
{% block heading %}{% endblock %}<form method="post">{{ hidden() }}</form>
{% block main %}{% endblock %}{% block action %}{% endblock %}{% endblock %}"""

Browser = TestClient[Any, Any]


class Clock:
    ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


async def page(request: web.Request) -> web.Response:
    return pages.render(request, "layout.html")


async def keep(request: web.Request) -> web.Response:
    values = await read_form(request)
    command_of(values)
    return web.json_response(values | {"principal": pages.session_of(request).principal})


async def enter(request: web.Request) -> web.Response:
    request.app[pages.SITE].sessions.sign_in(pages.session_of(request), "someone")
    raise web.HTTPSeeOther("/desk")


async def leave(request: web.Request) -> web.Response:
    request.app[pages.SITE].sessions.close(pages.session_of(request))
    raise web.HTTPSeeOther("/desk")


async def fail(request: web.Request) -> web.Response:
    match request.match_info["how"]:
        case "person":
            raise PersonError("This address is too long. Go back to the first page.", status=409)
        case "fields":
            raise PersonErrors([PersonError("received", field="cnie", status=422)])
        case "ours":
            raise CallerError("the contract of a function was broken")
    raise ValueError("FA123456 typed by Fatima")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def browser(tmp_path: Path, clock: Clock) -> AsyncIterator[Browser]:
    (tmp_path / "layout.html").write_text(LAYOUT)
    app = web.Application(client_max_size=security.LARGEST_FORM)
    security.install(app)
    areas = [Area("desk", "layout.html", 60_000, "/desk"), Area("hall", "layout.html", 60_000, "/hall")]
    counter = iter(range(1, 10_000))
    pages.setup(
        app,
        areas=areas,
        folders=[tmp_path],
        now=clock,
        entropy=lambda n: next(counter).to_bytes(n, "big"),
        context=lambda _request: {},
    )
    app.router.add_get("/desk", page)
    app.router.add_post("/desk", keep)
    app.router.add_post("/desk/enter", enter)
    app.router.add_post("/desk/leave", leave)
    app.router.add_get("/desk/people/{how}", fail)
    app.router.add_get("/hall", page)
    async with TestClient(TestServer(app), cookies={"lang": "fr"}) as client:
        yield client


async def hidden(browser: Browser) -> dict[str, str]:
    text = await (await browser.get("/desk")).text()
    return dict(re.findall(r'name="(csrf|command)" value="([0-9a-f]+)"', text))


async def test_every_answer_carries_the_security_headers(browser: Browser) -> None:
    for path in ("/desk", "/nowhere", "/static/mulhaqa.css"):
        response = await browser.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


async def test_pages_are_never_stored_and_static_files_are_asked_for_again(browser: Browser) -> None:
    assert (await browser.get("/desk")).headers["Cache-Control"] == "no-store"
    assert (await browser.get("/desk/people/broken")).headers["Cache-Control"] == "no-store"
    assert (await browser.get("/static/mulhaqa.css")).headers["Cache-Control"] == "no-cache"


async def test_the_cookie_is_strict_out_of_reach_of_scripts_and_of_its_area_alone(browser: Browser) -> None:
    cookie = (await browser.get("/desk")).cookies["mulhaqa"]
    assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == ("/desk", "Strict", True)
    assert len(cookie.value) == 64
    assert "mulhaqa" in (await browser.get("/hall")).cookies


async def test_a_form_with_its_token_is_taken(browser: Browser) -> None:
    response = await browser.post("/desk", data={**await hidden(browser), "text": " typed "})
    assert (response.status, (await response.json())["text"]) == (200, "typed")


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
async def test_a_form_with_a_wrong_token_is_refused(browser: Browser, token: str) -> None:
    response = await browser.post("/desk", data={**await hidden(browser), "csrf": token})
    assert response.status == 403
    assert "ne vient pas de cet écran" in await response.text()


async def test_a_form_from_another_site_is_refused_even_with_its_token(browser: Browser) -> None:
    response = await browser.post("/desk", data=await hidden(browser), headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status == 403


async def test_a_form_without_a_command_is_refused(browser: Browser) -> None:
    response = await browser.post("/desk", data={**await hidden(browser), "command": "twice"})
    assert response.status == 422


async def test_a_token_of_before_the_sign_in_is_worth_nothing_after_it(browser: Browser) -> None:
    fields = await hidden(browser)
    await browser.post("/desk/enter", data=fields)
    assert (await browser.post("/desk", data=fields)).status == 403
    fresh = await hidden(browser)
    assert (await (await browser.post("/desk", data=fresh)).json())["principal"] == "someone"


async def test_after_idling_a_form_is_told_that_the_session_is_over(browser: Browser, clock: Clock) -> None:
    fields = await hidden(browser)
    clock.ms += 60_000
    response = await browser.post("/desk", data=fields)
    assert response.status == 401
    assert "Votre session est terminée" in await response.text()


async def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(browser: Browser, clock: Clock) -> None:
    fields = await hidden(browser)
    clock.ms += 40_000
    await browser.get("/desk", headers={"X-Live": "1"})
    clock.ms += 20_000
    assert (await browser.post("/desk", data=fields)).status == 401


async def test_signing_out_takes_the_cookie_back_and_ends_the_session_at_the_server(browser: Browser) -> None:
    await browser.post("/desk/enter", data=await hidden(browser))
    stolen = {cookie.key: cookie.value for cookie in browser.session.cookie_jar if cookie["path"] == "/desk"}
    response = await browser.post("/desk/leave", data=await hidden(browser), allow_redirects=False)
    assert response.cookies["mulhaqa"].value == ""
    again = await browser.get("/desk", headers={"Cookie": f"mulhaqa={stolen['mulhaqa']}"})
    assert again.cookies["mulhaqa"].value != stolen["mulhaqa"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Cette page n’existe pas"),
        ("/desk/people/person", 409, "adresse est trop longue"),
        ("/desk/people/fields", 422, "reçue"),
        ("/desk/people/broken", 500, "Un problème est survenu de notre côté"),
        ("/desk/people/ours", 500, "Un problème est survenu de notre côté"),
    ],
)
async def test_each_error_is_a_sentence_with_its_status(browser: Browser, path: str, status: int, words: str) -> None:
    response = await browser.get(path)
    text = await response.text()
    assert response.status == status
    assert words in text
    assert 'lang="fr"' in text


async def test_the_last_resort_is_the_sentence_alone(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("{{ what_nobody_gave }}")
    response = await browser.get("/desk/people/broken")
    assert response.status == 500
    assert (await response.text()).startswith("Un problème est survenu de notre côté")


async def test_our_own_modules_get_the_sentence_as_json(browser: Browser) -> None:
    response = await browser.get("/desk/people/fields", headers={"Accept": "application/json"})
    assert response.status == 422
    assert (await response.json())["errors"] == {"cnie": "reçue"}


async def test_a_wrong_method_says_which_are_right(browser: Browser) -> None:
    response = await browser.post("/hall", data=await hidden(browser))
    assert response.status in (403, 405)
    response = await browser.request("PROPFIND", "/desk/people/person")
    assert response.status in (403, 405)


async def test_a_flood_of_bytes_is_refused_in_words(browser: Browser) -> None:
    flood = FormData({**await hidden(browser), "text": "x" * (security.LARGEST_FORM + 1)})
    response = await browser.post("/desk", data=flood)
    assert response.status == 413
    assert "trop volumineux" in await response.text()


PART = '--b\r\nContent-Disposition: form-data; name="csrf"\r\n{}\r\n\r\nx\r\n--b--\r\n'
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("token", ["", "X-CSRF"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"text=\xff\xfe"),
        (f"{FORM}; charset=nonsense", b"text=x"),
        ("multipart/form-data", b"text=x"),
        (PARTS, b"text=x"),
        (PARTS, b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nx'),
        (PARTS, b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n"),
        (PARTS, PART.format("Content-Type: text/plain; charset=nonsense").encode()),
        (PARTS, PART.format("Content-Transfer-Encoding: nonsense").encode()),
    ],
)
async def test_bytes_that_are_no_form_are_refused_in_words(
    browser: Browser, content_type: str, body: bytes, token: str
) -> None:
    headers = {"Content-Type": content_type} | ({token: (await hidden(browser))["csrf"]} if token else {})
    response = await browser.post("/desk", data=body, headers=headers)
    assert response.status == 400
    assert "n’a pas pu être compris" in html.unescape(await response.text())


async def test_a_body_that_does_not_decompress_is_refused_in_words(browser: Browser) -> None:
    headers = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    response = await browser.post("/desk", data=b"not gzip", headers=headers)
    assert response.status == 400


@pytest.mark.parametrize(("method", "path", "status"), [("PUT", "/desk", 405), ("POST", "/desk/nowhere", 404)])
async def test_what_leads_nowhere_says_so_before_it_asks_for_a_token(
    browser: Browser, method: str, path: str, status: int
) -> None:
    response = await browser.request(method, path)
    assert response.status == status


async def test_an_endless_address_is_refused_in_words(browser: Browser) -> None:
    response = await browser.get("/desk?q=" + "x" * security.LONGEST_PATH)
    assert response.status == 414


async def test_a_language_is_kept_in_a_cookie_and_leads_back_to_this_site_alone(browser: Browser) -> None:
    response = await browser.get("/lang/ar?next=/hall", allow_redirects=False)
    assert (response.headers["Location"], response.cookies["lang"].value) == ("/hall", "ar")
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "hall"):
        response = await browser.get("/lang/fr", params={"next": elsewhere}, allow_redirects=False)
        assert response.headers["Location"] == "/"
    assert (await browser.get("/lang/en")).status == 404


async def test_logs_hold_patterns_and_frames_but_nothing_that_was_typed(browser: Browser) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        await browser.get("/desk/people/FA123456?name=Fatima")
        await browser.get("/FA123456")
    told = repr(lines)
    assert [line["route"] for line in lines if line["event"] == "request"] == ["/desk/people/{how}", "unmatched"]
    assert "FA123456" not in told
    assert "Fatima" not in told
    failure = next(line for line in lines if line["event"] == "request failed")
    assert failure["error"] == ["ValueError"]
    assert any(frame.endswith(" fail") for frame in failure["traceback"])


async def test_what_was_only_read_is_counted_and_what_was_sent_has_a_line(browser: Browser) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        await browser.get("/desk")
        await browser.get("/desk")
        await browser.post("/desk/enter", data={"csrf": "forged"})
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [("POST", "/desk/enter", 403)]
    assert browser.app is not None
    assert browser.app[READS] == {"/desk": 2}


@pytest.mark.parametrize(
    ("method", "status", "seconds"),
    [("POST", 303, 0.01), ("PURGE", 405, 0.01), ("GET", 404, 0.01), ("GET", 500, 0.01), ("GET", 200, SLOW_S)],
)
def test_what_changed_was_refused_broke_or_kept_somebody_waiting_has_a_line(
    method: str, status: int, seconds: float
) -> None:
    assert worth_a_line(method, status, seconds)
    assert not worth_a_line("GET", 303, 0.99 * SLOW_S)
