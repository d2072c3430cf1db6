"""A prefecture in a temporary folder, its annexe, and a browser before its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from central.prefecture import Prefecture
from central.web import application
from tests.central.provisioned import Provisioned
from tests.central.web.support import Annexe, Visitor, prefecture_in, sign_in


@pytest.fixture
async def prefecture(tmp_path: Path, it: Provisioned) -> AsyncIterator[Prefecture]:
    async with prefecture_in(tmp_path / "prefecture", it) as prefecture:
        yield prefecture


@pytest.fixture
def annexe(prefecture: Prefecture, it: Provisioned) -> Annexe:
    return Annexe(prefecture, it)


@pytest.fixture
async def visitor(prefecture: Prefecture) -> AsyncIterator[Visitor]:
    """Somebody who has not signed in, in French."""
    async with TestClient(TestServer(application.build(prefecture)), cookies={"lang": "fr"}) as visitor:
        yield visitor


@pytest.fixture
async def officer(visitor: Visitor) -> Visitor:
    """Karim at his desk."""
    assert (await sign_in(visitor)).status == 303
    return visitor
