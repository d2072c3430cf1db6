"""The kiosk without an account: doors, guide, procedures, following by receipt, calling someone, leaving."""

from __future__ import annotations

import pytest
from aiohttp import web

from edge.services.office import Office
from edge.web import application, signed_in
from edge.web import kiosk as kiosk_screen
from protocol.errors import CallerError
from protocol.office import references
from tests.edge.web.support import PERSON, PIN, Clock, Post, Visitor, ask_for_residence, open_account


async def body(visitor: Visitor, path: str, status: int = 200) -> str:
    response = await visitor.get(path)
    text: str = await response.text()
    assert response.status == status, text
    return text


async def test_the_first_page_offers_four_doors_and_what_people_ask_for(kiosk: Visitor) -> None:
    text = await body(kiosk, "/kiosk")
    for door in ("/kiosk/guide?for=request", "/kiosk/follow", "/kiosk/guide", "/kiosk/account"):
        assert f'href="{door}"' in text
    assert "Certificat de résidence" in text
    assert "<script>" not in text
    assert " style=" not in text


async def test_it_speaks_arabic_until_told_otherwise(kiosk: Visitor) -> None:
    kiosk.session.cookie_jar.clear(lambda cookie: cookie.key == "lang")
    text = await body(kiosk, "/kiosk")
    assert '<html lang="ar" dir="rtl"' in text
    assert "مرحبا، بماذا نساعدك؟" in text
    await kiosk.get("/lang/zgh?next=/kiosk")
    text = await body(kiosk, "/kiosk")
    assert "ⵙⴼⵍⴷ" in text
    isolated = '<span dir="auto">ⴰⵏⵙⵓⴼ, ⵎⴰⵎⴽ ⵔⴰⴷ ⴰⴽ ⵏⴰⵡⵙ?</span>'  # or its mark would stand before its first word
    assert isolated in text


@pytest.mark.parametrize("typed", ["residanse", "certificat résidence", "السكني", "domicile"])
async def test_the_search_forgives_spelling(kiosk: Visitor, typed: str) -> None:
    response = await kiosk.get("/kiosk/guide", params={"q": typed})
    assert "/kiosk/procedures/residence-autorite-locale" in await response.text()


async def test_a_search_without_an_answer_says_so(kiosk: Visitor) -> None:
    response = await kiosk.get("/kiosk/guide", params={"q": "<script>passeport"})
    text = await response.text()
    assert "Le guide ne contient rien sous ces mots" in text
    assert "<script>p" not in text


async def test_a_procedure_shows_what_is_known_and_what_is_to_be_confirmed(kiosk: Visitor) -> None:
    text = await body(kiosk, "/kiosk/procedures/residence-autorite-locale")
    for words in (
        "Délivré par cette annexe",
        "à confirmer",
        "60 jours au plus",
        "3 mois",
        "Enquête de quartier",
        "55-19",
    ):
        assert words in text
    assert "/kiosk/request/residence-autorite-locale" in text


@pytest.mark.parametrize(
    ("procedure", "words"),
    [("residence-police", "arrondissement de police"), ("vie-individuelle", "Une déclaration sur l’honneur suffit")],
)
async def test_what_is_not_delivered_here_says_what_to_do_instead(kiosk: Visitor, procedure: str, words: str) -> None:
    text = await body(kiosk, f"/kiosk/procedures/{procedure}")
    assert words in text
    assert "/kiosk/request/" not in text


async def test_an_unknown_procedure_is_a_page_that_leads_back(kiosk: Visitor) -> None:
    assert "Revenir à la première page" in await body(kiosk, "/kiosk/procedures/nothing", 404)


async def test_a_reference_opens_its_state_and_nothing_else(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    receipt = await kiosk.get((await ask_for_residence(post)).headers["Location"])
    reference = next(part for part in (await receipt.text()).split('<bdi dir="ltr">')[1:] if part.startswith("B05-"))[
        :15
    ]
    await post("/kiosk/account", "/kiosk/sign-out")
    found = await post("/kiosk/follow", reference=reference.lower().replace("-", " "))
    assert (found.status, found.headers["Location"]) == (303, f"/kiosk/follow/{reference}")
    text = await body(kiosk, f"/kiosk/follow/{reference}")
    assert "enquête de quartier" in text or "reçue" in text
    for private in ("Benali", "بنعلي", "123456", "résidence", "Orangers"):
        assert private not in text


async def test_a_slip_in_a_reference_is_marked_beside_the_field(post: Post) -> None:
    response = await post("/kiosk/follow", reference="B05-7K3MQ-2X9RX")
    text = await response.text()
    assert response.status == 422
    assert 'aria-describedby="error-reference hint-reference"' in text
    assert 'value="B05-7K3MQ-2X9RX"' in text


async def test_guessing_references_ends_with_a_pause(kiosk: Visitor, office: Office, clock: Clock) -> None:
    for _ in range(20):
        assert (await kiosk.get(f"/kiosk/follow/{references.draw('B05', office.entropy)}")).status == 404
    assert (await kiosk.get(f"/kiosk/follow/{references.draw('B05', office.entropy)}")).status == 429
    clock.ms += 10 * 60_000
    assert (await kiosk.get(f"/kiosk/follow/{references.draw('B05', office.entropy)}")).status == 404


async def test_calling_someone_rings_at_the_counter_without_saying_who(
    kiosk: Visitor, post: Post, office: Office
) -> None:
    with office.announcer.subscribe(["calls"]) as heard:
        response = await post("/kiosk/guide", "/kiosk/call", back="/kiosk/follow/B05-7K3MQ-2X9RT")
        assert "Quelqu’un arrive" in await response.text()
        assert await heard.next() == "calls"
    (call,) = office.calls.waiting(office.now())
    assert (call.page, call.language) == ("following a request", "fr")
    office.calls.answered(call.number)
    assert office.calls.waiting(office.now()) == []


async def test_ringing_again_and_again_is_refused_kindly(post: Post) -> None:
    for _ in range(6):
        assert (await post("/kiosk", "/kiosk/call", back="/kiosk")).status == 200
    assert (await post("/kiosk", "/kiosk/call", back="/kiosk")).status == 429


async def test_wrong_pins_lock_the_card_and_keep_the_number_but_never_the_pin(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    for _ in range(5):
        response = await post("/kiosk/sign-in", cnie=PERSON["cnie"], pin="246802")
        text = await response.text()
        assert response.status == 401
        assert 'value="fa 123456"' in text
        assert "246802" not in text
    assert (await post("/kiosk/sign-in", cnie=PERSON["cnie"], pin=PIN)).status == 429


async def test_an_unknown_card_is_refused_with_the_same_words_as_a_wrong_pin(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    await post("/kiosk/account", "/kiosk/sign-out")
    answers = []
    for cnie in ("FA123456", "FA999999"):
        response = await post("/kiosk/sign-in", cnie=cnie, pin="246802")
        text = await response.text()
        answers.append((response.status, text[text.index('id="error-pin"') :][:300]))
    assert answers[0] == answers[1]


async def test_signing_out_leaves_nothing_behind(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    stolen = next(cookie.value for cookie in kiosk.session.cookie_jar if cookie.key == "mulhaqa")
    response = await post("/kiosk/account", "/kiosk/sign-out")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert response.headers["Location"].startswith("/kiosk")
    for cookies in ({}, {"Cookie": f"mulhaqa={stolen}; lang=fr"}):
        again = await kiosk.get("/kiosk/account", headers=cookies, allow_redirects=False)
        assert again.status == 303
        assert again.headers["Location"].startswith("/kiosk/sign-in")


async def test_ninety_idle_seconds_end_the_session_and_its_drafts_at_the_server(
    kiosk: Visitor, post: Post, clock: Clock
) -> None:
    await open_account(post)
    clock.ms += 89_000
    assert (await post("/kiosk/account", "/kiosk/stay")).status == 204
    clock.ms += 89_000
    assert "Fatima" in await body(kiosk, "/kiosk/account")
    clock.ms += 90_000
    assert "Fatima" not in await body(kiosk, "/kiosk/account")
    assert "Fatima" not in await body(kiosk, "/kiosk/account/new/check")


async def test_the_page_that_times_out_by_itself_kills_the_session_too(kiosk: Visitor, post: Post) -> None:
    await open_account(post)
    response = await kiosk.get("/kiosk/ended", allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, "/kiosk")
    assert "Clear-Site-Data" in response.headers
    assert "Fatima" not in await body(kiosk, "/kiosk/account")


async def test_the_next_person_finds_the_kiosk_in_the_annexes_own_language(kiosk: Visitor) -> None:
    french = await kiosk.get("/kiosk")
    assert french.headers["Refresh"] == "90; url=/kiosk/ended", "nobody is signed in, and still it goes back"
    ended = await kiosk.get("/kiosk/ended", allow_redirects=False)
    assert ended.cookies["lang"]["max-age"] == "0"
    kiosk.session.cookie_jar.clear(lambda cookie: cookie.key == "lang")
    arabic = await kiosk.get("/kiosk")
    assert '<html lang="ar" dir="rtl"' in await arabic.text()
    assert "Refresh" not in arabic.headers


async def test_every_route_of_the_kiosk_says_whom_it_is_for(office: Office) -> None:
    own = ("/kiosk/account", "/kiosk/request", "/kiosk/receipt")
    for route in kiosk_routes(office):
        access = signed_in.access_of(route.handler)
        assert access is not None
        private = route.path.startswith(own) and not route.path.startswith("/kiosk/account/new")
        assert (access.roles == frozenset({"citizen"})) == private, route.path


def kiosk_routes(office: Office) -> list[web.RouteDef]:
    return kiosk_screen.routes(office)


def test_a_route_that_does_not_say_is_refused_when_the_application_is_built() -> None:
    async def unmarked(_request: web.Request) -> web.Response:
        return web.Response()

    with pytest.raises(CallerError, match="does not say who may open it"):
        application.add(web.Application(), [web.get("/kiosk/secret", unmarked)])


async def test_a_stream_names_what_changed_to_those_who_may_hear_it(kiosk: Visitor, office: Office) -> None:
    assert (await kiosk.get("/kiosk/live?topics=outbox,devices")).status == 403
    response = await kiosk.get("/kiosk/live?topics=cases,outbox", headers={"Accept": "text/event-stream"})
    assert response.content_type == "text/event-stream"
    assert await response.content.readuntil(b"\n\n") == b"retry: 3000\n\n"
    office.announcer.publish(["outbox", "cases"])
    assert await response.content.readuntil(b"\n\n") == b"event: changed\ndata: cases\n\n"
    response.close()
