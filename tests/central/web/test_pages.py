"""What an officer reads of annexes, requests and procedures, once they have sent something, and before."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from central.connections import Told
from central.prefecture import Prefecture
from central.store import schema
from central.store.setbacks import SHOWN_MS, note_came_back, note_setback, standing
from protocol.office.events import Representative, RequestWithdrawn
from protocol.records.credentials import parse_credential
from provisioning.commands import main as provision
from tests.central.provisioned import ANNEXE, Provisioned
from tests.central.support import drawn
from tests.central.web.support import (
    ALL_STATES,
    CITIZEN,
    REFERENCES,
    SALMA,
    TYPED,
    Annexe,
    Visitor,
    hidden,
    states,
)


def words(page: str) -> str:
    """The words of a page, without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def read(visitor: Visitor, address: str, status: int = 200) -> str:
    answer = await visitor.get(address)
    assert answer.status == status
    return await answer.text()


async def search(visitor: Visitor, reference: str) -> Any:
    form = hidden(await read(visitor, "/prefecture/requests"))
    return await visitor.post("/prefecture/requests", data={**form, "reference": reference})


async def test_an_annexe_that_never_came_is_shown_with_words(officer: Visitor) -> None:
    page = words(await read(officer, "/prefecture"))
    assert ANNEXE in page
    assert "jamais venue" in page
    assert "faites-la connecter une fois".lower() in page.lower()
    assert "jamais encore" in page
    assert "Elle n’a encore rien envoyé" in page


async def test_an_annexe_that_sent_something_is_shown_with_its_log(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    annexe.enrol()
    await annexe.send("granted", "office")
    page = await read(officer, "/prefecture")
    assert "1 demande" in words(page)
    assert re.search(rf"{ANNEXE}/cases</bdi></td><td>5</td>", page)
    assert re.search(rf"{ANNEXE}/office</bdi></td><td>2</td>", page)
    assert states(page) == ["approved"]
    assert "manque" not in page.replace("Manquant", "")


async def test_what_is_missing_of_an_annexes_log_is_said(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    await annexe.send("granted", only=lambda number: number != 2)
    page = words(await read(officer, "/prefecture"))
    assert "Manque ici 1 enregistrement" in page
    assert "bloquée" in page
    assert "faites examiner le disque" in page
    assert ":2 (missing)" in page


async def test_an_annexe_that_is_away_and_one_whose_clock_is_wrong_are_told_apart(
    officer: Visitor, annexe: Annexe
) -> None:
    annexe.submit("granted")
    await annexe.send("granted")
    page = await read(officer, "/prefecture")
    assert re.findall('data-condition="([a-z-]+)"', page) == ["offline"]
    assert "elle travaille sans liaison" in words(page)
    now = annexe.prefecture.now()
    annexe.prefecture.connections.told[ANNEXE] = Told(left=12, ahead_ms=3_600_000, at_ms=now)
    page = await read(officer, "/prefecture")
    assert re.findall('data-condition="([a-z-]+)"', page) == ["wrong-clock", "offline"]
    assert "Écart de son horloge +60 min" in words(page)
    assert "Reste à envoyer, d’après elle 12 enregistrements" in words(page)


async def test_a_dossier_says_where_each_of_its_records_is(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    await annexe.send("granted")
    page = await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}")
    part = page.split('id="records"')[1]
    assert part.count("<tr>") == 5  # the head, and four records
    assert re.findall(rf"{ANNEXE}/cases [0-9a-f]{{16}}:(\d)", part) == ["1", "2", "3", "4"]


async def test_a_branch_of_an_annexes_log_is_said(officer: Visitor, annexe: Annexe, it: Provisioned) -> None:
    annexe.submit("granted")
    await annexe.send("granted")
    clone = Annexe(annexe.prefecture, it)
    clone.log._segments = 7
    clone.submit("other")
    await clone.send("other")
    page = words(await read(officer, "/prefecture"))
    assert "journal divisé" in page
    assert "a été remise dans un état antérieur" in page
    assert "Branches du journal 1" in page


async def test_what_a_later_release_wrote_is_counted_and_told_with_what_to_do(officer: Visitor, annexe: Annexe) -> None:
    follows = annexe.submit("granted")
    annexe.log.append(f"{ANNEXE}/cases", {"kind": "request.sung", "follows": [follows]}, drawn("granted"))
    await annexe.send("granted")
    page = words(await read(officer, "/prefecture"))
    assert "d’une version plus récente" in page
    assert "D’une version plus récente, conservé sans être lu 1 enregistrement" in page
    assert "Mettez à jour le serveur de la préfecture." in page


async def test_a_prefecture_that_was_put_back_is_told_so_with_what_to_do(
    officer: Visitor, prefecture: Prefecture
) -> None:
    centre = prefecture.centre
    assert "état antérieur" not in await read(officer, "/prefecture")
    await note_setback(centre.store, ANNEXE, centre.now())
    await note_came_back(centre.store, ANNEXE, 3)
    page = words(await read(officer, "/prefecture"))
    assert "La base de cette préfecture a été remise à un état antérieur" in page
    assert "Revenu depuis 3 enregistrements" in page
    assert "Elle avait publié avant" not in page
    assert (await standing(centre.store, centre.identity.id, centre.now() + SHOWN_MS)).setback is None


async def test_a_restored_prefecture_says_what_it_waits_for(officer: Visitor, prefecture: Prefecture) -> None:
    centre = prefecture.centre
    async with centre.store.database.write() as connection:
        await connection.execute(schema.restorations.insert().values(annexe=centre.identity.id))
    page = words(await read(officer, "/prefecture"))
    assert "Elle ne publie rien de nouveau" in page
    assert "mulhaqa-central publish-anyway" in page


async def test_an_appliance_that_is_back_after_its_standby_took_over_is_said(
    officer: Visitor, annexe: Annexe, it: Provisioned
) -> None:
    keys = it.folder / "second.keys"
    followed = ["--annexe", str(it.folder / f"{ANNEXE}.keys")]
    assert provision(["standby", "--authority", str(it.folder / "authority"), *followed, "--out", str(keys)]) == 0
    first = parse_credential(it.credential.read_bytes())
    second = parse_credential(keys.with_suffix(".credential").read_bytes())
    centre = annexe.prefecture.centre
    await centre.publish_credentials([second])
    for machine in (first, second):
        await centre.ingest.greet(ANNEXE, software="", flags="", machine=machine)
    page = words(await read(officer, "/prefecture"))
    assert "ayant pris le relais 1" in page
    assert "que son secours a remplacé" not in page
    await centre.ingest.greet(ANNEXE, software="", flags="", machine=first)
    assert "que son secours a remplacé" in words(await read(officer, "/prefecture"))


async def test_requests_are_listed_and_lead_to_their_dossiers(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    annexe.submit("other")
    await annexe.send("granted", "other")
    page = await read(officer, "/prefecture/requests")
    for text in (*REFERENCES.values(), "Salma Idrissi", "Certificat de résidence", ANNEXE):
        assert text in page
    assert sorted(set(states(page))) == ["approved", "submitted"]
    assert f'href="/prefecture/requests/{ANNEXE}/{annexe.case("granted")}"' in page


async def test_what_nobody_answered_in_time_comes_first_until_it_is_answered(officer: Visitor, annexe: Annexe) -> None:
    annexe.submit("other")
    head = annexe.silent("granted")
    await annexe.send("granted", "other")
    page = await read(officer, "/prefecture/requests")
    assert "Pas de réponse dans le délai" in page
    assert page.index(REFERENCES["granted"]) < page.index(REFERENCES["other"])
    assert 'aria-labelledby="silent-title"' not in await read(officer, "/prefecture/requests?state=submitted")
    case = f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}"
    assert "rien n’est accordé pour autant" in await read(officer, case)
    annexe.write("granted", RequestWithdrawn(follows=[head], by=CITIZEN))
    await annexe.send("granted")
    assert 'aria-labelledby="silent-title"' not in await read(officer, "/prefecture/requests")


async def test_a_dossier_names_the_document_whether_the_card_was_seen_and_who_asks(
    officer: Visitor, annexe: Annexe
) -> None:
    applicant = msgspec.structs.replace(SALMA, document="association", cnie="123/2019", verified=True)
    president = Representative(
        capacity="president", cnie="FRA 12AB34567", name_fr="Awa Diop", name_ar="أوا ديوب", basis="PV n° 7",
        document="passport",
    )  # fmt: skip
    annexe.submit("granted", applicant, president)
    annexe.submit("other")
    await annexe.send("granted", "other")
    page = words(await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}"))
    for text in ("Récépissé d’association", "123/2019", "identité vérifiée", "Awa Diop", "président de l’association",
                 "Passeport", "FRA 12AB34567", "PV n° 7", "Date de la déclaration"):  # fmt: skip
        assert text in page, text
    other = words(await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('other')}"))
    assert "déclarée, carte non vue" in other
    assert "Carte nationale (CNIE)" in other


async def test_a_list_keeps_to_an_annexe_and_a_state(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    annexe.submit("other")
    await annexe.send("granted", "other")
    only = await read(officer, "/prefecture/requests?state=submitted")
    assert REFERENCES["other"] in only
    assert REFERENCES["granted"] not in only
    assert "Aucune demande ne correspond" in words(await read(officer, "/prefecture/requests?annexe=berkane-09"))
    for state in ALL_STATES:
        await read(officer, f"/prefecture/requests?annexe={ANNEXE}&state={state}")


@pytest.mark.parametrize(
    "address",
    [
        "?state=unheard-of",
        "?after=yesterday",
        "?after=9999999999999999-" + "a" * 26,
        "?after=1-x",
        "/berkane-05/x",
        "/berkane-05/" + "a" * 26,
        "/berkane-09/" + "a" * 26,
    ],
)
async def test_an_address_that_leads_nowhere_is_a_calm_page(officer: Visitor, address: str) -> None:
    assert "n’existe pas" in await read(officer, f"/prefecture/requests{address}", 404)


async def test_a_long_list_goes_on_behind_its_last_line(
    officer: Visitor, annexe: Annexe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.web.requests.PAGE", 1)
    annexe.submit("granted")
    await annexe.send("granted")
    annexe.submit("other")
    await annexe.send("other")
    first = await read(officer, "/prefecture/requests")
    assert states(first) == ["submitted"]
    older = re.search(r'href="(/prefecture/requests\?[^"]*after=[^"]+)"', first)
    assert older
    second = await read(officer, older[1].replace("&amp;", "&"))
    assert states(second) == ["submitted"]
    seen = {reference for reference in REFERENCES.values() for page in (first, second) if reference in page}
    assert seen == set(REFERENCES.values())


async def test_a_dossier_shows_the_person_the_steps_and_what_is_proven(officer: Visitor, annexe: Annexe) -> None:
    head = annexe.decide("granted")
    annexe.enrol()
    annexe.seal("granted", head, "serial-1", "MLQ1:X")
    await annexe.send("granted", "office")
    page = await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}")
    text = words(page)
    for shown in ("Salma Idrissi", "سلمى الإدريسي", "FA123456", "1 avril 1990", "Propriétaire", "mars 2019"):
        assert shown in text
    for step in ("Demande déposée", "Dossier complet", "Enquête de terrain favorable", "Accordée et signée"):
        assert step in text
    assert "la signature de l’agent est valable" in text.lower()
    assert "Reçu par la préfecture" in text
    assert re.search(r"Reçu par la préfecture \d\d\.\d\d\.20\d\d \d\d:\d\d", text)
    assert "serial-1" in text


async def test_a_refusal_is_shown_with_its_reason(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("other", "refused")
    annexe.enrol()
    await annexe.send("other", "office")
    text = words(await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('other')}"))
    assert "Refusée et signée" in text
    assert "Not found at this address." in text


async def test_a_decision_swapped_after_the_agent_signed_stands_out(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted", "approved", signed="refused")
    annexe.enrol()
    await annexe.send("granted", "office")
    page = await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}")
    assert "notice refused" in page
    assert "ne correspond pas au journal" in page


async def test_a_decision_whose_key_did_not_arrive_yet_is_not_called_verified(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    await annexe.send("granted")
    page = await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}")
    assert "Pas encore vérifiée" in page


@pytest.mark.parametrize("typed", ["B05-9TH1M-KFANQ", " b05 9thim kfanq ", "B05-9TH1M-KFANQ\n"])
async def test_a_reference_however_typed_leads_to_its_dossier(officer: Visitor, annexe: Annexe, typed: str) -> None:
    annexe.submit("granted")
    await annexe.send("granted")
    answer = await search(officer, typed)
    assert answer.status == 200
    assert answer.url.path == f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}"
    assert not answer.url.query_string


async def test_a_reference_that_did_not_arrive_yet_is_said_and_found_later(officer: Visitor, annexe: Annexe) -> None:
    answer = await search(officer, REFERENCES["granted"])
    assert answer.status == 404
    assert "n’est arrivée" in await answer.text()
    annexe.submit("granted")
    await annexe.send("granted")
    assert (await search(officer, REFERENCES["granted"])).status == 200


@pytest.mark.parametrize("typed", ["", "B05-9TH1M-KFANR", "FA123456", "x" * 1_000])
async def test_what_is_no_reference_is_said_beside_its_field(officer: Visitor, typed: str) -> None:
    answer = await search(officer, typed)
    assert answer.status == 422
    assert 'id="error-reference"' in await answer.text()


async def test_the_catalogue_says_what_is_known_and_what_is_not(officer: Visitor) -> None:
    text = words(await read(officer, "/prefecture/catalogue"))
    assert "Certificat de résidence délivré à l’annexe" in text
    assert "supprimé" in text
    assert "délivré ailleurs" in text
    assert "Frais à confirmer" in text
    assert "24 novembre 2026" in text
    assert "https://www.demarchesmaroc.com/certificat-de-residence" in text


async def test_every_page_speaks_arabic_from_right_to_left(officer: Visitor, annexe: Annexe) -> None:
    annexe.decide("granted")
    await annexe.send("granted")
    dossier = f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}"
    for address in ("/prefecture", "/prefecture/requests", dossier, "/prefecture/catalogue", "/verify"):
        page = await read(officer, f"/lang/ar?next={address}")
        assert '<html lang="ar" dir="rtl"' in page
        assert "إقليم بركان" in page


async def test_nobody_is_named_in_the_database(
    prefecture: Prefecture, officer: Visitor, annexe: Annexe, tmp_path: Any
) -> None:
    annexe.decide("granted")
    await annexe.send("granted")
    await read(officer, f"/prefecture/requests/{ANNEXE}/{annexe.case('granted')}")
    for path in (tmp_path / "prefecture").iterdir():
        kept = path.read_bytes()
        for typed in (*TYPED, "karim", "Zerouali"):
            assert typed.encode() not in kept, (path.name, typed)


async def test_a_damaged_dossier_is_said_beside_those_that_can_be_read(
    officer: Visitor, annexe: Annexe, prefecture: Prefecture
) -> None:
    annexe.decide("granted")
    await annexe.send("granted")
    assert "abîmée" not in words(await read(officer, "/prefecture/requests"))
    async with prefecture.centre.store.database.write() as connection:
        await connection.execute(update(schema.case_views).values(sealed=b"x" * 80))
    page = words(await read(officer, "/prefecture/requests"))
    assert "1 demande de cette liste est abîmée" in page
    assert REFERENCES["granted"] not in page
    annexe.submit("other")
    await annexe.send("other")
    assert (await search(officer, REFERENCES["other"])).status == 200, "it is found all the same"
