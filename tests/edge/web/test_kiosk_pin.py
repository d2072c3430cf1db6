"""At the kiosk: the one-time PIN opens one page, one's own PIN changes, a declared account sees its own alone."""

from __future__ import annotations

import pytest

from edge.services import accounts, pins, requests
from edge.services.office import Office
from protocol.office.events import Actor
from tests.edge.web.support import PERSON, PIN, Post, Visitor, ask_for_residence, open_account

CLERK = Actor(role="clerk", id="salma", name="Salma Bennani", name_ar="سلمى بناني")
NEW = "246813"
ANSWERS = {"since": "2021-09", "title": "tenant", "use": ""}


async def someone(post: Post, office: Office) -> bytes:
    """Somebody who opened an account here and went away."""
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    return await accounts.sign_in(office, "FA123456", PIN)


async def newcomer(post: Post, office: Office) -> str:
    """Somebody who signs in with the PIN that the counter gave him; returns that PIN."""
    pin = await pins.give(office, office.command(), await someone(post, office), True, CLERK)
    assert pin is not None
    answer = await post("/kiosk/sign-in", cnie="fa 123456", pin=pin)
    assert (answer.status, answer.headers["Location"]) == (303, "/kiosk/new-pin")
    return pin


async def test_the_pin_of_the_counter_opens_nothing_but_the_choice_of_another(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    await newcomer(post, office)
    for path in ("/kiosk/account", "/kiosk/account/pin", "/kiosk/request/residence-autorite-locale"):
        answer = await kiosk.get(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/kiosk/new-pin")
    refused = await post("/kiosk/new-pin", "/kiosk/account/pin", pin_now=PIN, pin=NEW, pin_again=NEW)
    assert refused.status == 403
    answer = await post("/kiosk/new-pin", pin=NEW, pin_again=NEW)
    assert (answer.status, answer.headers["Location"]) == (303, "/kiosk/account")
    text = await (await kiosk.get("/kiosk/account")).text()
    assert "Vous avez choisi un autre PIN" in text
    assert "Un PIN provisoire vous a été donné" in text
    assert (await kiosk.get("/kiosk/new-pin")).status == 403


async def test_a_newcomer_goes_on_to_what_he_wanted(kiosk: Visitor, post: Post, office: Office) -> None:
    await someone(post, office)
    await kiosk.get("/kiosk/sign-in?next=/kiosk/request/residence-autorite-locale")
    owner = await accounts.sign_in(office, "FA123456", PIN)
    pin = await pins.give(office, office.command(), owner, True, CLERK)
    await post("/kiosk/sign-in", cnie="FA123456", pin=str(pin))
    answer = await post("/kiosk/new-pin", pin=NEW, pin_again=NEW)
    assert answer.headers["Location"] == "/kiosk/request/residence-autorite-locale"


@pytest.mark.parametrize(("pin", "again", "field"), [("111111", "111111", "pin"), (NEW, "246814", "pin_again")])
async def test_a_choice_that_will_not_do_is_told_and_never_given_back(
    post: Post, office: Office, pin: str, again: str, field: str
) -> None:
    await newcomer(post, office)
    answer = await post("/kiosk/new-pin", pin=pin, pin_again=again)
    text = await answer.text()
    assert answer.status == 422
    assert f'id="error-{field}"' in text
    assert pin not in text


async def test_ones_pin_is_changed_on_ones_account_page_once(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    wrong = await post("/kiosk/account/pin", pin_now="908172", pin=NEW, pin_again=NEW)
    assert 'id="error-pin_now"' in await wrong.text()
    again = {"command": "ab" * 16, "pin_now": PIN, "pin": NEW, "pin_again": NEW}
    answers = [await post("/kiosk/account/pin", **again) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {"/kiosk/account?pin=1"}
    assert "Votre PIN est changé." in await (await kiosk.get("/kiosk/account?pin=1")).text()
    owner = await accounts.sign_in(office, "FA123456", NEW)
    assert len((await accounts.view(office, owner)).steps) == 1


async def test_nobody_changes_a_pin_without_signing_in(kiosk: Visitor) -> None:
    for path in ("/kiosk/account/pin", "/kiosk/new-pin"):
        answer = await kiosk.get(path, allow_redirects=False)
        assert answer.headers["Location"].startswith("/kiosk/sign-in")


async def test_a_child_opens_no_account_here(kiosk: Visitor, post: Post) -> None:
    root = "/kiosk/account/new"
    await post(f"{root}/notice", consent="yes")
    await post(f"{root}/card", cnie="FA1")
    await post(f"{root}/name", name_ar=PERSON["name_ar"], name_fr=PERSON["name_fr"])
    answer = await post(f"{root}/birth", birth_date="01/01/2015")
    assert answer.status == 422
    assert "représentant légal" in await answer.text()


async def test_a_declared_account_shows_what_was_entered_through_it(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    own = (await ask_for_residence(post)).headers["Location"].rsplit("/", 1)[1]
    owner = await accounts.sign_in(office, "FA123456", PIN)
    clerks = await requests.submit(office, office.command(), owner, "residence-autorite-locale", ANSWERS, CLERK, "fr")
    text = await (await kiosk.get("/kiosk/account")).text()
    assert own in text
    assert clerks.reference not in text
    assert "une fois votre carte vue" in text
    await accounts.verify_identity(office, office.command(), owner, CLERK)
    text = await (await kiosk.get("/kiosk/account")).text()
    assert clerks.reference in text
    assert "une fois votre carte vue" not in text
