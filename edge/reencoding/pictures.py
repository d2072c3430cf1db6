"""A picture made anew from its dots: nothing that a JPEG or PNG carries beside them (place, owner, thumbnails, bytes
behind its end) goes on.

Its size is read in its header and bounded before a dot is decoded: a file of a few kilobytes can claim to be a picture
of gigabytes.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from edge.reencoding.outcomes import Outcome, Unfit

MOST_DOTS = 40_000_000
"""An A4 page at 600 dots per inch has 35 million: more than any stamp needs."""

LONGEST_SIDE = 3_508
"""Dots of the longest side that is kept: A4 at 300 dots per inch, at which a signature and a seal are read."""

QUALITY = 85
"""Of a JPEG: no letter of a scanned page suffers, and a page has about a megabyte."""

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, OverflowError, struct.error, zlib.error)
"""What Pillow raises for bytes that are no picture; it documents OSError, and its readers raise the others too."""


def made_anew(data: bytes, kind: str) -> bytes:
    """Return the picture `data` as a new file of its `kind` ("JPEG" or "PNG"), upright; raises Unfit."""
    picture = dots_of(data, kind)
    out = BytesIO()
    if kind == "PNG":
        picture.save(out, "PNG", optimize=True)
    else:
        picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def dots_of(data: bytes, kind: str) -> Image.Image:
    """Decode a picture of this kind, bounded, upright, in grey or colour and nothing beside; raises Unfit."""
    try:
        with Image.open(BytesIO(data), formats=[kind]) as found:
            if found.width * found.height > MOST_DOTS:
                raise Unfit(Outcome.TOO_LARGE)
            found.load()
            return bare(ImageOps.exif_transpose(found))
    except (Image.DecompressionBombError, MemoryError) as error:
        raise Unfit(Outcome.TOO_LARGE) from error
    except (UnidentifiedImageError, *UNREADABLE) as error:
        raise Unfit(Outcome.DAMAGED) from error


def bare(picture: Image.Image) -> Image.Image:
    """Return the dots alone, in grey or colour, and no more of them than are kept. What was transparent is white, as on
    paper."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    kept = picture.convert("L" if picture.mode in ("1", "L", "I;16") else "RGB")
    kept.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kept.info.clear()
    return kept
