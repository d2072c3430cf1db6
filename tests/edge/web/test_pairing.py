"""The door: a device that is no paired screen reaches the pairing page alone, and a removed one is out at once."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.services import invitations, pairing, requests
from edge.services.invited import Pairing
from edge.services.known_screens import screen_id, token_hash
from edge.services.office import SYSTEM, Office
from edge.web import application
from edge.web.paired import cookie_of
from edge.web.screen_routes import HOMES, OPEN
from edge.web.signed_in import LIMITS
from protocol.records.hashing import subject_from_text
from screens import pages
from screens.limits import PAIRING, PAIRING_ALL
from tests.edge.web.paired import held, secret_of
from tests.edge.web.staff import Desk, at_work, file_request, hire, open_account, visiting
from tests.edge.web.support import Clock, Visitor

PAGE = "/admin/screens"
FILLED = {"reference": "B05-7K3MQ-2X9RT", "id": "x", "step": "card", "kind": "kiosk", "code": "fr"}
DAY = 24 * 3600 * 1000


@pytest.fixture
async def supervisor(office: Office) -> AsyncIterator[Desk]:
    """At the administration's screen of a whole office."""
    await hire(office)
    async with visiting(application.build(office)) as client:
        yield await Desk(client).sign_in("nadia")


@pytest.fixture
async def device(supervisor: Desk) -> AsyncIterator[Desk]:
    """A browser that nobody knows, at the same appliance, in French."""
    client: Visitor = TestClient(supervisor.client.server, cookies={"lang": "fr"})
    yield Desk(client)
    await client.session.close()


def routes(app: web.Application) -> list[tuple[str, str]]:
    """Method and path of everything that is served, but what any device may open."""
    found = []
    for route in app.router.routes():
        pattern = "" if route.resource is None else route.resource.canonical
        if pattern not in OPEN:
            found.append((route.method, re.sub(r"{(\w+)}", lambda name: FILLED.get(name[1], "ab"), pattern)))
    return found


async def where(desk: Desk, path: str) -> str:
    """Where a browser is sent that asks for a page; the path itself where it is shown."""
    answer = await desk.client.get(path, allow_redirects=False)
    sent: str = answer.headers["Location"] if answer.status == 303 else path
    return sent


async def invite(supervisor: Desk, kind: str = "counter", name: str = "Guichet 2") -> str:
    """Make a code on the page; the code."""
    await supervisor.send(PAGE, f"{PAGE}/invite", {"kind": kind, "name": name})
    codes: list[str] = re.findall(r"data-code>([^<]+)<", await supervisor.read(PAGE))
    return codes[-1]


async def answer(supervisor: Desk, what: str = "confirm", status: int = 303) -> None:
    """Answer the one device that waits."""
    await supervisor.send(PAGE, f"{PAGE}/{what}", status=status)


async def pair(supervisor: Desk, device: Desk, kind: str = "counter", name: str = "Guichet 2") -> None:
    await device.send("/pair", "/pair", {"code": await invite(supervisor, kind, name)})
    await answer(supervisor)


def app_of(desk: Desk) -> web.Application:
    app: web.Application | None = desk.client.app
    assert app is not None
    return app


def screen_of(desk: Desk, kind: str) -> str:
    """The id of the screen that a browser is."""
    cookies = {one.key: one.value for one in desk.client.session.cookie_jar}
    return screen_id(token_hash(cookies[f"screen-{kind}"])).hex()


async def test_a_device_that_nobody_knows_reaches_the_pairing_page_and_nothing_else(
    device: Desk, office: Office
) -> None:
    asked = routes(application.build(office))
    assert len(asked) > 100
    for method, path in asked:
        answer = await device.client.request(method, path, allow_redirects=False)
        if method in ("GET", "HEAD"):
            assert (answer.status, answer.headers["Location"]) == (303, "/pair"), path
        else:
            assert answer.status == 403, path
        asks = await device.client.request(method, path, headers={"Accept": "application/json"}, allow_redirects=False)
        assert asks.status == 403, path
    stream = await device.client.get("/kiosk/live?topics=cases", headers={"Accept": "text/event-stream"})
    assert stream.status == 403
    assert await where(device, "/") == "/pair"
    assert "Associer cet écran" in await device.read("/pair")


async def test_a_screen_opens_what_is_of_its_kind_and_nothing_of_another(office: Office) -> None:
    app = application.build(office)
    for kind, home in HOMES.items():
        only = {"lang": "fr", cookie_of(kind): secret_of(kind)}
        async with TestClient(TestServer(app), cookies=only) as screen:
            desk = Desk(screen)
            assert await where(desk, "/") == home
            for other, page in HOMES.items():
                assert (await where(desk, page) == "/pair") == (other != kind)
        app = application.build(office)  # the server has shut the one before down
    swapped = {cookie_of("admin"): secret_of("kiosk")}
    async with TestClient(TestServer(app), cookies=swapped) as screen:
        assert await where(Desk(screen), "/admin") == "/pair"


async def test_a_code_is_typed_then_confirmed_and_the_screen_goes_on(supervisor: Desk, device: Desk) -> None:
    assert "Aucun écran n’attend" in await supervisor.read(PAGE)
    code = await invite(supervisor)
    typed = await device.send("/pair", "/pair", {"code": code.lower().replace("-", " ")})
    assert typed.headers["Location"] == "/pair"
    waits = await device.read("/pair")
    assert "Cet écran attend" in waits
    assert "Guichet 2" in waits
    assert await where(device, "/counter") == "/pair"
    seen = await supervisor.read(PAGE)
    assert "127.0.0.1" in seen
    assert code not in seen
    await answer(supervisor)
    assert await where(device, "/pair") == "/counter"
    assert await where(device, "/counter") == "/counter/sign-in?next=/counter"
    assert await where(device, "/kiosk") == "/pair"
    listed = await supervisor.read(PAGE)
    assert 'data-screen="Guichet 2"' in listed
    assert "Nadia Filali" in listed


async def test_a_device_that_is_turned_away_is_told_so(supervisor: Desk, device: Desk) -> None:
    await device.send("/pair", "/pair", {"code": await invite(supervisor)})
    await answer(supervisor, "cancel")
    assert "n’a pas été confirmé" in await device.read("/pair")
    assert await where(device, "/counter") == "/pair"


async def test_a_screen_that_waits_hears_when_it_is_confirmed(supervisor: Desk, device: Desk) -> None:
    await device.send("/pair", "/pair", {"code": await invite(supervisor)})
    assert (await device.client.get("/pair/live?topics=cases")).status == 403
    stream = await device.client.get("/pair/live?topics=screens", headers={"Accept": "text/event-stream"})
    await answer(supervisor)
    async with asyncio.timeout(10):
        while b"data: screens" not in await stream.content.readline():
            pass
    stream.close()


async def test_an_address_made_at_the_appliance_pairs_at_once_and_leads_there_ever_after(
    device: Desk, office: Office, tmp_path: Path
) -> None:
    office.pairing = Pairing(tmp_path)
    made = invitations.draw(
        "display", "Salle", SYSTEM, taken=(), until_ms=office.now() + 60_000, entropy=office.entropy, confirmed=True
    )
    invitations.put(tmp_path, made.invitation)
    address = invitations.address("", made, "ab12")
    path, _, fragment = address.partition("#")
    assert (path, fragment) == ("/pair/display", f"{made.token};sha256=ab12")
    for _ in range(2):
        sent = await device.send(path, "/pair", {"token": made.token})
        assert sent.headers["Location"] == "/display"
    assert await where(device, "/display") == "/display"
    assert 'data-home="/display"' in await device.read(path)
    other: Visitor = TestClient(device.client.server, cookies={"lang": "fr"})
    await Desk(other).send(path, "/pair", {"token": made.token}, status=404)
    await other.session.close()


async def test_a_removed_screen_is_out_at_once_with_its_streams_and_whoever_sat_there(
    supervisor: Desk, device: Desk
) -> None:
    await pair(supervisor, device)
    await device.sign_in("salma")
    assert await where(device, "/counter") == "/counter"
    stream = await device.client.get("/counter/live?topics=cases", headers={"Accept": "text/event-stream"})
    gone = screen_of(device, "counter")
    sessions = app_of(supervisor)[pages.SITE].sessions
    before = len(sessions)
    await supervisor.send(PAGE, f"{PAGE}/remove", {"screen": gone})
    async with asyncio.timeout(10):
        rest = await stream.content.read()
    assert rest.endswith(b"event: over\ndata:\n\n")
    assert len(sessions) == before - 1
    assert await where(device, "/counter") == "/pair"
    assert (await device.client.post("/counter/search", data={"q": "x"})).status == 403
    assert 'data-screen="Guichet 2"' not in await supervisor.read(PAGE)


async def test_the_screen_that_one_sits_at_stays(supervisor: Desk) -> None:
    own = screen_id(token_hash(secret_of("admin"))).hex()
    page = await supervisor.read(PAGE)
    assert page.count("celui-ci") == 1
    token = re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]
    sent = {"csrf": token, "command": "ab" * 16, "screen": own}
    refused = await supervisor.client.post(f"{PAGE}/remove", data=sent)
    assert refused.status == 409
    assert "Vous êtes devant cet écran" in html.unescape(await refused.text())


async def test_a_session_that_was_copied_to_another_screen_opens_nothing(supervisor: Desk, device: Desk) -> None:
    await pair(supervisor, device)
    await device.sign_in("salma")
    [session] = [
        one.value for one in device.client.session.cookie_jar if one.key == "mulhaqa" and one["path"] == "/counter"
    ]
    thief: Visitor = TestClient(device.client.server, cookies=held() | {"mulhaqa": session})
    assert await where(Desk(thief), "/counter") == "/counter/sign-in?next=/counter&over=1"
    await thief.session.close()
    assert await where(device, "/counter") == "/counter"


async def test_a_screen_is_renamed_and_a_name_that_is_none_is_said_so(supervisor: Desk, device: Desk) -> None:
    await pair(supervisor, device)
    screen = screen_of(device, "counter")
    await supervisor.send(PAGE, f"{PAGE}/rename", {"screen": screen, "name": "Guichet 9"})
    assert 'data-screen="Guichet 9"' in await supervisor.read(PAGE)
    await supervisor.send(PAGE, f"{PAGE}/rename", {"screen": screen, "name": " "}, status=422)
    await supervisor.send(PAGE, f"{PAGE}/rename", {"screen": "zz", "name": "x"}, status=404)
    await supervisor.send(PAGE, f"{PAGE}/invite", {"name": "Guichet 3"}, status=422)


async def test_a_guesser_is_stopped_and_the_office_goes_on(supervisor: Desk, device: Desk, office: Office) -> None:
    code = await invite(supervisor)
    for _ in range(PAIRING.allowed):
        await device.send("/pair", "/pair", {"code": "00000000"}, status=404 if code[:2] != "00" else 403)
    await device.send("/pair", "/pair", {"code": code}, status=429)
    assert await where(supervisor, PAGE) == PAGE


async def test_while_typed_codes_rest_a_photographed_one_pairs(
    supervisor: Desk, device: Desk, office: Office, tmp_path: Path
) -> None:
    code = await invite(supervisor)
    for _ in range(PAIRING_ALL.allowed):  # from as many addresses as a guesser likes
        app_of(supervisor)[LIMITS].note(PAIRING_ALL, "")
    await device.send("/pair", "/pair", {"code": code}, status=429)
    [waiting] = pairing.waiting(office)
    assert (await device.send("/pair", "/pair", {"token": waiting.invited.token})).headers["Location"] == "/pair"


async def test_the_cookie_is_given_again_once_a_day_and_shuts_itself_from_scripts(
    supervisor: Desk, device: Desk, clock: Clock
) -> None:
    await pair(supervisor, device)

    async def given() -> list[str]:
        answer = await device.client.get("/counter/sign-in")
        return [line for line in answer.headers.getall("Set-Cookie", []) if line.startswith("screen-counter=")]

    [first] = await given()
    for rule in ("HttpOnly", "SameSite=Strict", "Max-Age=34560000", "Path=/"):
        assert rule in first
    assert await given() == []
    clock.ms += DAY
    assert len(await given()) == 1


async def test_a_citizens_own_telephone_reads_the_state_that_its_receipt_names_and_finds_no_way_in(
    device: Desk, office: Office
) -> None:
    async with at_work(office, "salma") as desk:
        request = await file_request(desk, await open_account(desk))
    case = await requests.dossier(office, subject_from_text(request.rsplit("/", 1)[1]))
    page = await device.read(f"/kiosk/follow/{case.case.reference}")
    assert case.case.reference in page
    for way in ("/kiosk/sign-in", "/kiosk/call", 'href="/kiosk"', "live.js", "idle.js", "Benali"):
        assert way not in page
    unknown = await device.read("/kiosk/follow/B05-7K3MQ-2X9R7", status=422)
    assert "/kiosk/call" not in unknown
    assert unknown.count("elle ressemble à") == 1
    assert (await device.client.post("/kiosk/follow", data={"reference": "x"})).status == 403
