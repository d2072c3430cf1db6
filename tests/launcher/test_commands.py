"""The command line of `./mulhaqa`, and its summary of checks."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import checks
from launcher.checks import Check, Outcome
from launcher.commands import main, parser
from launcher.environment import ROOT
from launcher.progress import Speaker

BARE = ["__init__", "commands", "environment", "debian", "checks", "progress", "options", "people", "stopping"]


def test_a_newcomer_finds_every_command_in_the_help() -> None:
    text = parser().format_help()
    for command in ("demo", "selftest", "test", "pictures", "bench"):
        assert f"./mulhaqa {command}" in text
        assert (ROOT / "launcher" / f"{command}.py").exists() or command in {"test", "bench"}


@pytest.mark.parametrize("words", [[], ["dance"], ["test", "--wat"]])
def test_a_wrong_word_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2
    assert "usage: mulhaqa" in capsys.readouterr().err


@pytest.mark.parametrize("module", BARE)
def test_set_up_needs_nothing_but_pythons_own_library(module: str) -> None:
    tree = ast.parse((ROOT / "launcher" / f"{module}.py").read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= {*sys.stdlib_module_names, "launcher"}


def test_the_script_runs_on_a_bare_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "mulhaqa"), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "./mulhaqa demo" in done.stdout


@pytest.mark.parametrize("command", ["demo", "selftest", "test", "pictures", "bench"])
def test_the_help_of_each_command_needs_no_set_up(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "mulhaqa"), command, "--help"],
        env={"MULHAQA_ENVIRONMENT": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert f"usage: mulhaqa {command}" in done.stdout
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("port", ["80", "0", "65535", "http", "-1"])
def test_a_port_that_is_none_is_wrong_usage(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["demo", f"--port={port}"])
    assert refused.value.code == 2
    assert "choose one from 1024 to 65534" in capsys.readouterr().err


def test_one_failed_check_fails_the_run_and_hides_no_other() -> None:
    said = io.StringIO()
    good, bad = Check("good", "passes", ("-c", "")), Check("bad", "fails", ("-c", "raise SystemExit(3)"))
    lots = [good, bad, good]
    outcomes = checks.run(Path(sys.executable), lots, Speaker(said), clock=lambda: 0.0)
    assert [outcome.status for outcome in outcomes] == [0, 3, 0]
    assert checks.summary(outcomes, Speaker(said)) == 1
    assert "checks: 2 passed, 1 failed" in said.getvalue()
    assert "FAILED  bad" in said.getvalue()


def test_a_suite_that_ran_no_test_has_failed() -> None:
    outcome = Outcome(Check("pytest", "the tests", ("-m", "pytest")), checks.NO_TEST_RAN, 0.1)
    assert not outcome.passed
    assert "no test ran" in outcome.line()


def test_a_fast_run_skips_only_the_browser() -> None:
    left_out = set(checks.chosen(fast=False)) - set(checks.chosen(fast=True))
    assert {check.name for check in left_out} == {"journeys"}


def test_the_types_of_every_folder_are_checked() -> None:
    mypy = next(check for check in checks.CHECKS if check.name == "mypy")
    assert {"protocol", "launcher", "tests"} <= set(mypy.command)
