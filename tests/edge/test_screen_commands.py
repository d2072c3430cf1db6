"""`mulhaqa-edge screens pair`, as it is typed at the appliance: the first screen, and a room of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.commands import main
from edge.services.invitations import MOST_OPEN, fits_code, fits_token, found, read_code
from tests.edge.support import made_seed


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "annexe"
    assert main(["install", "--data", str(folder), str(made_seed(tmp_path))]) == 0
    return folder


def pair(data: Path, *words: str) -> int:
    return main(["screens", "pair", "--data", str(data), *words])


def test_the_first_screen_is_invited_before_anything_serves(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert pair(data, "--kind", "admin", "--origin", "http://berkane-05.annexe.internal:8080/") == 0
    said = capsys.readouterr().out
    [invitation] = found(data)
    assert (invitation.kind, invitation.name, invitation.confirmed) == ("admin", "Administration", True)
    address = next(line.strip() for line in said.splitlines() if "/pair/" in line)
    assert address.startswith("http://berkane-05.annexe.internal:8080/pair/admin#")
    assert fits_token(invitation, address.partition("#")[2])
    code = next(line.split()[-1] for line in said.splitlines() if " type " in line)
    assert fits_code(invitation, read_code(code))
    assert "█" in said, "the QR code of the address"


def test_a_room_of_screens_is_invited_at_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert pair(data, "--kind", "counter", "--kind", "counter", "--name", "Guichet", "--minutes", "60", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["kind"], line["name"]) for line in lines] == [("counter", "Guichet")] * 2
    assert len({line["code"][:2] for line in lines}) == len({line["address"] for line in lines}) == 2
    assert len(found(data)) == 2


def test_who_is_invited_again_has_one_invitation_and_they_do_not_pile_up(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(MOST_OPEN + 1):  # as a demo that is started again and again
        assert pair(data, "--kind", "kiosk", "--kind", "display") == 0
    assert sorted(one.kind for one in found(data)) == ["display", "kiosk"]
    for number in range(MOST_OPEN - 2):
        assert pair(data, "--kind", "counter", "--name", f"Guichet {number}") == 0
    capsys.readouterr()
    assert pair(data, "--kind", "admin") == 1
    assert "pair those first" in capsys.readouterr().err


def test_what_cannot_be_is_said(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pair(tmp_path / "nowhere", "--kind", "kiosk") == 1
    assert "holds no annexe yet" in capsys.readouterr().err
    for words in (
        ["--kind", "oven"],
        ["--kind", "kiosk", "--minutes", "0"],
        ["--kind", "kiosk", "--minutes", "9999"],
        [],
    ):
        with pytest.raises(SystemExit) as refused:
            pair(data, *words)
        assert refused.value.code == 2
    assert pair(data, "--kind", "kiosk", "--name", "x" * 41) == 1
    assert "Give the screen a name" in capsys.readouterr().err
    assert found(data) == []
