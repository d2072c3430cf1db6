"""The recovery sheet of an annexe's vault: one A4 page to print and lock away, in French and Arabic.

Who has it and the card reads the annexe: unlike the prefecture's sheet it is under no passphrase, for it must open when
everything else is gone. So it belongs in the prefecture's safe, and never beside the appliance.
"""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from protocol.records.sheet import code_of, lines_of

TEMPLATES: Final = Path(__file__).parent / "web" / "templates"


def sheet_page(annexe: str, slot: str, secret: bytes, *, made_ms: int) -> str:
    """The page, HTML with all in it."""
    drawn, code = BytesIO(), segno.make_qr(code_of(secret), error="q")  # a quarter of it may be stained
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4)
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("custody/sheet.html").render(
        annexe=annexe,
        slot=slot,
        printed=f"{datetime.fromtimestamp(made_ms / 1000, UTC):%Y-%m-%d}",
        lines=lines_of(secret),
        code=Markup(drawn.getvalue().decode()),  # noqa: S704 - segno's own picture of symbols of base 32
    )
