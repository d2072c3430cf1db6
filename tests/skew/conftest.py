"""Releases to install, and a pair that has just been."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.code_copy import copy_code
from tests.edge.support import made_seed
from tests.skew.pair import Pair
from tests.skew.releases import BEFORE_LOOKS, NEW_DICTIONARY, NEXT


@pytest.fixture(scope="module")
def this_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("this"))


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("next"), *NEXT)


@pytest.fixture(scope="module")
def better_compression(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("better"), *NEW_DICTIONARY)


@pytest.fixture(scope="module")
def before_looks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_code(tmp_path_factory.mktemp("before"), *BEFORE_LOOKS)


@pytest.fixture
def pair(tmp_path: Path, this_release: Path) -> Pair:
    seed = made_seed(tmp_path, documents=())
    found = Pair(tmp_path, this_release, this_release)
    found.edge("install", seed)
    found.central("install", tmp_path / "centre.seed")
    found.central("annexe", "admit", tmp_path / "berkane-05.credential")
    return found
