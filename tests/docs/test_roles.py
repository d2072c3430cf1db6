"""The page of roles is what the routes say, and no route is anybody's by oversight."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.services.office import Office
from edge.web import application
from edge.web.screen_routes import OPEN, kind_of
from edge.web.signed_in import access_of
from tests.docs import roles_page
from tests.edge.services.support import Clock, office_in

OPEN_TO_ALL = {"/", "/static", "/lang/{code}"}
"""What is not marked: the way to the first page, files, the choice of a language. They show nothing of anybody."""


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_in(tmp_path, Clock()) as office:
        yield office


async def test_the_page_of_roles_is_what_the_routes_say(office: Office) -> None:
    drawn = roles_page.page(office)
    if os.environ.get("MULHAQA_DRAW"):
        roles_page.PAGE.write_text(drawn, "utf-8")
    assert roles_page.PAGE.read_text("utf-8") == drawn, "draw it: MULHAQA_DRAW=1 pytest tests/docs/test_roles.py"


async def test_each_route_is_one_kinds_of_screen_or_open_to_every_device_by_name(office: Office) -> None:
    served = {route.resource.canonical for route in application.build(office).router.routes() if route.resource}
    assert set(OPEN) <= served, "what is open to every device is there"
    assert {path for path in served - set(OPEN) if kind_of(path) is None} == set()


async def test_whatever_is_not_marked_is_known_by_name(office: Office) -> None:
    unmarked = {
        route.resource.canonical
        for route in application.build(office).router.routes()
        if route.resource is not None and access_of(route.handler) is None
    }
    assert unmarked == OPEN_TO_ALL
