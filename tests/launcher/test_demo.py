"""The demo's words: where to click, how to sign in, and what is said of a port that is taken."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from launcher.demo import announcement, main
from launcher.progress import Refusal
from launcher.stage import AGENTS, Ports, Stage


def stage(folder: Path, edge: int = 9000) -> Stage:
    return Stage(folder, Ports(edge, edge + 1), say=lambda _line: None)


def test_every_screen_and_every_sign_in_is_printed(tmp_path: Path) -> None:
    text = announcement(stage(tmp_path))
    for path in ("kiosk", "counter", "authority", "display", "admin"):
        assert f"http://localhost:9000/{path}" in text
    assert "http://localhost:9001/" in text
    for agent in AGENTS:
        assert agent.login in text
        assert agent.password in text
    assert "Ctrl-C" in text


@pytest.mark.parametrize("which", [0, 1])
def test_a_port_that_is_taken_is_said_before_anything_is_made(
    tmp_path: Path, which: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main(["--port", str(port - which), "--data", str(tmp_path / "demo")]) == 1
    said = capsys.readouterr().err
    assert f"Port {port} is taken by another program" in said
    assert "--port" in said
    assert not (tmp_path / "demo").exists()


def test_a_folder_of_somebody_else_is_never_cleared(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(Refusal, match="holds something else"):
        stage(tmp_path).clear()
    assert (tmp_path / "letters.txt").exists()


def test_a_stage_that_was_made_half_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "centre.seed").write_text("half")
    assert not stage(tmp_path).is_made()
    stage(tmp_path).clear()
    assert not tmp_path.exists()


def test_no_password_is_in_the_print_of_an_agent() -> None:
    for agent in AGENTS:
        assert agent.password not in repr(agent)
