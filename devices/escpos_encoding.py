"""From a ticket's picture to ESC/POS, by python-escpos.

Imported by the first ticket and in a thread, not by the service's start: the library reads its table of printers for a
second on a small board, and a service without a receipt printer needs none of it.
"""

from __future__ import annotations

from io import BytesIO

from escpos.printer import Dummy  # type: ignore[import-untyped]  # the package ships no types
from PIL import Image, UnidentifiedImageError

from devices.receipt_printer import PAPER_DOTS

PROFILE = "TM-T20II"
"""The library's profile of a common printer with 576 dots: from it comes the width that it checks, nothing else."""

LONGEST_DOTS = 8000
"""One metre of paper: past it a ticket is a fault."""

DARK = 128
"""Grey below this is printed black. A threshold, not dots spread about: letters and QR codes stay sharp."""


def escpos_of(picture: bytes) -> bytes:
    """Return the bytes that print `picture` (PNG) and cut the paper; ValueError when it is no ticket."""
    try:
        with Image.open(BytesIO(picture), formats=["PNG"]) as opened:
            if opened.width > PAPER_DOTS or opened.height > LONGEST_DOTS:
                raise ValueError(f"a ticket of {opened.width} by {opened.height} dots is larger than the paper")
            grey = _on_white(opened)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:  # Pillow says SyntaxError for a broken PNG
        raise ValueError("the ticket is no PNG picture") from error
    printer = Dummy(profile=PROFILE)
    printer.hw("INIT")
    printer.image(grey.point(lambda value: 255 * (value >= DARK), mode="1"), impl="bitImageRaster", center=False)
    printer.cut()
    return bytes(printer.output)


def _on_white(picture: Image.Image) -> Image.Image:
    """Return `picture` in grey; what is transparent is paper."""
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    return paper.convert("L")
