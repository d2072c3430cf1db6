"""The waiting room's screen: numbers only, in both languages, live."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from edge.services import requests
from edge.services.office import Office
from edge.web.display import LISTED, NEWEST, _number, board
from protocol.records.hashing import subject_from_text
from tests.edge.web import staff
from tests.edge.web.staff import Desk, make_ready


@pytest.fixture
async def hall(office: Office) -> AsyncIterator[Desk]:
    """The television, where nobody signs in."""
    async with staff.at_work(office) as desk:
        yield desk


async def test_nobody_signs_in_and_an_empty_board_says_so_in_both_languages(hall: Desk) -> None:
    page = await hall.read("/display")
    assert "Aucun certificat n’est prêt en ce moment." in page
    assert "لا توجد شهادة جاهزة في هذه اللحظة." in page
    assert 'data-live="display"' in page


async def test_a_number_has_no_prefix_and_the_page_no_name(hall: Desk, office: Office) -> None:
    await staff.hire(office)
    case = subject_from_text(await make_ready(office))
    page = await hall.read("/display")
    reference = (await requests.dossier(office, case)).case.reference
    assert reference.removeprefix("B05-") in page
    assert reference not in page
    for secret in ("Benali", "بنعلي", "FA123456", "0612345621", "Certificat de résidence"):
        assert secret not in page


async def test_the_newest_comes_first_and_what_does_not_fit_is_counted(office: Office) -> None:
    await staff.hire(office)
    for number in range(NEWEST + LISTED + 2):
        await make_ready(office, cnie=f"FA2000{number:02}", phone="")
    shown = await board(office)
    assert len(shown.newest) == NEWEST
    assert len(shown.listed) == LISTED
    assert shown.others == 2


def test_a_reference_without_prefix_is_shown_as_it_is() -> None:
    assert _number("B05-7K3MQ-2X9RT") == "7K3MQ-2X9RT"
