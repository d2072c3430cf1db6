"""The browser without a window, against a small server that notes what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from launcher.client import Browser, Form, PageMissing, read_page

PAGE = """<!doctype html><html><head><title>t</title><script>var words = "never read";</script></head><body>
<form action="/leave" method="post"><button>Leave</button></form>
<form id="sought" action="/search"><input name="q" value="old"></form>
<form action="/send" method="post" data-outcome="approved">
  <input type="hidden" name="csrf" value="c&amp;1"><input type="hidden" name="command" value="00ff">
  <input name="name" value=""><textarea name="note">
first
second</textarea>
  <input type="radio" name="gender" value="f"><input type="radio" name="gender" value="m">
  <input type="checkbox" name="agree" value="yes"><input type="checkbox" name="kept" value="on" checked>
  <select name="month"><option value="1">January</option><option value="2" selected>February</option></select>
  <button name="act" value="later">Later</button><button>Send</button>
</form>
<input name="outside" form="sought" value="by id">
<a href="/next?x=1">Next</a> Bonjour&nbsp;à <b>tous</b></body></html>"""


class Notebook(BaseHTTPRequestHandler):
    """Answers a few addresses and notes every POST."""

    posts: list[tuple[str, dict[str, list[str]], str]]

    def do_GET(self) -> None:
        if self.path == "/gone":
            self._answer(404, "<p>nothing here</p>")
        elif self.path == "/kiosk":
            self._answer(200, PAGE, [("Set-Cookie", "mulhaqa=k; Path=/kiosk; HttpOnly; SameSite=Strict")])
        else:
            self._answer(200, f"<p>seen {self.path} with {self.headers.get('Cookie', 'no cookie')}</p>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.posts.append((self.path, parse_qs(body, keep_blank_values=True), self.headers.get("Origin", "")))
        self.send_response(303)
        self.send_header("Location", "/after")
        self.end_headers()

    def _answer(self, status: int, text: str, headers: list[tuple[str, str]] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers or []:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def server() -> Iterator[tuple[Browser, type[Notebook]]]:
    class Fresh(Notebook):
        posts = []  # noqa: RUF012 - one list a server is what the test wants

    with HTTPServer(("127.0.0.1", 0), Fresh) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Browser(f"http://localhost:{httpd.server_port}"), Fresh
        finally:
            httpd.shutdown()
            thread.join()


def page_form() -> Form:
    return read_page("http://a/", 200, "text/html", PAGE.encode()).form(action="/send")


def test_a_form_comes_with_its_hidden_fields_and_defaults() -> None:
    form = page_form()
    assert form.fields == {
        "csrf": "c&1", "command": "00ff", "name": "", "note": "first\nsecond", "kept": "on", "month": "2",
    }  # fmt: skip
    assert form.choices == {"gender": ["f", "m"], "agree": ["yes"], "kept": ["on"], "month": ["1", "2"]}
    assert form.marks == {"data-outcome": "approved"}


def test_a_field_outside_of_its_form_belongs_to_it_by_id() -> None:
    page = read_page("http://a/", 200, "text/html", PAGE.encode())
    assert page.form(action="/search").fields == {"q": "old", "outside": "by id"}


def test_words_are_what_a_person_reads() -> None:
    page = read_page("http://a/", 200, "text/html", PAGE.encode())
    assert "Bonjour à tous" in page.words
    assert "never read" not in page.words
    assert page.link("/next") == "/next?x=1"


def test_a_form_is_found_by_its_mark_or_said_to_be_missing() -> None:
    page = read_page("http://a/", 200, "text/html", PAGE.encode())
    assert page.form(mark=("data-outcome", "approved")).action == "/send"
    with pytest.raises(PageMissing, match="no form data-outcome with refused"):
        page.form(mark=("data-outcome", "refused"))


def test_a_sent_form_carries_what_it_came_with_and_what_was_typed(server: tuple[Browser, type[Notebook]]) -> None:
    browser, notebook = server
    page = browser.get("/kiosk")
    after = browser.submit(page, page.form(action="/send"), {"name": "Aïcha", "gender": "f"}, button="later")
    path, values, origin = notebook.posts[0]
    assert path == "/send"
    assert origin == browser.origin
    assert values == {
        "csrf": ["c&1"], "command": ["00ff"], "name": ["Aïcha"], "note": ["first\nsecond"], "gender": ["f"],
        "kept": ["on"], "month": ["2"], "act": ["later"],
    }  # fmt: skip
    assert after.path == "/after"


def test_a_field_that_the_form_does_not_have_cannot_be_sent(server: tuple[Browser, type[Notebook]]) -> None:
    browser, notebook = server
    page = browser.get("/kiosk")
    with pytest.raises(PageMissing, match="has no field role"):
        browser.submit(page, page.form(action="/send"), {"role": "admin"})
    assert notebook.posts == []


def test_a_search_form_is_fetched(server: tuple[Browser, type[Notebook]]) -> None:
    browser, _ = server
    page = browser.get("/kiosk")
    assert "seen /search?q=residence" in browser.submit(page, page.form(action="/search"), {"q": "residence"}).words


def test_cookies_keep_to_their_path(server: tuple[Browser, type[Notebook]]) -> None:
    browser, _ = server
    browser.get("/kiosk")
    assert "no cookie" in browser.get("/counter").words
    assert "mulhaqa=k" in browser.get("/kiosk/guide").words


def test_a_refusal_is_a_page_like_any_other(server: tuple[Browser, type[Notebook]]) -> None:
    page = server[0].get("/gone")
    assert page.status == 404
    assert page.words == "nothing here"


def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(PageMissing, match=r"/kiosk: no answer"):
        Browser("http://localhost:9").get("/kiosk")
