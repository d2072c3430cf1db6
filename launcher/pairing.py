"""Pairing the stage's own browsers, by what people do: a command at the appliance, then its address in a browser.

The secrets by which a browser is a screen are kept in the stage's folder, so that the next start finds its screens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from launcher.client import Browser, PageMissing

KINDS = ("kiosk", "counter", "authority", "display", "admin")
COOKIE = "screen-"
"""How the cookies begin in which a browser holds what makes it a screen."""


def addresses(said: str) -> dict[str, str]:
    """The address that pairs a screen of each kind, from what `mulhaqa-edge screens pair --json` said."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return {line["kind"]: line["address"] for line in lines}


def paired(origin: str, invited: Mapping[str, str]) -> dict[str, str]:
    """Open each address as its module does; the cookies of a browser that is a screen of each kind."""
    browser = Browser(origin)
    for address in invited.values():
        parts = urlsplit(address)
        page = browser.get(parts.path)
        opened = browser.submit(page, page.form(has="token"), {"token": parts.fragment})
        if opened.path.startswith("/pair"):
            raise PageMissing(f"{parts.path} did not pair: {opened.words}")
    return {name: value for name, value in browser.cookies().items() if name.startswith(COOKIE)}


def read(file: Path) -> dict[str, str]:
    """The cookies that an earlier start has kept; none where there was none."""
    return dict(json.loads(file.read_text())) if file.exists() else {}


def keep(file: Path, cookies: Mapping[str, str]) -> None:
    """Keep the cookies for the next start, for nobody else to read."""
    file.touch(mode=0o600)
    file.write_text(json.dumps(cookies))


def of_kind(kind: str, cookies: Mapping[str, str]) -> dict[str, str]:
    """The cookies of a browser that is a screen of one kind alone, as most are."""
    return {name: value for name, value in cookies.items() if name == f"{COOKIE}{kind}"}


def header(cookies: Mapping[str, str]) -> str:
    """Cookies as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
