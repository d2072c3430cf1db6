"""A PDF made anew from what its pages show: each is drawn, and the drawings are a new document.

So no script, form, attachment, link or hidden layer of a file that a stranger brought is opened on a clerk's computer,
nor on the prefecture's. The words in it can no longer be searched: it is a scan, they never could.
"""

from __future__ import annotations

import time
from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]  # ships no types
from PIL import Image

from edge.reencoding.outcomes import MOST_PAGES, Outcome, Unfit
from edge.reencoding.pictures import LONGEST_SIDE, QUALITY, bare

DPI = 200
"""Dots per inch at which a page is drawn: small print is read, and forty pages in grey fit into a blob."""

POINTS_PER_INCH = 72
WRONG_PASSWORD = 4
"""FPDF_ERR_PASSWORD of pdfium's fpdfview.h."""

BEGINNING = time.gmtime(0)
"""When each of them says it was made: the same file made anew twice is the same bytes."""


def made_anew(data: bytes) -> bytes:
    """Return the PDF `data` as a new one that shows the same pages; raises Unfit."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) == WRONG_PASSWORD
        raise Unfit(Outcome.LOCKED if is_locked else Outcome.DAMAGED) from error
    document.init_forms()  # what was filled in is drawn; this build of pdfium has no JavaScript
    if not 0 < len(document) <= MOST_PAGES:
        raise Unfit(Outcome.TOO_LARGE if len(document) else Outcome.DAMAGED)
    try:
        drawn = [_drawn(document[number]) for number in range(len(document))]
    except pypdfium2.PdfiumError as error:
        raise Unfit(Outcome.DAMAGED) from error
    out = BytesIO()
    drawn[0].save(
        out, "PDF", save_all=True, append_images=drawn[1:], resolution=DPI, quality=QUALITY,
        creationDate=BEGINNING, modDate=BEGINNING,
    )  # fmt: skip
    return out.getvalue()


def _drawn(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    longest = max(width, height)
    if not longest > 0:
        raise Unfit(Outcome.DAMAGED)
    scale = min(DPI / POINTS_PER_INCH, LONGEST_SIDE / longest)
    picture: Image.Image = page.render(scale=scale).to_pil()
    page.close()
    return _in_grey_if_it_is(bare(picture))


def _in_grey_if_it_is(picture: Image.Image) -> Image.Image:
    """Most pages are: then a third of the bytes says the same."""
    if picture.mode == "L":
        return picture
    red, green, blue = (picture.getchannel(band) for band in "RGB")
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else picture
