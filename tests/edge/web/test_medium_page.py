"""A second medium on the administrator's page and in the figures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge.services.office import Office
from edge.sync.medium_files import GONE
from tests.edge.sync.machines import Keys
from tests.edge.sync.media import another_disk, following, in_step, medium_of, until
from tests.edge.web import staff
from tests.edge.web.staff import Desk
from tests.edge.web.test_metrics import figures
from tests.edge.web.test_mirror_page import WRITER, add_agent


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[Desk]:
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with another_disk(tmp_path) as folder:
        yield folder


async def test_without_one_nothing_is_said_of_it(admin: Desk) -> None:
    assert 'id="medium"' not in await admin.read("/admin")
    assert "mulhaqa_edge_medium_attached" not in await figures(admin)


async def test_whether_it_follows_and_what_a_loss_of_the_card_would_lose_are_shown(
    admin: Desk, office: Office, tmp_path: Path, disk: Path
) -> None:
    mount = disk / "ssd"
    mount.mkdir()
    keys = Keys(WRITER.name, WRITER.epoch, office.annexe.id)
    office.medium = medium_of(office.store, mount, tmp_path, keys)
    async with following(office.medium) as medium:
        await in_step(medium)
        page = await admin.read("/admin")
        assert "il détient tout" in page
        shown = await figures(admin)
        assert shown["mulhaqa_edge_medium_in_step"] == shown["mulhaqa_edge_medium_attached"] == 1
        assert shown["mulhaqa_edge_medium_lag_records"] == shown["mulhaqa_edge_medium_scans_missing"] == 0
        mount.rename(disk / "pulled")
        await until(medium, lambda: medium.state.error == GONE and not medium.state.attached)
        await add_agent(office)
        page = await admin.read("/admin")
        assert "Le second support n’est pas là" in page
        assert "1 enregistrement (" in page
        shown = await figures(admin)
        assert shown["mulhaqa_edge_medium_attached"] == 0
        assert shown["mulhaqa_edge_medium_lag_records"] == 1
        assert shown["mulhaqa_edge_medium_lag_bytes"] > 100
