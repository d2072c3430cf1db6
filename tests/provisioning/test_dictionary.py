"""The dictionary that a release carries is the one that training gives, and it was worth it."""

from __future__ import annotations

from pathlib import Path

import pytest
from zstandard import ZstdCompressionDict, ZstdCompressor

from protocol.office import forms_text, synthetic
from protocol.office.events import to_value
from protocol.records.compression import compress, decompress
from protocol.records.dictionaries import DICTIONARIES
from protocol.records.encoding import encode
from provisioning import dictionary
from provisioning.commands import main


def test_nobody_edited_the_dictionary_of_this_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "--check"]) == 0, "synthetic events changed: run mulhaqa-provision dictionary"


def test_an_edited_dictionary_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "v1.py"
    path.write_text(dictionary.module_text().replace("DICTIONARY", "DICTIONARX"), encoding="utf-8")
    assert main(["dictionary", "--check", "--out", str(path)]) == 1
    assert "edited by hand" in capsys.readouterr().err


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for name in ("one.py", "two.py"):
        assert main(["dictionary", "--out", str(tmp_path / name)]) == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_events_that_it_never_saw_become_less_than_half() -> None:
    events = [encode(event) for event in synthetic.samples(dictionary.SEED + 1, 1000)]
    packed = [compress(event) for event in events]
    assert [decompress(data, max_size=1 << 20) for data in packed] == events
    assert sum(map(len, packed)) < 0.5 * sum(map(len, events))


def test_forms_that_it_never_saw_become_less_than_two_fifths() -> None:
    events = [encode(to_value(event)) for event in forms_text.events(dictionary.FORMS_SEED + 1, 1000)]
    assert sum(len(compress(event)) for event in events) < 0.4 * sum(map(len, events))


def test_what_the_first_dictionary_compressed_still_opens() -> None:
    first = ZstdCompressor(level=12, dict_data=ZstdCompressionDict(DICTIONARIES[1]), write_dict_id=False)
    for event in synthetic.samples(1, 20):
        plain = encode(event)
        assert decompress(b"\x01" + first.compress(plain), max_size=1 << 20) == plain
