"""The link on the appliance's page: what a day costs, what bounds it, what is wrong with it, and dialling at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from edge.services.link import LinkDesk, day_of, rate_now
from edge.services.office import Office, UplinkState
from edge.sync.caps import parse_cap
from edge.sync.ledger import Ledger
from edge.sync.meter import Carried
from edge.sync.sentences import PORTAL
from edge.web.admin_link import kilobytes
from tests.edge.web import staff
from tests.edge.web.staff import Desk
from tests.edge.web.test_metrics import figures

DOWN = UplinkState(
    connected=False, behind=3, since_ms=None, confirmed_ms=None, error=PORTAL, detail="HTTP 302", next_try_ms=1
)


@pytest.fixture
def dialled() -> list[str]:
    return []


@pytest.fixture
async def admin(office: Office, dialled: list[str]) -> AsyncIterator[Desk]:
    ledger = Ledger(office.store, lambda: day_of(office.now()))
    caps = (parse_cap("00:00-24:00 64 KiB/s"), parse_cap("12:00-12:01 4 KiB/s"))
    with ledger.counting(carried(1_234_567, 89_001)):
        ledger.look()
    office.link = LinkDesk(ledger, caps, "10.0.0.1:3128", lambda: dialled.append("now"), office.now)
    office.uplink = lambda: DOWN
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


def carried(up: int, down: int) -> Callable[[], Carried]:
    return lambda: Carried(up, down)


async def test_a_day_is_a_row_of_begun_kilobytes(admin: Desk, office: Office) -> None:
    page = await admin.read("/admin")
    assert f'<tr data-day="{day_of(office.now())}">' in page
    assert "<td>1235</td><td>90</td><td>1325</td>" in page
    assert "10.0.0.1:3128" in page
    assert "00:00-24:00 64 KiB/s" in page


async def test_what_is_wrong_is_said_with_what_to_do_and_why(admin: Desk) -> None:
    page = await admin.read("/admin")
    assert "Appeler maintenant" in page
    assert "la page de connexion de ce réseau" in page
    assert "HTTP 302" in page


async def test_how_long_the_rest_takes_is_said_where_it_is_known(admin: Desk, office: Office) -> None:
    assert "À ce rythme" not in await admin.read("/admin")
    office.uplink = lambda: replace(DOWN, connected=True, error=None, remaining_ms=150_000)
    page = await admin.read("/admin")
    assert "À ce rythme</dt><dd>environ 3 minutes</dd>" in page
    assert (await figures(admin))["mulhaqa_edge_uplink_remaining_seconds"] == 150


async def test_dialling_at_once_is_a_button(admin: Desk, dialled: list[str]) -> None:
    await admin.send("/admin", "/admin/link/dial")
    assert dialled == ["now"]


async def test_a_link_that_stands_needs_no_button(admin: Desk, office: Office) -> None:
    office.uplink = lambda: replace(DOWN, connected=True, error=None)
    assert "/admin/link/dial" not in await admin.read("/admin")


async def test_an_appliance_without_a_link_shows_none(admin: Desk, office: Office) -> None:
    office.link = None
    page = await admin.read("/admin")
    assert 'id="link"' not in page
    assert "/admin/link/dial" not in page


async def test_the_day_and_the_bound_are_figures_too(admin: Desk) -> None:
    found = await figures(admin)
    assert found['mulhaqa_edge_link_bytes{way="up"}'] == 1_234_567
    assert found['mulhaqa_edge_link_bytes{way="down"}'] == 89_001
    assert found["mulhaqa_edge_link_bound_bytes_per_second"] in (65536, 4096)


def test_the_hour_is_the_offices_own() -> None:
    caps = (parse_cap("08:00-16:00 4 KiB/s"),)
    noon_utc = 1_795_608_000_000  # 25 November 2026, 12:00 UTC: Morocco is on UTC, or an hour ahead
    assert rate_now(caps, noon_utc) == 4096
    assert rate_now(caps, noon_utc + 8 * 3_600_000) is None


def test_a_begun_kilobyte_counts_whole() -> None:
    assert [kilobytes(size) for size in (0, 1, 1000, 1001)] == [0, 1, 1, 2]
