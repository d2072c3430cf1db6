"""Which fonts the papers need, and which Debian packages bring them."""

from __future__ import annotations

from pathlib import Path

FONT_FOLDERS = (
    Path("/usr/share/fonts/truetype/noto"),
    Path("/usr/share/fonts/opentype/fonts-hosny-amiri"),
    Path("/usr/share/fonts/truetype/fonts-hosny-amiri"),
)
"""Where Debian puts the packages below; Amiri moved between releases. A folder that is not there is passed over."""

PACKAGE_OF = {"Amiri": "fonts-hosny-amiri", "Noto Sans": "fonts-noto-core", "Noto Sans Tifinagh": "fonts-noto-core"}
