"""The prefecture's roots through the years: made, renewed, printed, lost, restored, listed."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from cryptography import x509

from protocol.records.credentials import Trust, parse_credential
from provisioning.commands import main
from provisioning.issuance import NAME

DAY = 86_400_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a new authority; its passphrase is in a file, as with --demo."""
    assert main(["authority", "init", "--demo", "--out", str(tmp_path / "authority")]) == 0
    return tmp_path / "authority"


def step(folder: Path, name: str, *more: object) -> int:
    words = [name, "--authority", folder, "--passphrase-file", folder / "passphrase.demo", *more]
    return main(["authority", *(str(word) for word in words)])


def restore(out: Path, passphrase: Path, *more: object) -> int:
    words = ["restore", "--out", out, "--passphrase-file", passphrase, *more]
    return main(["authority", *(str(word) for word in words)])


def held(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".demo"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def credential(folder: Path, name: str) -> bytes:
    return (folder / f"{name}.credential").read_bytes()


def sheet_lines(page: str) -> str:
    return "\n".join(re.findall(r"^(?:<pre>)?(\d\d: .* = ..)$", page, re.MULTILINE))


def test_no_root_lies_in_the_folder_in_the_clear(folder: Path) -> None:
    assert {path.name for path in (folder / "offline").iterdir()} == {"roots.sealed"}
    assert {path.name for path in folder.glob("*.key")} == {"issuer.key", "lan-authority.key", "seal-authority.key"}


def test_a_dry_run_makes_nothing_and_asks_for_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["authority", "init", "--dry-run", "--out", str(tmp_path / "authority")]) == 0
    assert "offline/roots.sealed" in capsys.readouterr().out
    assert not (tmp_path / "authority").exists()


@pytest.mark.parametrize("name", ["issuer", "sheet", "backup"])
def test_each_step_tells_beforehand_what_it_would_make(folder: Path, name: str, tmp_path: Path) -> None:
    before = held(folder)
    out = [] if name == "issuer" else ["--out", str(tmp_path / "out")]
    assert step(folder, name, "--dry-run", *out) == 0
    assert held(folder) == before
    assert not (tmp_path / "out").exists()


def test_a_short_passphrase_or_no_terminal_makes_no_authority(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short").touch(mode=0o600)
    (tmp_path / "short").write_text("easy\n")
    out = ["authority", "init", "--out", str(tmp_path / "authority")]
    assert main([*out, "--passphrase-file", str(tmp_path / "short")]) == 1
    assert "at least 20 characters" in capsys.readouterr().err
    assert main(out) == 1
    assert "no terminal" in capsys.readouterr().err
    assert not (tmp_path / "authority").exists()


def test_the_passphrase_comes_through_a_file_descriptor_too(folder: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, (folder / "passphrase.demo").read_bytes() + b"\n")
    os.close(writing)
    words = ["authority", "sheet", "--authority", str(folder), "--out", str(tmp_path / "sheet.html")]
    assert main([*words, "--passphrase-fd", str(reading)]) == 0
    os.close(reading)


def test_a_year_later_the_issuer_is_renewed_and_the_root_stays(folder: Path) -> None:
    root, issuer = credential(folder, "root"), credential(folder, "issuer")
    assert step(folder, "issuer") == 0
    assert credential(folder, "root") == root
    assert credential(folder, "issuer") != issuer
    trust = Trust([parse_credential(root)])
    for one in (issuer, credential(folder, "issuer")):
        trust.add(parse_credential(one))


def test_an_issuer_is_limited_by_kind_area_and_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert step(folder, "issuer", "--kinds", "screen,annexe", "--area", "berkane/nord", "--days", 90) == 0
    made = parse_credential(credential(folder, "issuer"))
    assert (made.rights, made.area) == (("annexe", "screen"), "berkane/nord")
    assert made.not_after - made.not_before == 91 * DAY
    assert step(folder, "issuer", "--kinds", "king") == 1
    assert step(folder, "issuer", "--days", 5000) == 1
    assert "an issuer signs for 1 to" in capsys.readouterr().err


def test_without_the_offline_root_no_issuer_is_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "offline" / "roots.sealed").unlink()
    assert step(folder, "issuer") == 1
    assert "bring it back" in capsys.readouterr().err


def test_another_passphrase_opens_no_root(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = held(folder)
    (folder / "passphrase.demo").write_text("another passphrase of some length")
    assert step(folder, "issuer") == 1
    assert "does not open it" in capsys.readouterr().err
    assert held(folder) == before


def test_a_lost_folder_comes_back_from_its_backup_as_it_was(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step(folder, "backup", "--out", tmp_path / "it.backup") == 0
    passphrase, back = folder / "passphrase.demo", tmp_path / "back"
    assert restore(back, passphrase, "--backup", tmp_path / "it.backup", "--dry-run") == 0
    assert not back.exists()
    assert restore(back, passphrase, "--backup", tmp_path / "it.backup") == 0
    assert held(back) == held(folder)
    assert {path.stat().st_mode & 0o777 for path in back.rglob("*.key")} == {0o600}
    assert restore(back, passphrase, "--backup", tmp_path / "it.backup") == 1
    assert "is there already" in capsys.readouterr().err


def test_the_roots_come_back_from_the_sheet_and_sign_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step(folder, "sheet", "--out", tmp_path / "sheet.html") == 0
    page = (tmp_path / "sheet.html").read_text("utf-8")
    (tmp_path / "typed.txt").write_text(sheet_lines(page).lower())
    back, passphrase = tmp_path / "back", folder / "passphrase.demo"
    capsys.readouterr()
    assert restore(back, passphrase, "--sheet", tmp_path / "typed.txt") == 0
    told = re.search(r"Fingerprint of the root: ([0-9A-F ]{39})", capsys.readouterr().out)
    assert told is not None
    assert f"<code>{told[1]}</code>" in page
    for name in ("root.credential", "seal-root.der", "lan-root.der", "offline/roots.sealed"):
        assert (back / name).read_bytes() == (folder / name).read_bytes()
    assert main(["authority", "issuer", "--authority", str(back), "--passphrase-file", str(passphrase)]) == 0
    Trust([parse_credential(credential(folder, "root"))]).add(parse_credential(credential(back, "issuer")))
    for kind in ("seal", "lan"):
        root, authority = (
            x509.load_der_x509_certificate((back / f"{kind}-{name}.der").read_bytes()) for name in ("root", "authority")
        )
        authority.verify_directly_issued_by(root)


def test_a_slip_on_the_sheet_is_named_before_the_passphrase_is_asked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step(folder, "sheet", "--out", tmp_path / "sheet.html") == 0
    lines = sheet_lines((tmp_path / "sheet.html").read_text("utf-8")).splitlines()
    (tmp_path / "typed.txt").write_text("\n".join([*lines[:3], *lines[4:]]))
    assert main(["authority", "restore", "--out", str(tmp_path / "back"), "--sheet", str(tmp_path / "typed.txt")]) == 1
    assert "Missing: line 4." in capsys.readouterr().err


def test_the_sheet_says_in_both_languages_what_it_is(folder: Path, tmp_path: Path) -> None:
    assert step(folder, "sheet", "--out", tmp_path / "sheet.html") == 0
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert "Feuille de secours" in page
    assert "ورقة استرجاع" in page
    assert "<svg" in page
    assert (folder / "passphrase.demo").read_text() not in page


def test_what_was_issued_is_listed_and_holds_no_secret(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["centre", "--authority", str(folder), "--out", str(folder.parent / "centre.seed")]) == 0
    capsys.readouterr()
    assert main(["authority", "list", "--authority", str(folder), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    x509_kinds = ["seal-root", "lan-root", "seal-authority", "lan-authority"]
    assert [line["kind"] for line in lines] == ["root", *x509_kinds, "issuer", "centre"]
    assert lines[-1]["by"] == lines[-2]["id"] == parse_credential(credential(folder, "issuer")).id.hex()
    assert main(["authority", "list", "--authority", str(folder), "--ends-within", "500"]) == 0
    told = capsys.readouterr().out
    assert "issued centre prefecture" in told
    assert "issued root" not in told


@pytest.mark.parametrize("change", ["taken out", "changed"])
def test_a_line_that_was_taken_out_or_changed_stops_everything(
    folder: Path, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (folder / NAME).read_text().splitlines(keepends=True)
    lines[1:2] = [] if change == "taken out" else [lines[1].replace("berkane", "oujda")]
    (folder / NAME).write_text("".join(lines))
    assert main(["authority", "list", "--authority", str(folder)]) == 1
    assert f"line {2 if change == 'taken out' else 3}, is not as it was written" in capsys.readouterr().err
    assert step(folder, "issuer") == 1
