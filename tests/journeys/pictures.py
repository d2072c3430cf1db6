"""Pictures of the screens, small enough to be kept beside the code."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

COLOURS = 48  # the screens are flat: letters' edges are all that needs shades


def save(page: Page, path: Path) -> None:
    """Keep what the page shows on its screen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    taken(page).quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def taken(page: Page) -> Image.Image:
    """What the page shows on its screen, as pixels."""
    return Image.open(BytesIO(page.screenshot(caret="hide"))).convert("RGB")
