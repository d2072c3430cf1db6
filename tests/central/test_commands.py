"""`mulhaqa-central`, as the prefecture's IT types it."""

from __future__ import annotations

import asyncio
import json
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import update

from central.catalogue_files import FOLDER
from central.commands import main
from central.installation import open_installation
from central.store import schema
from edge.press.pages import claims_of
from edge.press.typesetter import Typesetter
from edge.press.worker import make_certificate
from protocol.office.attestation import encode_token
from protocol.records.encoding import decode
from protocol.records.envelope import open_body, parse_record
from tests.central.provisioned import ANNEXE, Provisioned, issued_now, provision
from tests.central.web.support import REFERENCES, Annexe, reopened
from tests.edge.press.papers import RESIDENCE

OURS = sorted(FOLDER.glob("*.yaml"))
PASSWORD = "une phrase courte"
KARIM = ("--login", "karim", "--role", "officer", "--name-fr", "Karim Zerouali", "--name-ar", "كريم الزروالي")


@pytest.fixture
def data(tmp_path: Path, it: Provisioned) -> Path:
    """The folder of a prefecture that was installed."""
    folder = tmp_path / "prefecture"
    assert main(["install", "--data", str(folder), str(it.seed)]) == 0
    return folder


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], data: Path) -> Any:
    """What the next command says, out and err."""
    capsys.readouterr()
    return capsys.readouterr


def run(data: Path, *words: object) -> int:
    return main([*map(str, words), "--data", str(data)])


def published(data: Path) -> list[dict[str, Any]]:
    out = data.parent / "all.snapshot"
    assert run(data, "snapshot", "--out", out) == 0
    records: Any = decode(out.read_bytes(), max_size=1 << 24)
    return [open_body(parse_record(one), None) for one in records]


def kinds(data: Path) -> list[str]:
    return [str(event["kind"]) for event in published(data)]


def test_the_holidays_are_published_announced_listed_and_taken_back(data: Path, said: Any) -> None:
    assert run(data, "calendar", "list") == 0
    assert "run calendar publish" in said().out
    assert run(data, "calendar", "publish") == 0
    assert "3 published" in said().out
    feast = ("--day", "2027-03-10", "--name-ar", "عيد الفطر", "--name-fr", "Aïd al-Fitr")
    for answer in ("2027-03-10 is a holiday.", "2027-03-10 is a holiday already."):
        assert run(data, "calendar", "announce", *feast) == 0
        assert answer in said().out
    assert run(data, "calendar", "list") == 0
    listed = said().out
    assert "2027-03-10  announced  Aïd al-Fitr" in listed
    assert "2027-11-18  fixed      Fête de l’indépendance" in listed
    for answer in ("is no holiday any more", "was no holiday"):
        assert run(data, "calendar", "withdraw", "--day", "2027-03-10") == 0
        assert answer in said().out
    assert run(data, "calendar", "announce", "--day", "10/03/2027", "--name-ar", "ع", "--name-fr", "f") == 1
    assert "write it as 2027-03-10" in said().err
    assert kinds(data).count("calendar.published") == 5


def test_an_installation_keeps_its_secrets_sealed_and_closed(data: Path, it: Provisioned) -> None:
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "centre.key").stat().st_mode) == 0o600
    seed = it.seed.read_bytes()
    for path in data.iterdir():
        assert seed[200:264] not in path.read_bytes()
    assert kinds(data) == ["segment.opened", *["credential.published"] * 3]


def test_the_seed_can_be_destroyed_after_the_installation(tmp_path: Path, it: Provisioned) -> None:
    seed = tmp_path / "centre.seed"
    shutil.copy(it.seed, seed)
    assert main(["install", "--data", str(tmp_path / "prefecture"), str(seed)]) == 0
    seed.unlink()
    assert run(tmp_path / "prefecture", "catalogue", "publish") == 0


def test_a_second_installation_changes_nothing(data: Path, it: Provisioned, said: Any) -> None:
    assert main(["install", "--data", str(data), str(it.seed)]) == 1
    assert "installed already" in said().err


@pytest.mark.parametrize("name", ["berkane-05.keys", "centre.credential", "missing.seed"])
def test_what_is_no_seed_of_a_centre_installs_nothing(tmp_path: Path, it: Provisioned, name: str) -> None:
    assert main(["install", "--data", str(tmp_path / "prefecture"), str(it.folder / name)]) == 1
    assert not (tmp_path / "prefecture").exists()


def test_a_folder_without_its_key_is_refused_in_words(data: Path, said: Any) -> None:
    (data / "centre.key").unlink()
    assert run(data, "catalogue", "publish") == 1
    assert "restore it from its backup" in said().err


def test_a_folder_that_was_never_installed_is_refused_in_words(tmp_path: Path, said: Any) -> None:
    assert run(tmp_path / "nothing", "catalogue", "publish") == 1
    assert "install one with" in said().err


def test_the_catalogue_is_published_once(data: Path, said: Any) -> None:
    assert run(data, "catalogue", "publish") == 0
    assert f"{len(OURS)} published, 0 stood there already" in said().out
    assert run(data, "catalogue", "publish") == 0
    assert f"0 published, {len(OURS)} stood there already" in said().out
    assert kinds(data).count("catalogue.published") == len(OURS)


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Check a catalogue of one file; the exit code, and the lines that were said."""

    def check(text: str, name: str = "attestation-fiances.yaml") -> tuple[int, list[str]]:
        folder = tmp_path / "one"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        code = main(["catalogue", "check", str(folder)])
        return code, capsys.readouterr().out.splitlines()

    return check


def test_our_own_catalogue_may_be_published_and_no_prefecture_is_needed_to_say_so(capsys: Any) -> None:
    assert main(["catalogue", "check"]) == 0
    assert f"{len(OURS)} procedures read, 0 findings." in capsys.readouterr().out


def test_each_finding_of_the_check_is_a_line_that_names_its_file(checked: Any) -> None:
    whole = (FOLDER / "attestation-fiances.yaml").read_text()
    assert checked(whole) == (0, ["1 procedures read, 0 findings."])
    asking = whole.replace("l’original", "copie certifiée").replace("deadline_days: 60", "deadline_days: 90")
    code, said = checked(asking)
    assert code == 1
    assert len(said) == 3
    assert all(line.split(": ")[0].endswith("attestation-fiances.yaml") for line in said[:-1])
    assert any("law 55-19 allows 1 to 60 days" in line for line in said)
    assert any("certified copy" in line for line in said)
    assert said[-1] == "1 procedures read, 2 findings."


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (("id: attestation", "id: autre"), "name the file autre-fiances.yaml"),
        (("status: active", "status: open"), "cannot be read as a procedure"),
        (("fee:", "pieces: []\nfee:"), "'pieces' is written twice"),
        (("version: 1", "version: ["), "cannot be read as a procedure"),
    ],
)
def test_a_file_that_would_be_misread_is_a_finding(checked: Any, change: tuple[str, str], finding: str) -> None:
    code, said = checked((FOLDER / "attestation-fiances.yaml").read_text().replace(*change, 1))
    assert code == 1
    assert any(finding in line for line in said), said


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_a_catalogue_was_typed_wrongly(tmp_path: Path, capsys: Any, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["catalogue", "check", str(tmp_path / name)]) == 2
    assert "holds no procedure" in capsys.readouterr().err


def changed_catalogue(folder: Path, **changes: object) -> Path:
    shutil.copytree(FOLDER, folder / "catalogue")
    path = folder / "catalogue" / "attestation-fiances.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes, allow_unicode=True))
    return folder / "catalogue"


def test_another_text_under_a_published_version_is_refused_and_a_higher_version_taken(
    tmp_path: Path, data: Path, said: Any
) -> None:
    assert run(data, "catalogue", "publish") == 0
    changed = changed_catalogue(tmp_path, deadline_days=30)
    assert run(data, "catalogue", "publish", "--folder", changed) == 1
    assert "raise its version" in said().err
    shutil.rmtree(changed)
    higher = changed_catalogue(tmp_path, deadline_days=30, version=2)
    assert run(data, "catalogue", "publish", "--folder", higher) == 0
    assert "published: attestation-fiances 2" in said().out
    shutil.rmtree(higher)
    assert run(data, "catalogue", "publish", "--folder", changed_catalogue(tmp_path, version=0)) == 1


def test_nothing_of_a_catalogue_is_published_that_breaks_the_law(tmp_path: Path, data: Path, said: Any) -> None:
    piece = {"id": "copie", "label": {"ar": "نسخة", "fr": "Copie certifiée conforme"}, "needs": "left"}
    assert run(data, "catalogue", "publish", "--folder", changed_catalogue(tmp_path, pieces=[piece])) == 1
    assert "55-19" in said().err
    assert "catalogue.published" not in kinds(data)


def test_an_annexe_is_admitted_once_and_its_codes_verify_from_then_on(data: Path, it: Provisioned, said: Any) -> None:
    claims = replace(claims_of(RESIDENCE), annexe=ANNEXE)
    token = encode_token(claims, it.seals.token_key)
    assert run(data, "verify", token) == 1
    assert "not by an annexe of this prefecture" in said().out
    assert run(data, "annexe", "admit", it.credential) == 0
    assert "is admitted." in said().out
    assert run(data, "verify", token) == 0
    assert claims.reference in said().out
    assert run(data, "annexe", "admit", it.credential) == 0
    assert "admitted already" in said().out
    assert kinds(data).count("credential.published") == 4


def test_an_annexe_without_its_seal_is_admitted_with_a_word_about_it(
    tmp_path: Path, data: Path, it: Provisioned, said: Any
) -> None:
    alone = tmp_path / "alone.credential"
    shutil.copy(it.credential, alone)
    assert run(data, "annexe", "admit", alone) == 0
    assert "--seal" in said().out
    assert run(data, "annexe", "admit", alone, "--seal", it.seal) == 0


def test_nobody_else_is_admitted_as_an_annexe(tmp_path: Path, data: Path, it: Provisioned, said: Any) -> None:
    assert run(data, "annexe", "admit", it.folder / "centre.credential") == 1
    assert "not of an annexe" in said().err
    (tmp_path / "other").mkdir()
    stranger = provision(tmp_path / "other")
    said()
    assert run(data, "annexe", "admit", stranger.credential) == 1
    assert run(data, "annexe", "admit", it.credential, "--seal", stranger.seal) == 1
    assert "not issued by the authority" in said().err
    assert kinds(data).count("credential.published") == 3


def test_a_certificate_is_verified_as_file_and_as_code(tmp_path: Path, data: Path, it: Provisioned, said: Any) -> None:
    assert run(data, "annexe", "admit", it.credential) == 0
    paper = make_certificate(Typesetter(), issued_now(), it.seals)
    (tmp_path / "paper.pdf").write_bytes(paper.pdf)
    (tmp_path / "code.txt").write_text(f"{paper.token}\n")
    said()
    for what in (tmp_path / "paper.pdf", tmp_path / "code.txt", paper.token):
        assert run(data, "verify", what, "--json") == 0
        line = said().out
        answer = json.loads(line)
        assert line.count("\n") == 1
        assert answer["genuine"] is True
        assert answer["claims"]["reference"] == RESIDENCE.reference
    altered = bytearray(paper.pdf)
    altered[len(altered) // 2] ^= 1
    (tmp_path / "paper.pdf").write_bytes(altered)
    assert run(data, "verify", tmp_path / "paper.pdf", "--json") == 1
    assert json.loads(said().out)["claims"] is None


def test_what_cannot_be_read_is_said_and_not_genuine(data: Path, said: Any) -> None:
    assert run(data, "verify", "no-such-file.pdf") == 1
    assert "cannot be read" in said().err
    assert run(data, "verify", "\0") == 1


def add_staff(data: Path, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """As it is typed: the password comes on standard input, so that no list of processes shows it."""
    command = [sys.executable, "-m", "central", "staff", "add", *words, "--password-stdin", "--data", str(data)]
    return subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, check=False)


def test_an_officer_is_added_once_and_named_nowhere_on_the_disk(data: Path) -> None:
    done = add_staff(data, *KARIM)
    assert (done.returncode, done.stdout) == (0, "karim is added (officer).\n")
    again = add_staff(data, *KARIM)
    assert again.returncode == 1
    assert "taken" in again.stderr
    for path in data.iterdir():
        kept = path.read_bytes()
        for typed in ("karim", "Zerouali", "الزروالي", PASSWORD):
            assert typed.encode() not in kept


def test_every_slip_about_an_officer_is_said(data: Path) -> None:
    words = ("--login", "K!", "--role", "officer", "--name-fr", "K4", "--name-ar", "Karim")
    done = add_staff(data, *words, password="short")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 4
    assert "Traceback" not in done.stderr


def test_a_command_that_is_typed_wrongly_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["publish"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as helped:
        main(["--help"])
    assert helped.value.code == 0
    assert "verify" in capsys.readouterr().out


def test_the_list_of_void_certificates_is_published_written_out_and_checked_by_the_root_alone(
    data: Path, it: Provisioned, tmp_path: Path, said: Any
) -> None:
    out, root = tmp_path / "void.list", it.folder / "authority" / "root.credential"
    assert run(data, "revocations", "--out", out) == 0
    assert "Published." in said().out
    assert run(data, "revocations") == 0
    assert "stood there already" in said().out
    assert kinds(data)[-1] == "revocations.published"
    said()
    assert main(["revocations", "--check", str(out), "--root", str(root)]) == 0
    assert "whole and unchanged" in said().out
    assert main(["revocations"]) == 1
    assert "--data" in said().err
    whole = out.read_bytes()
    out.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert main(["revocations", "--check", str(out), "--root", str(root)]) == 1


async def _arrived(data: Path, it: Provisioned) -> None:
    async with reopened(open_installation(data)) as prefecture:
        annexe = Annexe(prefecture, it)
        annexe.submit("granted")
        await annexe.send("granted")


def test_a_request_can_be_audited_by_its_reference(data: Path, it: Provisioned, said: Any) -> None:
    assert run(data, "annexe", "admit", it.credential) == 0
    asyncio.run(_arrived(data, it))
    said()
    assert run(data, "audit", REFERENCES["granted"]) == 0
    text = said().out
    assert "request.submitted" in text
    assert f"of annexe {ANNEXE}, epoch 1" in text
    assert "does NOT hold" not in text
    assert "All 1 records verify." in text
    assert run(data, "audit", "--json", REFERENCES["granted"]) == 0
    *steps, whole = [json.loads(line) for line in said().out.splitlines()]
    assert (whole["verifies"], whole["records"]) == (True, len(steps))
    asyncio.run(_damaged(data))
    assert run(data, "audit", REFERENCES["granted"]) == 1
    assert "does NOT hold" in said().out


async def _damaged(data: Path) -> None:
    """Somebody who has the prefecture's disk changes what an annexe wrote."""
    async with reopened(open_installation(data)) as prefecture:
        table = schema.records
        async with prefecture.centre.store.database.write() as connection:
            sealed = table.c.subject.is_not(None)
            await connection.execute(update(table).where(sealed).values(encoded=b"nothing that can be read"))


def test_where_a_request_is_can_be_asked(data: Path, it: Provisioned, said: Any) -> None:
    assert run(data, "annexe", "admit", it.credential) == 0
    asyncio.run(_arrived(data, it))
    said()
    assert run(data, "where", REFERENCES["granted"]) == 0
    text = said().out
    assert f"{REFERENCES['granted']} ({ANNEXE})" in text
    assert "request.submitted" in text
    assert run(data, "where", "--json", REFERENCES["granted"]) == 0
    found = [json.loads(line) for line in said().out.splitlines()]
    assert [one["kind"] for one in found] == ["request.submitted"]
    assert found[0]["prefecture"]["since_ms"] >= found[0]["annexe"]["since_ms"] > 0
    assert run(data, "where", REFERENCES["other"]) == 1
    assert "No request of this reference has arrived" in said().err
