"""QR codes on pages."""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """`text` as an inline SVG without any style of its own."""
    out = BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, svgclass="qr"
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - segno's own drawing: paths and numbers, no typed text
