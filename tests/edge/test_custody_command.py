"""`mulhaqa-edge custody`, as prefecture IT types it; and a start without its key, until it comes."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from edge.commands import main
from edge.custody.here import keeper_here
from edge.custody.keeper import Locked
from edge.installation import install, open_installation, require_installed
from edge.listening import Place
from edge.starting import Starting
from edge.unlocking import unlocked_installation
from protocol.errors import OperatorError
from tests.edge.custody.support import PHRASE
from tests.edge.support import made_seed
from tests.edge.web.support import Clock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of an annexe that was installed with its key in a plain file, and a stick's folder beside it."""
    install(tmp_path / "annexe", made_seed(tmp_path, documents=()).read_bytes(), os.urandom)
    (tmp_path / "media" / "stick").mkdir(parents=True)
    (tmp_path / "phrase").write_text(f"{PHRASE}\n")
    return tmp_path / "annexe"


def custody(data: Path, *words: str) -> int:
    return main(["custody", words[0], "--data", str(data), *words[1:]])


def phrase(data: Path) -> tuple[str, str]:
    return "--new-passphrase-file", str(data.parent / "phrase")


def sticks(data: Path) -> tuple[str, str]:
    return "--sticks", str(data.parent / "media")


def test_the_key_moves_from_the_card_to_a_passphrase_and_the_annexe_opens_as_before(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed = (data / "seed.sealed").read_bytes()
    assert custody(data, "list") == 0
    assert "file" in capsys.readouterr().out
    assert custody(data, "add", "passphrase", *phrase(data)) == 0
    assert "whoever takes the card reads it" in capsys.readouterr().out
    assert custody(data, "remove", "file") == 0
    assert "waits for a person" in capsys.readouterr().out
    assert not (data / "vault.key").exists()
    with pytest.raises(Locked):
        open_installation(data)
    assert open_installation(data, lambda _question: PHRASE).seed.annexe_id == "berkane-05"
    assert (data / "seed.sealed").read_bytes() == sealed, "nothing that the key seals is written anew"


def test_a_dry_run_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    custody(data, "add", "usb", *sticks(data))
    before = {path: path.read_bytes() for path in data.parent.rglob("*") if path.is_file()}
    for words in (
        ("add", "passphrase", "--dry-run"), ("add", "usb", "--dry-run"), ("change", "usb", "--dry-run", *sticks(data)),
        ("remove", "file", "--dry-run"), ("add", "recovery", "--dry-run", "--sheet", str(data.parent / "sheet.html")),
    ):  # fmt: skip
        assert custody(data, *words) == 0
        assert "Nothing was changed" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in data.parent.rglob("*") if path.is_file()} == before


def test_the_sheet_that_is_printed_lets_a_new_way_in(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = data.parent / "sheet.html"
    assert custody(data, "add", "recovery", "--sheet", str(page)) == 0
    assert page.stat().st_mode & 0o777 == 0o600
    lines = re.findall(r"^(?:<pre>)?(\d\d: .*)$", page.read_text(), re.MULTILINE)
    assert len(lines) >= 2
    assert custody(data, "add", "usb", *sticks(data)) == 0
    assert custody(data, "remove", "file") == 0
    (data.parent / "media" / "stick").rename(data.parent / "lost")
    (data.parent / "media" / "new").mkdir()
    (data.parent / "typed").write_text("\n".join(lines).lower())
    assert custody(data, "change", "usb", *sticks(data), "--recovery-sheet", str(data.parent / "typed")) == 0
    assert keeper_here(data, data.parent / "media").key()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "recovery"), "--sheet"),
        (("add", "credential"), "LoadCredentialEncrypted"),
        (("add", "otp", "--dry-run"), "one-time-programmable"),
        (("remove", "file"), "only way"),
        (("remove", "usb"), "0 ways"),
        (("change", "file"), "add another way"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert custody(data, *words) == 1
    assert said in capsys.readouterr().err


def test_a_sheet_is_not_left_beside_what_it_opens(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert custody(data, "add", "recovery", "--sheet", str(data / "sheet.html")) == 1
    assert "elsewhere" in capsys.readouterr().err


def test_a_new_annexe_begins_with_the_way_that_was_chosen(tmp_path: Path) -> None:
    seed, media = made_seed(tmp_path, documents=()), tmp_path / "media"
    (media / "stick").mkdir(parents=True)
    words = ["--custody", "usb", "--sticks", str(media)]
    assert main(["install", "--data", str(tmp_path / "annexe"), *words, str(seed)]) == 0
    assert not (tmp_path / "annexe" / "vault.key").exists()
    key = keeper_here(tmp_path / "annexe", media).key()
    assert all(key not in path.read_bytes() for path in (tmp_path / "annexe").rglob("*") if path.is_file())


async def test_a_start_without_its_stick_waits_and_goes_on_when_it_is_plugged_in(data: Path) -> None:
    media, told = data.parent / "media", list[str]()
    keeper = keeper_here(data, media)
    keeper.add("usb", keeper.key())
    keeper.remove((keeper.slots() or [])[0])
    (media / "stick").rename(data.parent / "drawer")

    class Told(Starting):
        def locked(self) -> None:
            super().locked()
            (data.parent / "drawer").rename(media / "stick")  # the locked pages are served: now the stick comes

    starting = Told(lambda: 0.0, told.append)
    async with asyncio.timeout(30):
        found = await unlocked_installation(
            data, keeper, place=Place("127.0.0.1", 0, True, None, ""), now=Clock(), entropy=os.urandom,
            starting=starting,
        )  # fmt: skip
    assert found is not None
    assert found.seed.annexe_id == "berkane-05"
    assert "Locked" in told[0]
    require_installed(data)


async def test_a_port_that_is_taken_is_said_before_anyone_waits(data: Path) -> None:
    keeper = keeper_here(data, data.parent / "media")
    keeper.add("usb", keeper.key())
    keeper.remove((keeper.slots() or [])[0])
    (data.parent / "media" / "stick").rename(data.parent / "drawer")
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OperatorError, match="cannot be opened"):
            await unlocked_installation(
                data, keeper, place=Place("127.0.0.1", port, True, None, ""), now=Clock(), entropy=os.urandom,
                starting=Starting(lambda: 0.0, lambda _: None),
            )  # fmt: skip
