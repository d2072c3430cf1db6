"""Typst, kept warm: one set of fonts and one compiler for the life of the worker.

- Only our own templates and the fonts that were checked at the start; no package is ever fetched.
- The data reach the template as JSON in `sys.inputs`, so no name can become markup.
- PDF/A-2a (archivable, tagged, text that can be read out and copied) with the time that was passed in. A character
  that no font has would break that profile; the paper is then made without it, with a box where the character stands,
  because a clerk who sees the box can act and a person without a paper cannot.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typst

from edge.press.fonts import FONT_FOLDERS, PACKAGE_OF
from protocol.errors import OperatorError

TEMPLATES = Path(__file__).parent / "templates"

ARCHIVAL: Literal["a-2a"] = "a-2a"


class Typesetter:
    """Sets pages in PDF and draws tickets. OperatorError when a font is missing, naming the package to install."""

    def __init__(self, font_folders: Sequence[Path] = FONT_FOLDERS) -> None:
        folders = [str(folder) for folder in font_folders if folder.is_dir()]
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
        _check(set(fonts.families()))
        self._compiler = typst.Compiler(root=TEMPLATES, font_paths=fonts)

    def set(self, template: str, page: dict[str, Any], at_ms: int) -> bytes:
        """Return `template` filled with `page` as a PDF whose dates are `at_ms`."""
        inputs = {"data": json.dumps(page, ensure_ascii=False)}
        try:
            return self._compile(template, inputs, at_ms, archival=True)
        except typst.TypstError as error:
            if "could not be displayed" not in error.message:
                raise
            return self._compile(template, inputs, at_ms, archival=False)

    def draw(self, template: str, page: dict[str, Any], dpi: float) -> bytes:
        """Return `template` filled with `page` as one picture (PNG), as long as it needs to be."""
        inputs = {"data": json.dumps(page, ensure_ascii=False)}
        picture = self._compiler.compile(input=TEMPLATES / f"{template}.typ", sys_inputs=inputs, format="png", ppi=dpi)
        if not isinstance(picture, bytes):
            raise TypeError("Typst gave no single picture.")
        return picture

    def _compile(self, template: str, inputs: dict[str, str], at_ms: int, *, archival: bool) -> bytes:
        pdf = self._compiler.compile(
            input=TEMPLATES / f"{template}.typ",
            sys_inputs=inputs,
            pdf_standards=[ARCHIVAL] if archival else [],
            timestamp=at_ms // 1000,
        )
        if not isinstance(pdf, bytes):
            raise TypeError("Typst gave no single file.")
        return pdf


def _check(families: set[str]) -> None:
    missing = [family for family in PACKAGE_OF if family not in families]
    if missing:
        packages = sorted({PACKAGE_OF[family] for family in missing})
        raise OperatorError(
            f"The press lacks the font {missing[0]}: install it with apt-get install {' '.join(packages)}"
        )
