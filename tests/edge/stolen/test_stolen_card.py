"""Whoever takes the card, while the annexe works or after kill -9, finds nobody on it: not in the database, its
write-ahead log, what was scanned or sealed, what the service said, or its temporary files."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import zstandard

from edge.custody.here import keeper_here
from edge.custody.keeper import Locked
from tests.edge.stolen.day import PEOPLE, PHRASE
from tests.edge.stolen.traces import traces

ROOT = Path(__file__).parents[3]


def test_a_stolen_card_and_all_that_the_service_said_name_nobody(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "tests.edge.stolen.day", str(tmp_path)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    seen = json.loads((tmp_path / "seen.json").read_text())
    card, said = tmp_path / "annexe", tmp_path / "said"
    assert (card / "mulhaqa.db-wal").stat().st_size
    assert list((card / "scans").iterdir())
    assert any("appliance.unlocked" in log.read_text() for log in said.iterdir())
    assert traces([card, tmp_path / "open", said, temporary], wanted(seen)) == []
    for folder in (card, tmp_path / "open"):
        with pytest.raises(Locked):
            keeper_here(folder).key()


def wanted(seen: dict[str, str | list[str]]) -> dict[str, bytes]:
    """All that was typed, scanned, sealed and kept secret that day."""
    found = {"the vault's key": bytes.fromhex(str(seen["key"])), "the passphrase": PHRASE.encode()}
    scan = bytes.fromhex(str(seen["scan"]))
    found["the scan"] = scan[len(scan) // 2 :][:48]
    for number, paper in enumerate(seen["papers"]):
        found[f"paper {number}"] = bytes.fromhex(paper)[2_000:2_048]
    for number, reference in enumerate(seen["references"]):
        found[f"reference {number}"] = reference.encode()
    for number, person in enumerate(PEOPLE):
        for name in ("cnie", "name_fr", "name_ar", "phone", "birth_date", "address", "pin"):
            found[f"{name} of {number}"] = getattr(person, name).encode()
        found[f"surname of {number}"] = person.name_fr.split()[1].encode()
        found[f"telephone of {number}"] = person.phone[1:].encode()
    return found


NAME = "Zahra Bouskoura"


@pytest.mark.parametrize(
    "planted",
    [
        NAME.encode(), NAME.encode("utf-16-le"), NAME.encode("utf-16-be"), NAME.encode()[::-1],
        NAME.encode().hex().encode(), base64.b64encode(b"x" + NAME.encode()), base64.b64encode(b"xy" + NAME.encode()),
        zlib.compress(NAME.encode() * 3), gzip.compress(NAME.encode(), mtime=0),
        zstandard.compress(NAME.encode() * 3),
    ],
)  # fmt: skip
def test_the_eye_of_the_thief_finds_a_name_in_every_form(tmp_path: Path, planted: bytes) -> None:
    (tmp_path / "file").write_bytes(b"before" + planted + b"after")
    assert traces([tmp_path], {"the name": NAME.encode()}) == ["the name in file"]


def test_the_eye_of_the_thief_knows_a_paper_and_reads_the_names_of_files(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"...%PDF-1.7")
    assert traces([tmp_path], {"the name": NAME.encode()}) == [f"a PDF in {NAME}", "the name names a file"]
