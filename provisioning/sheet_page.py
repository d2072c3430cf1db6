"""The recovery sheet: one A4 page to print and lock away, in French and Arabic."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from protocol.records.credentials import Credential
from protocol.records.sheet import code_of, lines_of
from provisioning.issuance import moment
from provisioning.roots import Roots

TEMPLATES: Final = Path(__file__).parent / "templates"


def sheet_page(roots: Roots, box: bytes, *, now_ms: int) -> str:
    """The page, HTML with all in it. `box`: the sealed roots, which only their passphrase opens."""
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("sheet.html").render(
        prefecture=roots.prefecture,
        area=roots.area,
        fingerprint=fingerprint(roots.credential()),
        printed=moment(now_ms)[:10],
        ends=moment(roots.credential().not_after)[:10],
        lines=lines_of(box),
        code=_picture(code_of(box)),
    )


def fingerprint(credential: Credential) -> str:
    """A key's id as people compare it: eight groups of four."""
    text = credential.id.hex().upper()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _picture(code: str) -> Markup:
    """A QR code as SVG; a fifth of it may be stained."""
    drawn = BytesIO()
    segno.make_qr(code, error="q").save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - segno's own picture of symbols of base 32
