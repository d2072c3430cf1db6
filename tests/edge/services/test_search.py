"""Finding people at the counter, and procedures in the guide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.services import guide, popular, search
from edge.services.office import Office
from protocol.errors import PersonError
from tests.edge.services.support import CITIZEN, CLERK, RESIDENCE, RESIDENCE_ID, Clock, account, asked, office_in

CATALOGUE = Path(__file__).parents[3] / "central" / "catalogue"


def documents() -> tuple[dict[str, Any], ...]:
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CATALOGUE.glob("*.yaml")))


async def found(office: Office, text: str) -> list[str]:
    return [each.name_fr for each in await search.find(office, text, CLERK)]


async def test_a_family_that_shares_a_phone_is_found_whole(office: Office) -> None:
    await account(office)
    await account(office, cnie="FA777", name_fr="Karim Benali", name_ar="كريم بنعلي")
    await account(office, cnie="FA888", name_fr="Someone Else", name_ar="شخص آخر", phone="0698765432")
    assert sorted(await found(office, "06 12 34 56 21")) == ["Fatima Zahra Benali", "Karim Benali"]
    assert sorted(await found(office, "+212612345621")) == ["Fatima Zahra Benali", "Karim Benali"]


@pytest.mark.parametrize(
    "text",
    [
        "FA123456",
        " fa 123456 ",
        "Fatima Zahra Benali",
        "benali fatima",
        "Benalli",
        "fatima zohra",
        "ben ali",
        "BENALI",
        "فاطمة الزهراء",
        "فاطمه",
        "بن علي",
        "الزهراء بنعلي",
    ],
)
async def test_a_person_is_found_however_the_clerk_types(office: Office, text: str) -> None:
    await account(office)
    await account(office, cnie="FB1", name_fr="Mohamed Chraïbi", name_ar="محمد الشرايبي", phone="0698765432")
    assert await found(office, text) == ["Fatima Zahra Benali"]


async def test_a_person_is_found_by_the_reference_on_his_receipt(office: Office) -> None:
    reference = (await asked(office)).reference
    assert await found(office, reference.lower().replace("-", " ")) == ["Fatima Zahra Benali"]


async def test_a_row_tells_two_people_apart_and_no_more(office: Office) -> None:
    owner = await account(office)
    (row,) = await search.find(office, "benali", CLERK)
    assert row.subject == owner
    assert "123456" not in row.cnie_masked
    assert "612345621" not in row.phone_masked
    assert (row.birth_date, row.verified) == ("1987-03-12", False)


@pytest.mark.parametrize("text", ["", "   ", "Belarbi", "ZZ999999", "0600000000", "B05-7K3MQ-2X9RT", "\u200f", "%%%"])
async def test_nobody_is_found_where_nobody_is_meant(office: Office, text: str) -> None:
    await account(office)
    assert await found(office, text) == []


async def test_only_agents_search_and_not_for_novels(office: Office) -> None:
    with pytest.raises(PersonError) as caught:
        await search.find(office, "benali", CITIZEN)
    assert caught.value.status == 403
    with pytest.raises(PersonError) as caught:
        await search.find(office, "x" * 101, CLERK)
    assert caught.value.field == "q"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("residanse", RESIDENCE_ID),
        ("chahadat sokna", RESIDENCE_ID),
        ("chahada sokna", RESIDENCE_ID),
        ("certificat de residence", RESIDENCE_ID),
        ("شهادة السكني", RESIDENCE_ID),
        ("سكنى", RESIDENCE_ID),
        ("fiancailles", "attestation-fiances"),
        ("الخطوبه", "attestation-fiances"),
        ("vie", "vie-individuelle"),
        ("certifica de vie", "vie-individuelle"),
        ("police", "residence-police"),
        ("الدرك", "residence-police"),
        ("resi", RESIDENCE_ID),
        ("un certificat pour la résidence", RESIDENCE_ID),
    ],
)
async def test_the_guide_finds_what_people_mean(tmp_path: Path, clock: Clock, text: str, first: str) -> None:
    async with office_in(tmp_path, clock, documents=documents()) as office:
        assert [each.id for each in await guide.search(office, text)][:1] == [first]


MEANT = {
    "residence-autorite-locale": ("certificat residence", "شهاده السكنا", "sokna", "domicile"),
    "residence-police": ("residence police", "شهادة السكنى الشرطة", "boulice", "gendarmeri"),
    "attestation-fiances": ("fiancés", "الخطوبة", "khotoba", "marriage"),
    "vie-individuelle": ("vie individuele", "شهادة الحياة", "lhayat", "retraite"),
    "vie-collective": ("vie colective", "الحياة الجماعيه", "hayat jama3iya"),
    "celibat": ("célibataire", "العزوبه", "3ozouba", "celiba"),
    "charge-famille": ("charge famille", "التحمل العائلي", "kafala"),
    "parente": ("parenté", "القرابه", "9araba"),
    "non-divorce-veuvage": ("veuvage", "عدم الطلاق", "tala9", "polygami"),
    "heredite-divers": ("heritage", "الاراثة", "wirata", "choix de nom"),
    "concordance": ("concordence", "المطابقه", "motabaqa"),
    "individualite": ("individualité", "شهاده فردية", "erreur de nom"),
    "naissance": ("acte de naissance", "عقد الازدياد", "3a9d izdiyad", "extrai naissance"),
    "passeport-majeur": ("passeport", "جواز السفر", "jawaz", "pasport"),
    "passeport-mineur": ("passeport enfant", "جواز القاصر", "passeport bebe"),
    "indigence": ("indigance", "شهادة الضعف", "ihtiyaj"),
    "rnp": ("registre national", "السجل الوطني", "idcs", "rnp"),
    "rsu": ("registre social", "السجل الاجتماعي", "da3m ijtima3i", "rsu"),
    "association": ("asociation", "تأسيس جمعيه", "jam3iya"),
    "attestation-terrain": ("terrain", "عقار غير محفظ", "lard", "non immatriculé"),
}
"""What people type in French, Arabic and Darija, with the slips that they make, and the procedure that they mean."""

FIRST_SCREEN = 3
"""What is wanted stands among the first answers: nobody scrolls through a search."""


@pytest.mark.parametrize("meant", MEANT)
async def test_every_procedure_is_found_in_french_arabic_and_darija(tmp_path: Path, clock: Clock, meant: str) -> None:
    async with office_in(tmp_path, clock, documents=documents()) as office:
        for text in MEANT[meant]:
            assert meant in [each.id for each in await guide.search(office, text)][:FIRST_SCREEN], text


def test_a_search_is_tried_for_every_procedure() -> None:
    assert set(MEANT) == {document["id"] for document in documents()}


async def test_the_guide_is_grouped_by_events_of_life(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock, documents=documents()) as office:
        groups = await guide.by_topic(office)
        assert [group.topic for group in groups] == [topic for topic in guide.TOPICS if topic]
        assert [one.id for one in groups[0].procedures] == ["residence-autorite-locale", "residence-police"]
        assert sum(len(group.procedures) for group in groups) == len(documents())


@pytest.mark.parametrize("text", ["permis de conduire", "carte grise", "électricité", "رخصة السياقة", "xyzzy"])
async def test_the_guide_does_not_offer_what_nobody_asked_for(tmp_path: Path, clock: Clock, text: str) -> None:
    async with office_in(tmp_path, clock, documents=documents()) as office:
        assert await guide.search(office, text) == []


async def test_an_empty_search_shows_the_whole_guide_what_can_be_asked_for_first(office: Office) -> None:
    listed = await guide.search(office, "  ")
    assert listed == await guide.procedures(office)
    assert [each.status for each in listed] == ["active", "elsewhere", "abolished"]


async def test_a_page_of_the_guide_is_for_what_it_has(office: Office) -> None:
    assert (await guide.procedure(office, RESIDENCE_ID)).name.fr == RESIDENCE["name"]["fr"]
    with pytest.raises(PersonError) as caught:
        await guide.procedure(office, "passport")
    assert caught.value.status == 404


async def test_what_was_asked_for_this_week_comes_first(tmp_path: Path, clock: Clock) -> None:
    other = RESIDENCE | {"id": "attestation-x"}
    async with office_in(tmp_path, clock, documents=(other, RESIDENCE)) as office:
        assert [each.id for each in await popular.most_asked(office)] == ["attestation-x", RESIDENCE_ID]
        await asked(office)
        assert [each.id for each in await popular.most_asked(office, 1)] == [RESIDENCE_ID]
        clock.ms += popular.WEEK_MS + 1
        assert [each.id for each in await popular.most_asked(office, 1)] == ["attestation-x"]
