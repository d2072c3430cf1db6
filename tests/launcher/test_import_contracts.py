"""The contracts of pyproject.toml against a small house of the same plan: one bad import at a time must be caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = [
    "protocol", "protocol.errors", "protocol.wall_clock", "protocol.records", "protocol.office", "protocol.sync",
    "disk",
    "devices",
    "screens",
    "edge", "edge.web", "edge.services", "edge.press", "edge.reencoding", "edge.sync", "edge.store", "edge.custody",
    "central", "central.web", "central.store",
    "provisioning",
    "launcher",
    "bench",
]  # fmt: skip

GOOD = [
    ("protocol.records", "protocol.errors"),
    ("protocol.office", "protocol.records"),
    ("protocol.sync", "protocol.records"),
    ("disk", "protocol.sync"),
    ("edge.store", "disk"),
    ("edge.sync", "disk"),
    ("central.store", "disk"),
    ("screens", "protocol.errors"),
    ("screens", "protocol.wall_clock"),
    ("edge.web", "screens"),
    ("edge.web", "edge.services"),
    ("edge.services", "edge.store"),
    ("edge.services", "edge.press"),
    ("edge.services", "edge.reencoding"),
    ("edge.services", "devices"),
    ("edge.sync", "edge.store"),
    ("edge.store", "edge.custody"),
    ("central.web", "screens"),
    ("central.web", "central.store"),
    ("provisioning", "protocol.office"),
    ("launcher", "protocol.records"),
    ("bench", "launcher"),
    ("bench", "edge.store"),
]

BAD = [
    ("protocol.records", "edge.store"),
    ("protocol", "devices"),
    ("devices", "protocol.errors"),
    ("disk", "edge.store"),
    ("disk", "central.store"),
    ("disk", "devices"),
    ("protocol.sync", "disk"),
    ("screens", "disk"),
    ("edge.sync", "central.store"),
    ("central", "edge"),
    ("provisioning", "central"),
    ("central.store", "devices"),
    ("provisioning", "devices"),
    ("edge.services", "screens"),
    ("provisioning", "screens"),
    ("screens", "protocol.records"),
    ("screens", "edge.web"),
    ("protocol.records", "protocol.office"),
    ("protocol.sync", "protocol.office"),
    ("protocol.office", "protocol.sync"),
    ("protocol.errors", "protocol.records"),
    ("protocol.wall_clock", "protocol.office"),
    ("edge.store", "edge.services"),
    ("edge.custody", "edge.store"),
    ("edge.services", "edge.web"),
    ("edge.press", "edge.store"),
    ("edge.reencoding", "edge.store"),
    ("edge.press", "edge.reencoding"),
    ("edge.sync", "edge.services"),
    ("central.store", "central.web"),
    ("launcher", "edge"),
    ("launcher", "central"),
    ("edge", "launcher"),
    ("launcher", "bench"),
    ("edge", "bench"),
    ("bench", "screens"),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        folder = tmp_path / room.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(f'"""The room {room}."""\n')
    for importer, imported in GOOD:
        add_import(tmp_path, importer, imported)
    return tmp_path


def add_import(house: Path, importer: str, imported: str) -> None:
    folder = house / importer.replace(".", "/")
    with (folder / "door.py").open("a") as door:
        door.write(f"import {imported}\n")


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_house_built_to_plan_keeps_every_contract(house: Path) -> None:
    done = lint(house)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize(("importer", "imported"), BAD, ids=[f"{a}->{b}" for a, b in BAD])
def test_a_forbidden_import_breaks_a_contract(house: Path, importer: str, imported: str) -> None:
    add_import(house, importer, imported)
    done = lint(house)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert importer in done.stdout


def test_no_rule_is_forgotten_in_the_plan_of_this_test() -> None:
    importers = {importer.split(".")[0] for importer, _ in BAD}
    assert importers == {room.split(".")[0] for room in ROOMS}
