"""The whole way of residence certificates through one annexe, as steps that act, and then look whether it holds.

Rules:

- Everything is done over HTTP, as the screens offer it, or by our own commands: a journey knows no table and no record.
- A step acts once. Then its question is asked anew of the screens: an act that was answered with "done" and cannot be
  found afterwards is the worst fault that there is, so nothing is believed that was only answered.
- A step can be done again after a crash: `done` says whether it needs to be.
- People alternate between kiosk and counter. The second one is refused, everybody else is granted. The third loses his
  certificate once he has it, and gets a duplicate.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from launcher.acts.admin import Admin
from launcher.acts.authority import Authority
from launcher.acts.counter import Counter
from launcher.acts.kiosk import Filed, Kiosk
from launcher.acts.prefecture import Prefecture
from launcher.client import Browser
from launcher.papers import token_of
from launcher.people import Person, plain
from launcher.processes import Done
from launcher.stage import Person as Agent
from protocol.records.keys import SigningKey

BETWEEN = 0.2  # seconds between two looks at a page that is waited for


class Scene(Protocol):
    """Where a journey is played: a running annexe and prefecture. `Stage` is one."""

    @property
    def edge_url(self) -> str:
        """Where the annexe's screens are."""

    @property
    def centre_url(self) -> str:
        """Where the prefecture's pages are."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """What makes a browser a paired screen of each kind."""

    @property
    def edge_data(self) -> Path:
        """The annexe's data folder."""

    @property
    def centre_data(self) -> Path:
        """The prefecture's data folder."""

    def person(self, role: str) -> Agent:
        """The agent who has a role."""

    def command(self, module: str, *words: str, typed: str = "", may_fail: bool = False) -> Done:
        """Run one of our commands to its end."""


class Broken(Exception):
    """A step did not hold; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a journey: what is done, and whether it was done, both against the screens.

    `commit` is the end of the address whose POST confirms the act, "" where nothing is confirmed.
    """

    name: str
    act: Callable[[], None]
    done: Callable[[], bool] = lambda: True
    commit: str = ""


@dataclass(slots=True)
class Story:
    """One person's way: how he came, what he will be answered, and what he was handed."""

    person: Person
    number: int
    filed: Filed | None = None
    certificate: bytes = b""
    lost: bytes = b""

    @property
    def at_kiosk(self) -> bool:
        """Whether he comes alone to the kiosk; otherwise a clerk helps him."""
        return self.number % 2 == 1

    @property
    def refused(self) -> bool:
        """Whether he will be refused."""
        return self.number == 2

    @property
    def loses(self) -> bool:
        """Whether he will lose his certificate."""
        return self.number == 3

    @property
    def case(self) -> str:
        """The case, as in addresses; Broken before the request was filed."""
        return self._filed().case

    @property
    def reference(self) -> str:
        """The reference on his receipt."""
        return self._filed().reference

    @property
    def end(self) -> str:
        """The state in which his request ends."""
        return "refused" if self.refused else "collected"

    def _filed(self) -> Filed:
        if self.filed is None:
            raise Broken(f"person {self.number} has no request")
        return self.filed


@dataclass(slots=True)
class Journey:
    """The steps of some people through a scene. `papers` is where handed-out certificates are left, or None."""

    scene: Scene
    people: Sequence[Person]
    key: SigningKey
    papers: Path
    patience: float = 60.0
    browser: Callable[[str], Browser] = Browser
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stories: list[Story] = field(init=False)
    kiosk: Kiosk = field(init=False)
    counter: Counter = field(init=False)
    authority: Authority = field(init=False)
    admin: Admin = field(init=False)
    prefecture: Prefecture = field(init=False)

    def __post_init__(self) -> None:
        """Open everybody's browsers."""
        self.stories = [Story(person, number) for number, person in enumerate(self.people, 1)]
        self.kiosk = Kiosk(self._at_edge)
        self.counter = Counter(self._at_edge, self.scene.person("clerk"))
        self.authority = Authority(self._at_edge, self.scene.person("authority"), self.key)
        self.admin = Admin(self._at_edge, self.scene.person("admin"))
        self.prefecture = Prefecture(lambda: self.browser(self.scene.centre_url), self.scene.person("officer"))

    def forget_sessions(self) -> None:
        """The annexe began anew: every sign-in is over."""
        self.counter.forget()
        self.authority.forget()

    def at_annexe(self) -> Iterator[Step]:
        """Everything that needs the annexe alone."""
        yield Step("guide: a search finds the certificate without an account", self._search)
        yield Step("authority: the agent's key is enrolled", self.authority.enrol, self.authority.is_enrolled, "/key")
        for story in self.stories:
            yield from self._arrival(story)
        for story in self.stories:
            yield from self._casework(story)
        for story in self.stories:
            yield from self._answer(story)
        yield Step("receipts: each shows where its request stands", self._check_states)
        yield Step("admin: the page names nobody", self._check_admin)

    def at_prefecture(self) -> Iterator[Step]:
        """What must have arrived, and what verifies there."""
        yield Step("prefecture: every request has arrived, in its last state", lambda: None, self._all_arrived)
        for story in self.stories:
            if not story.refused:
                yield self._verification(story)
            if story.loses:
                yield Step(
                    f"prefecture: the certificate that person {story.number} lost is told void", lambda: None,
                    lambda story=story: self._until(lambda: self._is_void(story)),  # type: ignore[misc]  # the default binds the story
                )  # fmt: skip
        yield Step("annexe: its log verifies from end to end", self._verify_log)

    def references(self) -> list[str]:
        """The references of all requests that were filed."""
        return [story.reference for story in self.stories if story.filed]

    def certificates(self) -> list[str]:
        """Where the certificates that people were handed lie."""
        return [str(self._paper(story)) for story in self.stories if story.certificate]

    def _arrival(self, story: Story) -> Iterator[Step]:
        person, who = story.person, f"person {story.number}"
        if story.at_kiosk:
            kiosk = self.kiosk
            yield Step(
                f"kiosk: {who} opens an account",
                lambda: kiosk.open_account(person), lambda: kiosk.has_account(person), "/account/new/pin",
            )  # fmt: skip
            yield Step(
                f"kiosk: {who} asks for the certificate",
                lambda: kiosk.request(person), lambda: self._has_filed(story), "/check",
            )  # fmt: skip
            yield Step(f"kiosk: {who} has a receipt (PDF)", lambda: _discard(kiosk.receipt(person, story.case)))
            yield Step(f"kiosk: {who} signs out and leaves nothing", lambda: None, lambda: kiosk.leaves_nothing(person))
            return
        counter = self.counter
        yield Step(
            f"counter: the clerk opens an account for {who}",
            lambda: counter.open_account(person), lambda: counter.helped_by(person), "/counter/new-account",
        )  # fmt: skip
        yield Step(
            f"counter: the clerk files a request for {who}",
            lambda: counter.file(person), lambda: self._has_filed(story), "/new-request/residence-autorite-locale",
        )  # fmt: skip

    def _casework(self, story: Story) -> Iterator[Step]:
        counter, who = self.counter, f"person {story.number}"
        outcome = "unfavourable" if story.refused else "favourable"
        yield Step(
            f"counter: the dossier of {who} is complete",
            lambda: counter.complete(story.case), lambda: counter.offers(story.case, "enquiry"), "/pieces",
        )  # fmt: skip
        yield Step(
            f"counter: the enquiry about {who} is entered ({outcome})",
            lambda: counter.enquire(story.case, outcome), lambda: self.authority.waits(story.case), "/enquiry",
        )  # fmt: skip

    def _answer(self, story: Story) -> Iterator[Step]:
        counter, person, who = self.counter, story.person, f"person {story.number}"
        outcome = "refused" if story.refused else "approved"
        yield Step(
            f"authority: {who} is {outcome}, signed with the agent's key",
            lambda: self.authority.decide(story.case, story.reference, person, outcome),
            lambda: counter.state(story.case) == outcome, "/decision",
        )  # fmt: skip
        if not story.refused:
            yield from self._paper_of(story)
        if story.loses:
            yield self._loss(story)
            yield from self._paper_of(story)
        if person.phone:
            yield Step(f"SMS: {who} is told", lambda: None, lambda: self._until(lambda: self._is_told(story)))

    def _paper_of(self, story: Story) -> Iterator[Step]:
        counter, who = self.counter, f"person {story.number}"
        yield Step(
            f"counter: the certificate of {who} is sealed", lambda: None,
            lambda: self._until(lambda: counter.offers(story.case, "ready")),
        )  # fmt: skip
        yield Step(f"counter: the certificate of {who} is fetched (PDF)", lambda: self._fetch(story))
        yield Step(
            f"counter: printed and stamped for {who}",
            lambda: counter.confirm(story.case), lambda: counter.state(story.case) == "ready", "/ready",
        )  # fmt: skip
        yield Step(
            f"counter: handed over to {who}",
            lambda: counter.hand_over(story.case), lambda: counter.state(story.case) == "collected", "/hand-over",
        )  # fmt: skip

    def _loss(self, story: Story) -> Step:
        def lose() -> None:
            story.lost = story.certificate
            self.counter.replace(story.case)

        return Step(
            f"counter: person {story.number} has lost the certificate, a duplicate is made",
            lose, lambda: self.counter.state(story.case) == "approved", "/replace",
        )  # fmt: skip

    def _verification(self, story: Story) -> Step:
        def verify() -> None:
            self._verify(str(self._paper(story)), story)
            self._verify(token_of(story.certificate), story)

        return Step(f"prefecture: the certificate of person {story.number} verifies, file and code", verify)

    def _search(self) -> None:
        self.kiosk.look_up("شهادة السكنى")
        self.kiosk.look_up("residence")

    def _has_filed(self, story: Story) -> bool:
        desk = self.kiosk if story.at_kiosk else self.counter
        found = desk.filed(story.person)
        if len(found) > 1:
            raise Broken(f"{len(found)} requests were filed where one was sent")
        story.filed = found[0] if found else None
        return bool(found)

    def _fetch(self, story: Story) -> None:
        story.certificate = self.counter.certificate(story.case)
        self._paper(story).parent.mkdir(parents=True, exist_ok=True)
        self._paper(story).write_bytes(story.certificate)

    def _paper(self, story: Story) -> Path:
        return self.papers / f"{story.reference}.pdf"

    def _is_told(self, story: Story) -> bool:
        return "sent" in self.admin.messages(story.reference)

    def _check_states(self) -> None:
        for story in self.stories:
            state = self.kiosk.state(story.reference)
            if state != story.end:
                raise Broken(f"{story.reference} is {state!r} and should be {story.end!r}")

    def _check_admin(self) -> None:
        for story in self.stories:
            shown = self.admin.names(story.person)
            if shown:
                raise Broken(f"the page shows {len(shown)} of the data of person {story.number}")

    def _all_arrived(self) -> bool:
        return all(
            self._until(lambda story=story: self.prefecture.state(story.reference) == story.end)  # type: ignore[misc]  # the default binds the story
            for story in self.stories
        )

    def _verify(self, what: str, story: Story) -> None:
        data = str(self.scene.centre_data)
        done = self.scene.command("central", "verify", "--data", data, "--json", what, may_fail=True)
        if done.status != 0:
            raise Broken(f"the prefecture does not recognise its own paper: {(done.err or done.out).strip()}")
        claims, person = json.loads(done.out)["claims"], story.person
        said = (claims["reference"], plain(claims["cnie"]), plain(claims["name_fr"]), plain(claims["name_ar"]))
        if said != (story.reference, plain(person.cnie), plain(person.name_fr), plain(person.name_ar)):
            raise Broken("the prefecture verifies the paper, but it is about another request or person")

    def _is_void(self, story: Story) -> bool:
        """Whether the prefecture says of the lost paper that it counts no more."""
        data = str(self.scene.centre_data)
        done = self.scene.command("central", "verify", "--data", data, "--json", token_of(story.lost), may_fail=True)
        said = json.loads(done.out) if done.out else {}
        if said.get("kind") not in ("ok", "void"):
            raise Broken(f"the prefecture does not recognise a paper of its own: {(done.err or done.out).strip()}")
        return done.status == 1 and said["void"]["cause"] == "replaced" if said["kind"] == "void" else False

    def _verify_log(self) -> None:
        done = self.scene.command("edge", "verify-log", "--data", str(self.scene.edge_data), may_fail=True)
        if done.status != 0:
            raise Broken(f"the log does not verify: {(done.err or done.out).strip()}")

    def _until(self, holds: Callable[[], bool]) -> bool:
        """Look again and again until it holds, as long as patience lasts."""
        end = self.clock() + self.patience
        while not holds():
            if self.clock() >= end:
                return False
            self.sleep(BETWEEN)
        return True

    def _at_edge(self) -> Browser:
        return self.browser(self.scene.edge_url).hold(self.scene.cookies)


def _discard(_pdf: bytes) -> None:
    """A receipt was fetched and read; it holds a person's data, so it is not kept."""
