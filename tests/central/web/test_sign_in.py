"""Who gets in at the prefecture, and who does not."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from central.passwords import ALLOWED, LOCKED_MS
from central.prefecture import Prefecture
from screens.security import COOKIE
from tests.central.web.support import PASSWORD, Visitor, hidden, sign_in

PAGES = ("/prefecture", "/prefecture/requests", "/prefecture/requests/berkane-05/x", "/prefecture/catalogue")


@pytest.mark.parametrize("page", PAGES)
async def test_nobody_sees_a_page_without_signing_in_and_comes_back_to_it(visitor: Visitor, page: str) -> None:
    answer = await visitor.get(page, allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == f"/prefecture/sign-in?next={page}"
    assert (await sign_in(visitor, to=page)).headers["Location"] == page


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/verify", "/prefecturex", "\\x"])
async def test_nobody_is_led_elsewhere_after_signing_in(visitor: Visitor, elsewhere: str) -> None:
    assert (await sign_in(visitor, to=elsewhere)).headers["Location"] == "/prefecture"


async def test_what_is_posted_without_signing_in_is_refused_in_words(visitor: Visitor) -> None:
    form = hidden(await (await visitor.get("/prefecture/sign-in")).text())
    answer = await visitor.post("/prefecture/requests", data={**form, "reference": "B05-7K3MQ-2X9RT"})
    assert answer.status == 401
    assert "session" in await answer.text()


async def test_live_updates_are_for_those_who_signed_in(visitor: Visitor) -> None:
    answer = await visitor.get("/prefecture/live?topics=annexes", allow_redirects=False)
    assert answer.status == 303


@pytest.mark.parametrize(("login", "password"), [("karim", "wrong"), ("nobody", PASSWORD), ("", ""), ("K!", "x" * 500)])
async def test_a_wrong_login_and_a_wrong_password_give_the_same_sentence(
    visitor: Visitor, login: str, password: str
) -> None:
    answer = await sign_in(visitor, password, login)
    page = await answer.text()
    assert answer.status == 401
    assert "ne correspondent pas" in page
    assert PASSWORD not in page


async def test_a_login_is_locked_after_failures_and_opens_again(prefecture: Prefecture, visitor: Visitor) -> None:
    for _ in range(ALLOWED):
        assert (await sign_in(visitor, "wrong")).status == 401
    assert (await sign_in(visitor)).status == 429
    prefecture.centre.now.ms += LOCKED_MS  # type: ignore[attr-defined]  # the tests' clock has a hand
    assert (await sign_in(visitor)).status == 303


async def test_an_address_that_tries_many_logins_is_stopped_too(visitor: Visitor) -> None:
    answers = [(await sign_in(visitor, "wrong", f"login{number}")).status for number in range(31)]
    assert answers == [401] * 30 + [429]


async def test_guesses_sent_at_once_pass_no_more_than_one_by_one(visitor: Visitor) -> None:
    form = hidden(await (await visitor.get("/prefecture/sign-in")).text())
    guesses = [{**form, "login": "karim", "password": f"wrong {number}"} for number in range(ALLOWED + 10)]
    answers = await asyncio.gather(*(visitor.post("/prefecture/sign-in", data=guess) for guess in guesses))
    assert [answer.status for answer in answers].count(401) == ALLOWED
    assert (await sign_in(visitor)).status == 429


async def test_a_session_ends_when_nobody_is_there_and_says_so(prefecture: Prefecture, officer: Visitor) -> None:
    prefecture.centre.now.ms += 15 * 60_000  # type: ignore[attr-defined]  # the tests' clock has a hand
    answer = await officer.get("/prefecture/requests")
    assert answer.status == 401
    assert str(answer.url).endswith("/prefecture/sign-in?next=/prefecture/requests&over=1")


async def test_signing_out_leaves_nothing(officer: Visitor) -> None:
    form = hidden(await (await officer.get("/prefecture")).text())
    answer = await officer.post("/prefecture/sign-out", data=form, allow_redirects=False)
    assert answer.headers["Clear-Site-Data"]
    assert (await officer.get("/prefecture", allow_redirects=False)).status == 303


async def test_a_sign_in_draws_a_new_session(visitor: Visitor) -> None:
    first = (await visitor.get("/prefecture/sign-in")).cookies[COOKIE]
    second = (await sign_in(visitor)).cookies[COOKIE]
    assert first.value != second.value
    assert second["path"] == "/prefecture"
    assert second["httponly"]
    assert second["samesite"] == "Strict"


async def test_logs_name_routes_and_nobody(officer: Visitor) -> None:
    with capture_logs() as lines:
        await officer.get("/prefecture/requests/berkane-05/aaaaaaaaaaaaaaaaaaaaaaaaaa?annexe=x")
        await sign_in(officer, "wrong", "karim")
    text = repr(lines)
    assert "/prefecture/requests/{annexe}/{case}" in text
    assert "karim" not in text
    assert "aaaaaa" not in text


async def test_a_form_is_held_to_a_forms_size(officer: Visitor) -> None:
    form = hidden(await (await officer.get("/prefecture/requests")).text())
    answer = await officer.post("/prefecture/requests", data={**form, "reference": "x" * 70_000})
    assert answer.status == 413
