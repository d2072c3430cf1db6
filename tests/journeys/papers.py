"""Reading a paper as a camera would."""

from __future__ import annotations

import subprocess
from io import BytesIO
from pathlib import Path

import zxingcpp
from PIL import Image

DOTS_PER_INCH = "150"


def code_on(pdf: bytes, folder: Path) -> str:
    """The text of the QR code on a paper, read from its picture; `folder` takes the files that lie between."""
    (folder / "paper.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", DOTS_PER_INCH, "-png", "-singlefile", folder / "paper.pdf", folder / "paper"], check=True
    )
    picture = Image.open(BytesIO((folder / "paper.png").read_bytes()))
    found = zxingcpp.read_barcodes(picture)  # the lines of a seal may be read as a code of another kind
    [code] = [one for one in found if one.format == zxingcpp.BarcodeFormat.QRCode]
    return str(code.text)
