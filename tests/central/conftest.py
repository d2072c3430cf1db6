"""What the prefecture's IT made: an authority, the server's seed, an annexe's keys; once for all tests."""

from __future__ import annotations

import pytest

from tests.central.provisioned import Provisioned, provision


@pytest.fixture(scope="session")
def it(tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    return provision(tmp_path_factory.mktemp("it"))
