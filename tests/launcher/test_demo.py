"""The demo's words: where to click, how to sign in, and what is said of a port that is taken."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import pytest

from central.commands import parser as central
from launcher.demo import announcement, main
from launcher.pairing import KINDS
from launcher.stage import AGENTS, Ports, Stage, free_ports, taken

INVITED = {kind: f"http://localhost:9000/pair/{kind}#secret-of-{kind}" for kind in KINDS}


def stage(folder: Path, edge: int = 9000) -> Stage:
    return Stage(folder, Ports(edge, edge + 1), say=lambda _line: None)


def test_every_screen_and_every_sign_in_is_printed(tmp_path: Path) -> None:
    text = announcement(stage(tmp_path), INVITED)
    for address in INVITED.values():
        assert address in text
    assert "http://localhost:9001/" in text
    for agent in AGENTS:
        assert agent.login in text
        assert agent.password in text
    assert "Ctrl-C" in text


def test_the_folder_that_plays_a_stick_is_named_with_what_the_prefecture_types(tmp_path: Path) -> None:
    made = stage(tmp_path / "my demo")
    text = announcement(made, INVITED)
    assert str(made.stick) in text
    typed = [shlex.split(line) for line in text.splitlines() if "mulhaqa-central" in line]
    assert [words[1] for words in typed] == ["import", "export"]
    for _, *words in typed:
        chosen = central().parse_args(words)
        assert (chosen.data, chosen.folder) == (made.centre_data, made.stick)


def neighbours() -> int:
    """The first of two free ports that follow one another."""
    while True:
        port = free_ports().edge
        if not taken(port + 1):
            return port


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_that_is_taken_is_said_before_anything_is_made(
    tmp_path: Path, which: int, capsys: pytest.CaptureFixture[str]
) -> None:
    port = neighbours()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + which))
        other.listen()
        assert main(["--port", str(port), "--data", str(tmp_path / "demo")]) == 1
    said = capsys.readouterr().err
    assert f"Port {port + which} is taken by another program" in said
    assert "--port" in said
    assert not (tmp_path / "demo").exists()


def test_a_folder_of_somebody_else_is_never_cleared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "letters.txt").write_text("dear")
    assert main(["--port", str(neighbours()), "--data", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "letters.txt"}


@pytest.mark.parametrize("words", [[], ["--fresh"]])
def test_the_data_of_a_demo_that_runs_is_left_alone(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    running = stage(tmp_path)
    running.ground.begin()
    running.ground.finish({})
    (tmp_path / "accounts").write_text("many")
    with running.ground.held():
        assert main(["--port", str(neighbours()), "--data", str(tmp_path), *words]) == 1
    assert "is in use by another start" in capsys.readouterr().err
    assert (tmp_path / "accounts").exists()


def test_no_password_is_in_the_print_of_an_agent() -> None:
    for agent in AGENTS:
        assert agent.password not in repr(agent)
