"""`mulhaqa-edge`, as prefecture IT types it on a new appliance."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.commands import main, now_ms
from edge.installation import open_installation
from edge.opening import open_store
from edge.store.lock import WriterLock
from edge.store.schema import DATABASE
from tests.edge.store.support import account_opened, open_account, submit
from tests.edge.support import made_seed

PASSWORD = "une phrase courte"
REFERENCE = "B05-QWDSK-NZ7XS"
SALMA = ("--login", "salma", "--role", "clerk", "--name-fr", "Salma Bennani", "--name-ar", "سلمى بناني")


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    return made_seed(tmp_path)


@pytest.fixture
def data(tmp_path: Path, seed: Path) -> Path:
    """The folder of an annexe that was installed."""
    folder = tmp_path / "annexe"
    assert main(["install", "--data", str(folder), str(seed)]) == 0
    return folder


def add_staff(data: Path, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """As it is typed: the password comes on standard input, so that no list of processes shows it."""
    command = [sys.executable, "-m", "edge", "add-staff", "--data", str(data), *words, "--password-stdin"]
    return subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, check=False)


def test_an_annexe_is_installed_verified_and_folded_anew(
    tmp_path: Path, seed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "annexe"
    assert main(["install", "--data", str(data), str(seed)]) == 0
    assert "with 4 records of the prefecture" in capsys.readouterr().out
    assert main(["verify-log", "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "all: 4 records" in said
    assert "The log is sound." in said
    assert main(["rebuild-views", "--data", str(data)]) == 0
    assert main(["verify-log", "--data", str(data)]) == 0


def test_an_annexe_without_a_guide_yet_is_installed_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = made_seed(tmp_path, documents=())
    assert main(["install", "--data", str(tmp_path / "annexe"), str(seed)]) == 0
    assert "with 0 records" in capsys.readouterr().out
    assert main(["verify-log", "--data", str(tmp_path / "annexe")]) == 0


def test_an_agent_is_added_once_and_his_password_shown_nowhere(data: Path) -> None:
    done = add_staff(data, *SALMA)
    assert (done.returncode, done.stdout) == (0, "salma is added (clerk).\n")
    again = add_staff(data, *SALMA)
    assert again.returncode == 1
    assert "taken" in again.stderr
    assert PASSWORD not in done.stdout + done.stderr + again.stdout + again.stderr
    for path in data.iterdir():
        kept = path.read_bytes()
        assert b"salma" not in kept
        assert PASSWORD.encode() not in kept
    assert main(["verify-log", "--data", str(data)]) == 0


def test_every_slip_of_an_agent_is_said(data: Path) -> None:
    done = add_staff(
        data, "--login", "S!", "--role", "clerk", "--name-fr", "S4", "--name-ar", "Salma", password="short"
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 4
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--origin", "--centre-url", "--verify-url"])
@pytest.mark.parametrize("text", ["prefecture", "ftp://prefecture", "http://", "localhost:8081"])
def test_an_address_that_is_none_is_wrong_usage(
    data: Path, option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["run", "--data", str(data), option, text])
    assert refused.value.code == 2
    assert "is no address: it begins with http:// or https://" in capsys.readouterr().err


def test_a_second_installation_changes_nothing(data: Path, seed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["install", "--data", str(data), str(seed)]) == 1
    assert "installed already" in capsys.readouterr().err


def test_a_flipped_byte_in_the_log_is_found(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = data / DATABASE
    content = bytearray(database.read_bytes())
    at = content.index(b"segment1") + 40
    content[at] ^= 1
    database.write_bytes(bytes(content))
    assert main(["verify-log", "--data", str(data)]) == 1
    assert "NOT SOUND" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["verify-log", "rebuild-views", "run"])
def test_a_folder_that_is_no_annexe_is_said_so(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--data", str(tmp_path / "nowhere")]) == 1
    assert "mulhaqa-edge install" in capsys.readouterr().err


def test_a_seed_that_is_none_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--data", str(tmp_path / "annexe"), str(tmp_path / "no.seed")]) == 1
    (tmp_path / "bad.seed").write_bytes(b"hello")
    assert main(["install", "--data", str(tmp_path / "annexe"), str(tmp_path / "bad.seed")]) == 1
    assert not (tmp_path / "annexe").exists()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["run"],
        ["run", "--data", "x", "--undo-seconds", "-1"],
        ["run", "--data", "x", "--undo-seconds", "nan"],
        ["run", "--data", "x", "--undo-seconds", "3601"],
        ["run", "--data", "x", "--undo-seconds", "soon"],
        ["add-staff", "--data", "x", *SALMA],
        ["add-staff", "--data", "x", "--login", "a", "--role", "king"],
    ],
)
def test_what_is_typed_wrongly_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: mulhaqa-edge" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["install"], ["run"], ["add-staff"], ["rebuild-views"], ["verify-log"]])
def test_every_command_explains_itself(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out) > 100


async def _asked(data: Path) -> None:
    store = await open_store(open_installation(data), now_ms, os.urandom)
    try:
        account = await open_account(store, 0, account_opened())
        await submit(store, account, REFERENCE)
    finally:
        await store.close()


def test_where_a_request_is_can_be_asked_beside_a_running_appliance(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_asked(data))
    capsys.readouterr()
    lock = WriterLock(data)  # as the service has it
    try:
        assert main(["where", "--data", str(data), REFERENCE.lower()]) == 0
        said = capsys.readouterr().out
        assert main(["where", "--data", str(data), "--json", REFERENCE]) == 0
        (line,) = capsys.readouterr().out.splitlines()
    finally:
        lock.release()
    assert said.startswith(REFERENCE)
    assert "request.submitted" in said
    assert "prefecture not yet" in said
    assert json.loads(line)["prefecture"] == {"held": False, "since_ms": None, "why": None}


def test_where_says_what_is_wrong_with_a_reference(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "--data", str(data), "B05-1SRP8-9DKA0"]) == 1
    assert "No request of this reference is on this appliance" in capsys.readouterr().err


def test_the_annexes_own_appliance_is_not_promoted_and_follows_nobody(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["promote", "--data", str(data), "--yes"]) == 0
    assert "This appliance is berkane-05 already" in capsys.readouterr().out
    running = [
        sys.executable,
        "-m",
        "edge",
        "run",
        "--data",
        str(data),
        "--port",
        "0",
        "--follow",
        "http://127.0.0.1:1",
    ]
    done = subprocess.run(running, capture_output=True, text=True, check=False)  # its journal is its process's own
    assert done.returncode == 1
    assert "follows no other" in done.stderr
