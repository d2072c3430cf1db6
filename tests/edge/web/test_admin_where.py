"""The search of the appliance's page: a request's records by its reference, and nobody's name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from edge.services.office import Office
from tests.edge.web import staff
from tests.edge.web.staff import PERSON, Desk, make_ready


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[Desk]:
    """The page of Karim, who looks after the appliance."""
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


async def reference_of(office: Office) -> str:
    async with office.store.reading() as reader:
        (row,) = await reader.cases()
        case = await reader.case(row.subject)
    assert case is not None
    return case.reference


async def test_each_step_of_a_request_is_found_here_and_not_yet_at_the_prefecture(admin: Desk, office: Office) -> None:
    await make_ready(office)
    answer = await admin.send("/admin/where", "/admin/where", {"reference": await reference_of(office)}, status=200)
    page = await answer.text()
    assert "Demande déposée, récépissé remis" in page
    assert "pas encore arrivé" in page
    assert set(re.findall(r'data-stand="([a-z:]+)"', page)) == {"prefecture:waits"}
    assert not [field for field in ("name_ar", "name_fr", "phone") if PERSON[field] in page]


async def test_a_reference_is_looked_for_as_typed_and_what_is_none_is_said_beside_the_field(
    admin: Desk, office: Office
) -> None:
    await make_ready(office)
    typed = (await reference_of(office)).lower().replace("-", " ")
    await admin.send("/admin/where", "/admin/where", {"reference": typed}, status=200)
    answer = await admin.send("/admin/where", "/admin/where", {"reference": "B05"}, status=422)
    assert "B05-7K3MQ-2X9RT" in await answer.text()  # what one looks like
    answer = await admin.send("/admin/where", "/admin/where", {"reference": "B05-1SRP8-9DKA0"}, status=404)
    assert "Aucune demande de cette référence n’est sur cet appareil" in await answer.text()


async def test_the_search_stands_on_the_page_of_the_appliance_for_those_who_run_it(admin: Desk, office: Office) -> None:
    assert 'href="/admin/where"' in await admin.read("/admin")
    async with staff.at_work(office, "salma") as clerk:
        answer = await clerk.client.get("/admin/where", allow_redirects=False)
        assert answer.status == 303
