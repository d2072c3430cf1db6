"""When the environment is made, kept, added to, and made anew."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import environment
from launcher.environment import DEVELOPMENT, RUNTIME, STAMP, place, python_of, satisfied
from launcher.progress import Refusal, Speaker


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder that looks like an environment made now from the development lock."""
    folder = tmp_path / "venv"
    python_of(folder).parent.mkdir(parents=True)
    python_of(folder).touch()
    (folder / "pyvenv.cfg").touch()
    environment.write_stamp(folder, DEVELOPMENT)
    return folder


def edit_stamp(folder: Path, **changes: str) -> None:
    stamp = json.loads((folder / STAMP).read_text())
    (folder / STAMP).write_text(json.dumps({**stamp, **changes}))


def test_an_environment_made_for_tests_serves_the_demo_too(made: Path) -> None:
    assert satisfied(made, DEVELOPMENT)
    assert satisfied(made, RUNTIME)


def test_one_made_for_the_demo_does_not_serve_the_tests(made: Path) -> None:
    environment.write_stamp(made, RUNTIME)
    assert satisfied(made, RUNTIME)
    assert not satisfied(made, DEVELOPMENT)


@pytest.mark.parametrize("what", ["python", "development.lock"])
def test_another_python_or_another_lock_makes_it_anew(made: Path, what: str) -> None:
    edit_stamp(made, **{what: "another"})
    assert not satisfied(made, DEVELOPMENT)


@pytest.mark.parametrize("stamp", ["", "[]", "{", "null"])
def test_a_damaged_stamp_is_no_stamp(made: Path, stamp: str) -> None:
    (made / STAMP).write_text(stamp)
    assert not satisfied(made, RUNTIME)


def test_an_environment_whose_interpreter_is_gone_is_none(made: Path) -> None:
    python_of(made).unlink()
    assert not satisfied(made, RUNTIME)


def test_a_ready_environment_is_used_without_a_word(made: Path) -> None:
    said = io.StringIO()
    assert environment.provide(RUNTIME, Speaker(said), made) == python_of(made)
    assert said.getvalue() == ""


def test_a_folder_that_is_no_environment_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(Refusal, match="is not a Python environment"):
        environment.provide(RUNTIME, Speaker(io.StringIO()), tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_the_environment_lies_in_the_clone_unless_a_variable_names_another(tmp_path: Path) -> None:
    assert place({}) == environment.ROOT / ".venv"
    assert place({"MULHAQA_ENVIRONMENT": ""}) == environment.ROOT / ".venv"
    assert place({"MULHAQA_ENVIRONMENT": str(tmp_path)}) == tmp_path


def pins(name: str) -> dict[str, str]:
    text = environment.Lock(name).path.read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_the_tests_run_on_the_very_versions_that_the_product_runs_on() -> None:
    runtime, development = pins("runtime.lock"), pins("development.lock")
    assert runtime
    assert {name: development.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("name", ["runtime.lock", "development.lock"])
def test_every_pin_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", environment.Lock(name).path.read_text(), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(name))
    for block in blocks:
        assert "--hash=sha256:" in block


@pytest.mark.parametrize("name", ["runtime.lock", "development.lock"])
def test_a_lock_names_no_place_of_the_machine_that_it_was_made_on(name: str) -> None:
    lines = environment.Lock(name).path.read_text().splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line or " /" in line] == []


def test_our_own_commands_stand_beside_the_interpreter(made: Path) -> None:
    python_of(made).write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python_of(made).chmod(0o755)
    environment.write_scripts(made)
    assert {path.name for path in (made / "bin").iterdir()} >= {"mulhaqa-edge", "mulhaqa-central", "mulhaqa-provision"}
    command = [str(made / "bin" / "mulhaqa-provision"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "mulhaqa-provision authority" in done.stdout
