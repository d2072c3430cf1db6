"""Pictures of the screens, small enough to be kept beside the code."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

GROUNDS = 16  # the commonest colours are kept exactly: paper, cards, banner
SHADES = 40  # and of all others these, spread so that a small badge keeps its colour and letters their edges


def save(page: Page, path: Path) -> None:
    """Keep what the page shows on its screen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = taken(page)
    picture.quantize(palette=_palette(picture), dither=Image.Dither.NONE).save(path, optimize=True)


def _palette(picture: Image.Image) -> Image.Image:
    counted = sorted(picture.getcolors(picture.width * picture.height) or (), reverse=True)
    grounds = [part for _, colour in counted[:GROUNDS] if isinstance(colour, tuple) for part in colour]
    spread = picture.quantize(SHADES, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = Image.new("P", (1, 1))
    palette.putpalette(grounds + (spread.getpalette() or [])[: 3 * SHADES])
    return palette


def taken(page: Page) -> Image.Image:
    """What the page shows on its screen, as pixels."""
    return Image.open(BytesIO(page.screenshot(caret="hide"))).convert("RGB")
