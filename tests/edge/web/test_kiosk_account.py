"""Opening an account at the kiosk, and looking at it."""

from __future__ import annotations

import pytest

from edge.services import accounts
from edge.services.office import Office
from protocol.office.events import Actor
from tests.edge.web.at_prefecture import read_at_prefecture
from tests.edge.web.support import PERSON, PIN, Post, Visitor, ask_for_residence, open_account

ROOT = "/kiosk/account/new"


async def test_an_account_is_opened_one_question_a_page_and_signs_its_person_in(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    response = await open_account(post)
    assert (response.status, response.headers["Location"]) == (303, "/kiosk/account?new=1")
    text = await (await kiosk.get("/kiosk/account?new=1")).text()
    assert "Fatima Zahra Benali" in text
    assert "FA••••56" in text
    assert "06 •• •• •• 21" in text
    assert "FA123456" not in text
    assert "612345621" not in text
    account = await accounts.sign_in(office, "FA123456", PIN)
    view = await accounts.view(office, account)
    assert (view.birth_date, view.language, view.verified, view.assisted) == ("1987-03-12", "fr", False, False)
    assert "09-08" in view.consent


async def test_nothing_is_asked_before_the_notice_is_agreed_to(kiosk: Visitor, post: Post) -> None:
    response = await kiosk.get(f"{ROOT}/card", allow_redirects=False)
    assert response.headers["Location"] == f"{ROOT}/notice"
    assert "09-08" in await (await kiosk.get(f"{ROOT}/notice")).text()
    refused = await post(f"{ROOT}/notice", consent="no")
    assert refused.status == 422
    assert "Sans votre accord" in await refused.text()


async def test_a_step_opens_only_after_those_before_it(kiosk: Visitor, post: Post) -> None:
    await post(f"{ROOT}/notice", consent="yes")
    for ahead in ("name", "phone"):
        response = await kiosk.get(f"{ROOT}/{ahead}", allow_redirects=False)
        assert response.headers["Location"] == f"{ROOT}/card"
    for end in ("check", "pin"):
        response = await kiosk.get(f"{ROOT}/{end}", allow_redirects=False)
        assert response.headers["Location"] == f"{ROOT}/card"


@pytest.mark.parametrize(
    ("step", "field", "typed"),
    [
        ("card", "cnie", "12"),
        ("card", "cnie", "FA1234\u202e56"),
        ("name", "name_fr", "x" * 500),
        ("birth", "birth_date", "31/02/1987"),
        ("address", "address", ""),
        ("phone", "phone", "12"),
    ],
)
async def test_a_wrong_answer_is_marked_beside_its_field_and_kept(
    kiosk: Visitor, post: Post, step: str, field: str, typed: str
) -> None:
    await post(f"{ROOT}/notice", consent="yes")
    for before in ("card", "name", "birth", "address"):
        if before == step:
            break
        await post(f"{ROOT}/{before}", **PERSON)
    response = await post(f"{ROOT}/{step}", **(PERSON | {field: typed}))
    text = await response.text()
    assert response.status == 422
    assert f'id="error-{field}"' in text
    assert f'aria-describedby="error-{field} hint-{field}"' in text
    assert 'aria-invalid="true"' in text
    assert typed[:10] in text


async def test_a_person_without_a_phone_leaves_it_empty(kiosk: Visitor, post: Post) -> None:
    await open_account(post, phone="")
    assert "aucun" in await (await kiosk.get("/kiosk/account")).text()


@pytest.mark.parametrize(("pin", "again", "field"), [("123456", "123456", "pin"), ("135790", "135791", "pin_again")])
async def test_a_pin_that_will_not_do_is_never_given_back(
    post: Post, office: Office, pin: str, again: str, field: str
) -> None:
    await open_account(post, pin="12")
    response = await post(f"{ROOT}/pin", pin=pin, pin_again=again)
    text = await response.text()
    assert response.status == 422
    assert f'id="error-{field}"' in text
    assert pin not in text


async def test_a_change_after_the_check_leads_back_to_the_check(kiosk: Visitor, post: Post) -> None:
    await open_account(post, pin="12")
    response = await post(f"{ROOT}/address", address="3 rue des Figuiers, Berkane")
    assert response.headers["Location"] == f"{ROOT}/check"
    text = await (await kiosk.get(f"{ROOT}/check")).text()
    assert "Figuiers" in text
    assert "Orangers" not in text


async def test_a_second_claim_on_a_card_is_sent_to_the_counter_and_told_nothing(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    response = await open_account(post, name_fr="Someone Else", name_ar="شخص آخر")
    assert response.status == 409
    text = await response.text()
    assert "Fatima" not in text
    assert (await kiosk.get("/kiosk/account", allow_redirects=False)).status == 303


async def test_the_account_shows_who_looked_at_it(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    account = await accounts.sign_in(office, "FA123456", PIN)
    clerk = Actor(role="clerk", id="bennani", name="S. Bennani", name_ar="س. بناني")
    await accounts.verify_identity(office, office.command(), account, clerk)
    assert "Personne d’autre que vous" in await (await kiosk.get("/kiosk/account")).text()
    await accounts.view(office, account, clerk)
    text = await (await kiosk.get("/kiosk/account")).text()
    assert "S. Bennani" in text
    assert " · un agent du guichet" in text


async def test_the_days_on_which_the_prefecture_looked_show_among_those_who_looked_here(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    await open_account(post)
    account = await accounts.sign_in(office, "FA123456", PIN)
    await read_at_prefecture(office, account, ["2026-11-02", "2026-11-01"], ["2026-11-02"])
    assert "Un agent de la préfecture" not in await (await kiosk.get("/kiosk/account")).text(), "only declared"
    clerk = Actor(role="clerk", id="bennani", name="S. Bennani", name_ar="س. بناني")
    await accounts.verify_identity(office, office.command(), account, clerk)
    await accounts.view(office, account, clerk)
    text = await (await kiosk.get("/kiosk/account")).text()
    found = [text.index(one) for one in ("S. Bennani</b>", "2 novembre 2026", "1 novembre 2026")]
    assert found == sorted(found)
    assert text.count("<b>Un agent de la préfecture</b>") == 2
    await read_at_prefecture(office, account, ["2026-11-03"], segment=b"lookedup")
    assert "3 novembre 2026" in await (await kiosk.get("/kiosk/account")).text(), "the page that was kept is made anew"


async def test_a_declared_account_does_not_show_who_looked_at_it(kiosk: Visitor, post: Post, office: Office) -> None:
    await open_account(post)
    account = await accounts.sign_in(office, "FA123456", PIN)
    await accounts.view(office, account, Actor(role="clerk", id="bennani", name="S. Bennani", name_ar="س. بناني"))
    text = await (await kiosk.get("/kiosk/account")).text()
    assert "S. Bennani" not in text
    assert "Ceci s’affichera ici une fois votre carte vue." in text


async def test_nobody_opens_the_request_of_another(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    receipt = (await ask_for_residence(post)).headers["Location"]
    case = receipt.rsplit("/", 1)[1]
    assert (await kiosk.get(f"/kiosk/account/requests/{case}")).status == 200
    await post("/kiosk/account", "/kiosk/sign-out")
    await open_account(post, cnie="FA654321", name_fr="Ali Idrissi", name_ar="علي الإدريسي")
    for path in (receipt, f"/kiosk/account/requests/{case}", f"/kiosk/account/requests/{case}/receipt.pdf"):
        assert (await kiosk.get(path)).status == 404
    assert (await kiosk.get("/kiosk/account/requests/nonsense")).status == 404
