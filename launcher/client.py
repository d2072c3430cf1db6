"""A browser without a window: fetches a page, reads its forms, fills them in and sends them as a person would.

Only what the screens themselves offer can be sent: a form's hidden fields (its CSRF token, the id of its command) go
back as they came, a field that the form does not have is a fault of whoever fills it in. Cookies keep to their path,
redirects are followed, and every page has a time limit.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie, CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 30.0  # seconds for one page; the slowest ones check an Argon2 hash or set a PDF, a second at most


class PageMissing(Exception):
    """The server did not answer, or the page does not offer what was looked for."""


@dataclass(slots=True)
class Form:
    """A form of a page: where it is sent, its fields with the values they came with, its buttons and choices.

    `kinds` tells each typed field's type ("text", "month", "password"), `longest` how many characters it takes where
    that is limited, `marks` are the form's own `data-` attributes.
    """

    action: str
    method: str
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether the form has a field, a choice or a button of that name."""
        return name in self.fields or name in self.choices or name in {button for button, _ in self.buttons}


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: the final address, the status, the body, and for HTML its forms, links, words and marks.

    `marks` are all `data-` attributes and links ("href") in the order of the page, `titles` each link with its words.
    """

    url: str
    status: int
    kind: str
    body: bytes
    forms: tuple[Form, ...] = ()
    links: tuple[str, ...] = ()
    words: str = ""
    marks: tuple[tuple[str, str], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()

    @property
    def states(self) -> list[str]:
        """The states of requests that the page shows, in its order."""
        return self.marked("data-state")

    def rows(self, part: str) -> dict[str, str]:
        """What is listed, with its state: the last part of each link whose address holds `part`, the state after it."""
        found, last = {}, ""
        for mark, value in self.marks:
            if mark == "href" and part in value:
                last = urlsplit(value).path.rsplit("/", 1)[1]
            elif mark == "data-state" and last:
                found[last], last = value, ""
        return found

    def title(self, part: str) -> str:
        """The words of the links whose address ends with `part`, all of them in one line."""
        return " ".join(words for link, words in self.titles if link.endswith(part))

    def marked(self, name: str) -> list[str]:
        """The values of a `data-` attribute, in the order of the page."""
        return [value for mark, value in self.marks if mark == name]

    @property
    def path(self) -> str:
        """The path of the final address."""
        return urlsplit(self.url).path

    def form(self, *, action: str = "", has: str = "", mark: tuple[str, str] | None = None, id: str = "") -> Form:  # noqa: A002 - HTML's own word
        """The first form whose action contains `action`, the field, the mark and the id; or PageMissing."""
        for form in self.forms:
            fits = action in form.action and id in ("", form.id) and (not has or form.knows(has))
            if fits and (not mark or mark in form.marks.items()):
                return form
        offered = ", ".join(form.action for form in self.forms) or "none"
        wanted = " with ".join(part for part in (action, has, id, *(mark or ())) if part)
        raise PageMissing(f"{self.path} ({self.status}) has no form {wanted}; it offers: {offered}")

    def link(self, part: str) -> str:
        """The first link whose address contains `part`; PageMissing if there is none."""
        for link in self.links:
            if part in link:
                return link
        raise PageMissing(f"{self.path} ({self.status}) has no link to {part}")


class Browser:
    """One person's browser: its cookies, and the pages it fetches from one server."""

    def __init__(self, origin: str, language: str = "fr", watch: Callable[[str], None] = lambda _path: None) -> None:
        """`watch` hears the path of every POST just before it leaves."""
        self.origin = origin
        self._language = language
        self._watch = watch
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        )

    def hold(self, cookies: Mapping[str, str]) -> Browser:
        """Hold cookies from before, as of a screen that was paired; returns itself."""
        host = urlsplit(self.origin).hostname or ""
        for name, value in cookies.items():
            self._jar.set_cookie(_cookie(host, name, value))
        return self

    def cookies(self) -> dict[str, str]:
        """What it holds now, of every path."""
        return {one.name: one.value or "" for one in self._jar}

    def get(self, path: str) -> Page:
        """Fetch a page."""
        return self._fetch(urllib.request.Request(urljoin(self.origin, path)))  # noqa: S310 - our own server's address

    def submit(self, page: Page, form: Form, answers: Mapping[str, str] | None = None, button: str = "") -> Page:
        """Fill in a form and send it; an answer that the form has no field for raises PageMissing."""
        unknown = [name for name in answers or {} if not form.knows(name)]
        if unknown:
            raise PageMissing(f"the form {form.action} of {page.path} has no field {', '.join(unknown)}")
        values = {**form.fields, **(answers or {})}
        values.update(dict([pressed]) if (pressed := _pressed(form, button)) else {})
        target = urljoin(page.url, form.action)
        if form.method == "get":
            return self.get(f"{target}?{urlencode(values)}")
        return self.post(target, urlencode(values).encode(), {"Origin": self.origin})

    def call(self, page: Page, form: Form, values: Mapping[str, str]) -> dict[str, Any]:
        """Send a form as the page's own module does: with values that it made, answered in JSON.

        Raises PageMissing with the server's own sentence where it refuses.
        """
        body = urlencode({**form.fields, **values}).encode()
        answer = self.post(urljoin(page.url, form.action), body, {"Accept": "application/json"})
        try:
            parsed = json.loads(answer.body)
        except ValueError as error:
            raise PageMissing(f"{answer.path} ({answer.status}) answered no JSON") from error
        if answer.status != 200:
            raise PageMissing(f"{answer.path} ({answer.status}): {parsed.get('error')}")
        return dict(parsed)

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Page:
        """Send bytes as they are."""
        self._watch(urlsplit(urljoin(self.origin, path)).path)
        request = urllib.request.Request(  # noqa: S310 - our own server's address
            urljoin(self.origin, path), data=body, headers=dict(headers or {}), method="POST"
        )
        return self._fetch(request)

    def _fetch(self, request: urllib.request.Request) -> Page:
        request.add_header("Accept-Language", self._language)
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return read_page(answer.geturl(), answer.status, answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                kind = refusal.headers.get_content_type()
                return read_page(refusal.geturl(), refusal.code, kind, refusal.read())
        except (OSError, http.client.HTTPException) as error:
            raise PageMissing(f"{urlsplit(request.full_url).path}: no answer ({error})") from error


def _cookie(host: str, name: str, value: str) -> Cookie:
    """A cookie for every path of one host; the jar calls a host without a dot by its name and ".local"."""
    known = host if "." in host else f"{host}.local"
    return Cookie(
        0, name, value, None, False, known, False, False, "/", True, False, None, False, None, None, {}, rfc2109=False
    )


def _pressed(form: Form, button: str) -> tuple[str, str] | None:
    """The name and value that the pressed button adds: the named one, or nothing."""
    for name, value in form.buttons:
        if name and button and button in (name, value):
            return name, value
    return None


def read_page(url: str, status: int, kind: str, body: bytes) -> Page:
    """Parse what came back; only HTML has forms and links."""
    if kind != "text/html":
        return Page(url, status, kind, body)
    reader = _Reader()
    reader.feed(body.decode("utf-8"))
    reader.close()
    return Page(
        url,
        status,
        kind,
        body,
        tuple(reader.forms),
        tuple(reader.links),
        " ".join(" ".join(reader.words).split()),
        tuple(reader.marks),
        tuple((link, " ".join(words)) for link, words in reader.titles),
    )


class _Reader(HTMLParser):
    """Collects forms, links and words; knows just enough of HTML for pages that our own templates make."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.marks: list[tuple[str, str]] = []
        self.titles: list[tuple[str, list[str]]] = []
        self._in_link = False
        self._form: Form | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._hidden = 0
        self._by_id: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        present = {name for name, _ in attrs}
        self.marks += [(name, value) for name, value in attributes.items() if name.startswith("data-")]
        form = self._by_id.get(attributes.get("form", ""), self._form)
        match tag:
            case "form":
                marks = {name: value for name, value in attributes.items() if name.startswith("data-")}
                method, name = attributes.get("method", "get").lower(), attributes.get("id", "")
                self._form = Form(attributes.get("action", ""), method, name, marks=marks)
                self.forms.append(self._form)
                if name:
                    self._by_id[name] = self._form
            case "a":
                link = attributes.get("href", "")
                self.links.append(link)
                self.marks.append(("href", link))
                self.titles.append((link, []))
                self._in_link = True
            case "script" | "style" | "template":
                self._hidden += 1
            case "button" if form is not None:
                form.buttons.append((attributes.get("name", ""), attributes.get("value", "")))
            case "input" if form is not None:
                _note_input(form, attributes, present)
            case "select" if form is not None:
                self._select = attributes.get("name", "")
                form.choices.setdefault(self._select, [])
            case "option" if form is not None and self._select:
                self._note_option(form, attributes, present)
            case "textarea" if form is not None:
                self._area = attributes.get("name", "")
                form.fields[self._area] = ""

    def _note_option(self, form: Form, attributes: Mapping[str, str], present: set[str]) -> None:
        name, value = self._select or "", attributes.get("value", "")
        form.choices[name].append(value)
        if "selected" in present or name not in form.fields:
            form.fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "a":
                self._in_link = False
            case "select":
                self._select = None
            case "textarea":
                self._area = None
            case "script" | "style" | "template":
                self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._form is not None:
            self._form.fields[self._area] += data.removeprefix("\n")
        elif not self._hidden:
            self.words.append(data)
            if self._in_link:
                self.titles[-1][1].extend(data.split())


def _note_input(form: Form, attributes: Mapping[str, str], present: set[str]) -> None:
    name, kind = attributes.get("name", ""), attributes.get("type", "text")
    if kind in ("submit", "image"):
        form.buttons.append((name, attributes.get("value", "")))
    elif kind in ("radio", "checkbox"):
        form.choices.setdefault(name, []).append(attributes.get("value", "on"))
        if "checked" in present:
            form.fields[name] = attributes.get("value", "on")
    elif name:
        form.fields[name] = attributes.get("value", "")
        form.kinds[name] = kind
        if attributes.get("maxlength", "").isdecimal():
            form.longest[name] = int(attributes["maxlength"])
