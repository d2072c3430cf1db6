"""One typesetter for the whole run: loading the fonts takes longer than most tests."""

from __future__ import annotations

import pytest

from edge.press.typesetter import Typesetter


@pytest.fixture(scope="session")
def typesetter() -> Typesetter:
    return Typesetter()
