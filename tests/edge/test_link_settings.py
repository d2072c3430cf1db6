"""The link's settings: what they may say, and what is said where they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.link_settings import SETTINGS, LinkSettings, read_link
from edge.sync.caps import Cap
from edge.sync.link import Proxy
from protocol.errors import OperatorError

PIN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def written(folder: Path, text: str, credentials: str | None = None, mode: int = 0o600) -> Path:
    (folder / SETTINGS).write_text(text)
    if credentials is not None:
        path = folder / "proxy.credentials"
        path.write_text(credentials)
        path.chmod(mode)
    return folder


def test_an_annexe_without_settings_dials_as_its_seed_says(tmp_path: Path) -> None:
    assert read_link("", tmp_path) == LinkSettings()


def test_all_of_them_are_read(tmp_path: Path) -> None:
    text = f"""
        proxy = "http://10.0.0.1:3128"
        proxy-credentials = "proxy.credentials"
        certificate-sha256 = "{PIN}"
        caps = ["08:00-16:00 4 KiB/s", "22:00-06:00 64 KiB/s"]
    """
    settings = read_link("", written(tmp_path, text, "annexe:pass:word\n"))
    assert settings.proxy == Proxy("http://10.0.0.1:3128", "annexe", "pass:word")
    assert settings.pin == bytes.fromhex(PIN)
    assert settings.caps == (Cap(480, 960, 4096), Cap(1320, 360, 65536))
    assert "word" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("proxxy = ''", "unknown field"),
        ('proxy = "10.0.0.1:3128"', "no address"),
        ('proxy = "https://10.0.0.1:3128"', "no address"),
        ('proxy = "http://user:secret@10.0.0.1:3128"', "carries a password"),
        ('proxy-credentials = "proxy.credentials"', "name credentials and no proxy"),
        ('certificate-sha256 = "9f86"', "are wrong"),
        ('caps = ["all day"]', "is no cap"),
    ],
)
def test_what_is_wrong_in_them_is_said_with_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(OperatorError, match=why) as refused:
        read_link("", written(tmp_path, text))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("credentials", "mode", "why"),
    [
        (None, 0o600, "cannot be read"),
        ("annexe:secret", 0o640, "can be read by others"),
        ("secret", 0o600, "one line, name:password"),
        ("annexe:secret\nmore", 0o600, "one line, name:password"),
        ("a:" + "secret" * 500, 0o600, "one line, name:password"),
    ],
)
def test_credentials_are_one_line_that_only_the_service_reads(
    tmp_path: Path, credentials: str | None, mode: int, why: str
) -> None:
    text = 'proxy = "http://10.0.0.1:3128"\nproxy-credentials = "proxy.credentials"'
    with pytest.raises(OperatorError, match=why) as refused:
        read_link("", written(tmp_path, text, credentials, mode))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("settings", [LinkSettings(proxy=Proxy("http://p:1")), LinkSettings(pin=bytes(32))])
def test_what_needs_tls_is_refused_without(settings: LinkSettings) -> None:
    settings.require_reachable("https://prefecture.example/uplink")
    with pytest.raises(OperatorError, match="--centre-url"):
        settings.require_reachable("http://prefecture.example/uplink")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        read_link(str(tmp_path / "other.toml"), tmp_path)
