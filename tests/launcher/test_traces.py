"""Typed text that was left on a disk is found, in each way in which it may lie there."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from launcher.traces import traces

NAME = "Amina Zeroual"
ARABIC = "أمينة زروال"


@pytest.mark.parametrize("name", [NAME, ARABIC])
@pytest.mark.parametrize(
    "left",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"a" + text.encode() + b"z"),
        lambda text: base64.b64encode(b"ab" + text.encode() + b"yz"),
        lambda text: base64.urlsafe_b64encode(b"abc" + text.encode()),
    ],
)
def test_it_is_found(tmp_path: Path, name: str, left: object) -> None:
    assert callable(left)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file").write_bytes(b"before" + left(name) + b"after")
    (tmp_path / "data" / "other").write_bytes(b"nothing here")
    assert traces(tmp_path, [name], except_in=tmp_path / "papers") == ["data/file"]


def test_papers_that_were_handed_out_may_show_it(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "certificate.pdf").write_bytes(NAME.encode())
    assert traces(tmp_path, [NAME], except_in=tmp_path / "papers") == []


def test_texts_that_chance_would_find_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    assert traces(tmp_path, ["1234", ""], except_in=tmp_path / "papers") == []
