"""The worlds that the tests of a conversation live in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.protocol.sync.support import Prefecture, World, make_prefecture


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def new_world() -> Callable[[], World]:
    return World


@pytest.fixture
def stranger() -> Prefecture:
    """Another prefecture's keys and credentials."""
    return make_prefecture("another/")
