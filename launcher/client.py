"""A browser without a window: fetches a page, reads its forms, fills them in and sends them as a person would.

Only what the screens themselves offer can be sent: a form's hidden fields (its CSRF token, the id of its command) go
back as they came, a field that the form does not have is a fault of whoever fills it in. Cookies keep to their path,
redirects are followed, and every page has a time limit.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 30.0  # seconds for one page; the slowest ones check an Argon2 hash or set a PDF, a second at most


class PageMissing(Exception):
    """The server did not answer, or the page does not offer what was looked for."""


@dataclass(slots=True)
class Form:
    """A form of a page: where it is sent, its fields with the values they came with, its buttons and choices.

    `marks` are its `data-` attributes, by which our own modules find it.
    """

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether the form has a field, a choice or a button of that name."""
        return name in self.fields or name in self.choices or name in {button for button, _ in self.buttons}


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: the final address, the status, the body, and for HTML its forms, links and words."""

    url: str
    status: int
    kind: str
    body: bytes
    forms: tuple[Form, ...] = ()
    links: tuple[str, ...] = ()
    words: str = ""

    @property
    def path(self) -> str:
        """The path of the final address."""
        return urlsplit(self.url).path

    def form(self, *, action: str = "", has: str = "", mark: tuple[str, str] | None = None) -> Form:
        """The first form whose action contains `action`, with the field `has` and the mark; PageMissing without one."""
        for form in self.forms:
            if action in form.action and (not has or form.knows(has)) and (not mark or mark in form.marks.items()):
                return form
        offered = ", ".join(form.action for form in self.forms) or "none"
        wanted = " with ".join(part for part in (action, has, *(mark or ())) if part)
        raise PageMissing(f"{self.path} ({self.status}) has no form {wanted}; it offers: {offered}")

    def link(self, part: str) -> str:
        """The first link whose address contains `part`; PageMissing if there is none."""
        for link in self.links:
            if part in link:
                return link
        raise PageMissing(f"{self.path} ({self.status}) has no link to {part}")


class Browser:
    """One person's browser: its cookies, and the pages it fetches from one server."""

    def __init__(self, origin: str, language: str = "fr") -> None:
        self.origin = origin
        self._language = language
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

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

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Page:
        """Send bytes as they are."""
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
        url, status, kind, body, tuple(reader.forms), tuple(reader.links), " ".join(" ".join(reader.words).split())
    )


class _Reader(HTMLParser):
    """Collects forms, links and words; knows just enough of HTML for pages that our own templates make."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._hidden = 0
        self._by_id: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        present = {name for name, _ in attrs}
        form = self._by_id.get(attributes.get("form", ""), self._form)
        match tag:
            case "form":
                marks = {name: value for name, value in attributes.items() if name.startswith("data-")}
                self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower(), marks=marks)
                self.forms.append(self._form)
                self._by_id[attributes.get("id", "")] = self._form
            case "a":
                self.links.append(attributes.get("href", ""))
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
