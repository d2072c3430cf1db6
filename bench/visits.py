"""Visits: browsers at the kiosk of the annexe that is measured, each with its session, some signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlencode

from bench.place import ANSWERS, PIN, PROCEDURE
from launcher.client import Page, PageMissing, read_page
from launcher.pairing import header, of_kind
from launcher.stage import HOST, Stage
from launcher.stage import Person as Agent
from protocol.office.synthetic import Person

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Visit:
    """One browser: `cookie` as it is sent, `csrf` of its session; pages over one connection that stays open."""

    def __init__(self, connection: HTTPConnection, language: str, screens: str, first: str = "/kiosk") -> None:
        """`screens`: the cookies that make it a paired screen, as they are sent."""
        self._connection = connection
        self._language = f"lang={language}; {screens}"
        self.cookie = self._language
        self.csrf = ""
        self._look(first)

    def sign_in(self, person: Person) -> None:
        """Sign in with card and PIN; the session is another one then."""
        self._post("/kiosk/sign-in", {"cnie": person.cnie, "pin": PIN})
        self._look("/kiosk/account")

    def sign_in_agent(self, area: str, agent: Agent) -> None:
        """Sign in with login and password."""
        self._post(f"{area}/sign-in", {"login": agent.login, "password": agent.password, "next": ""})

    def answer_questions(self) -> None:
        """Answer every question of a request, so that it only remains to be sent."""
        for name, answer in ANSWERS.items():
            self._post(f"/kiosk/request/{PROCEDURE}/questions/{name}", {name: answer})

    def submit(self) -> None:
        """Send the request whose questions are answered; it is confirmed when this returns."""
        path = f"/kiosk/request/{PROCEDURE}/check"
        form = self._call("GET", path, None, 200).form(has="command")
        self._post(path, {name: value for name, value in form.fields.items() if name != "csrf"})

    def _look(self, path: str) -> None:
        self.csrf = self._call("GET", path, None, 200).form(has="csrf").fields["csrf"]

    def _post(self, path: str, values: dict[str, str]) -> None:
        self._call("POST", path, urlencode({"csrf": self.csrf, **values}), 303)

    def _call(self, method: str, path: str, body: str | None, expected: int) -> Page:
        headers = {"Cookie": self.cookie, **(FORM if body else {})}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status != expected:
            raise PageMissing(f"{method} {path} was answered {answer.status}, not {expected}")
        for cookie in answer.headers.get_all("Set-Cookie", []):
            if cookie.startswith("mulhaqa="):
                self.cookie = f"{self._language}; {cookie.split(';')[0]}"
        return read_page(path, answer.status, answer.headers.get_content_type(), data)


@contextmanager
def visits(stage: Stage, count: int) -> Iterator[list[Visit]]:
    """Begin `count` visits, every other in French; they can go on while the context lasts."""
    with closing(HTTPConnection(HOST, stage.edge.port, timeout=30)) as connection:
        screen = header(of_kind("kiosk", stage.cookies))
        yield [Visit(connection, ("ar", "fr")[number % 2], screen) for number in range(count)]


def clerk(stage: Stage, area: str, agent: Agent) -> str:
    """Sign an agent in at a screen of the annexe; returns the cookies to send."""
    with closing(HTTPConnection(HOST, stage.edge.port, timeout=30)) as connection:
        visit = Visit(connection, "fr", header(of_kind(area.strip("/"), stage.cookies)), f"{area}/sign-in")
        visit.sign_in_agent(area, agent)
        return visit.cookie
