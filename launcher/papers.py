"""A sealed certificate as a stranger gets it: the text of its QR code, read from the file's own keywords."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from launcher.client import PageMissing

BEGINNING = "MLQ1:"


def token_of(pdf: bytes) -> str:
    """The text of the certificate's QR code; PageMissing if the file does not carry it."""
    try:
        information = PdfFileReader(BytesIO(pdf)).trailer["/Info"]
        keywords = str(information["/Keywords"])
    except (PdfError, KeyError) as error:
        raise PageMissing("the certificate's file has no keywords to read its code from") from error
    at = keywords.find(BEGINNING)
    if at < 0:
        raise PageMissing("the certificate's file does not carry the text of its code")
    return keywords[at:]
