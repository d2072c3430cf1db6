"""Scans made anew: what a paper shows stays, all else goes; what was made to harm harms nobody but its own process."""

from __future__ import annotations

import asyncio
import sys
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat
from pypdf import PdfReader, PdfWriter
from pypdf.actions import JavaScript
from pypdf.annotations import Link

from edge.reencoding import client, pages, pictures
from edge.reencoding.client import Reencoder
from edge.reencoding.outcomes import MOST_PAGES, Outcome, Unfit
from edge.reencoding.pictures import LONGEST_SIDE, MOST_DOTS
from protocol.errors import PersonError
from protocol.records.blobs import MAX_BLOB

PRIVATE = b"rue des Orangers 12"


def page(size: tuple[int, int] = (400, 600), ink: str = "navy") -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle((40, 40, 200, 120), fill=ink)
    return picture


def as_file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def as_pdf(*drawn: Image.Image) -> PdfWriter:
    first, *others = drawn
    return PdfWriter(clone_from=BytesIO(as_file(first, "PDF", save_all=True, append_images=others)))


def written(document: PdfWriter) -> bytes:
    out = BytesIO()
    document.write(out)
    return out.getvalue()


async def coming(data: bytes, piece: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]


async def anew(data: bytes, media: str, reencoder: Reencoder | None = None) -> bytes:
    return b"".join([one async for one in (reencoder or Reencoder()).made_anew(coming(data), media)])


def looks_like(one: Image.Image, other: Image.Image) -> bool:
    difference = ImageChops.difference(one.convert("L"), other.convert("L").resize(one.size))
    return ImageStat.Stat(difference).mean[0] < 4


async def test_a_picture_shows_the_same_and_says_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x010E] = PRIVATE.decode()
    data = as_file(page(), "JPEG", exif=exif, comment=PRIVATE) + b"<script>" + PRIVATE
    assert data.count(PRIVATE) == 3
    made = await anew(data, "image/jpeg")
    assert PRIVATE not in made
    assert b"<script>" not in made
    assert looks_like(Image.open(BytesIO(made)), page())


async def test_a_pdf_shows_the_same_pages_and_holds_nothing_that_acts() -> None:
    document = as_pdf(page(), page(ink="black"))
    document.add_open_action(JavaScript("app.alert('hello')"))
    document.add_attachment("salary.xlsx", PRIVATE)
    document.add_annotation(0, Link(rect=(40, 40, 200, 120), url="https://example.invalid/"))
    document.add_metadata({"/Author": PRIVATE.decode()})
    made = await anew(written(document), "application/pdf")
    for trace in (b"JavaScript", b"/JS", b"EmbeddedFile", b"example.invalid", PRIVATE, b"/Annots"):
        assert trace not in made
    read = PdfReader(BytesIO(made))
    assert len(read.pages) == 2
    shown = pypdfium2.PdfDocument(made)[0].render(scale=1).to_pil()
    assert looks_like(shown, page())


async def test_a_picture_that_lies_on_its_side_is_set_upright_and_one_that_is_huge_made_smaller() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # TIFF 6.0, Orientation: turned by a quarter
    turned = Image.open(BytesIO(await anew(as_file(page(), "JPEG", exif=exif), "image/jpeg")))
    assert turned.size == (600, 400)
    large = Image.open(BytesIO(await anew(as_file(page((7000, 3500)), "PNG"), "image/png")))
    assert large.size == (LONGEST_SIDE, LONGEST_SIDE // 2)


def test_the_same_file_made_anew_twice_is_the_same_bytes() -> None:
    document = written(as_pdf(page()))
    assert pages.made_anew(document) == pages.made_anew(document)
    assert pictures.made_anew(as_file(page(), "PNG"), "PNG") == pictures.made_anew(as_file(page(), "PNG"), "PNG")


def dense() -> bytes:
    """A picture of a few kilobytes with more dots than the largest scan."""
    side = int(MOST_DOTS**0.5) + 1
    return as_file(Image.new("1", (side, side)), "PNG")


def nested() -> bytes:
    """A PDF whose one page draws itself again and again: two, sixteen, ... four billion times."""
    levels = 32
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    for level in range(levels):
        is_page = level == 0
        drawing = b"/F Do /F Do" if level < levels - 1 else b"0 0 9 9 re f"
        form = f"<</XObject<</F {4 + 2 * (level + 1) - 1} 0 R>>>>".encode() if level < levels - 1 else b"<<>>"
        if is_page:
            objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources" + form + b">>")
            objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing))
        else:
            head = b"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources%s/Length %d>>" % (form, len(drawing))
            objects.append(head + b"stream\n" + drawing + b"\nendstream")
            objects.append(b"null")
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, one) for n, one in enumerate(objects, 1))
    return body + b"trailer<</Root 1 0 R/Size %d>>\n%%%%EOF" % (len(objects) + 1)


def swollen() -> bytes:
    """A PDF of a few kilobytes whose page unpacks to 280 megabytes of drawing, by two filters, one in the other."""
    line = zlib.compressobj(1)
    drawn = b"0 0 m 9 9 l S " * 100_000
    packed = zlib.compress(b"".join([*(line.compress(drawn) for _ in range(200)), line.flush()]), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>",
        b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, one) for n, one in enumerate(objects, 1))
    return body + b"trailer<</Root 1 0 R/Size 5>>\n%%EOF"


def locked() -> bytes:
    document = as_pdf(page())
    document.encrypt("secret", algorithm="AES-128")
    return written(document)


@pytest.mark.parametrize(
    ("data", "media", "sentence"),
    [
        (as_file(page(), "JPEG")[:3000], "image/jpeg", client.DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "image/png", client.DAMAGED),
        (as_file(page(), "PNG"), "image/jpeg", client.DAMAGED),
        (dense(), "image/png", client.TOO_MUCH),
        (b"%PDF-1.7 and nothing more", "application/pdf", client.DAMAGED),
        (locked(), "application/pdf", client.LOCKED),
        (written(as_pdf(*[page((20, 20))] * (MOST_PAGES + 1))), "application/pdf", client.TOO_MUCH),
        (bytes(MAX_BLOB + 1), "application/pdf", client.TOO_MUCH),
    ],
    ids=["cut", "torn", "mislabelled", "dense", "empty", "locked", "long", "heavy"],
)
async def test_a_file_that_is_no_scan_is_refused_with_what_to_do(data: bytes, media: str, sentence: str) -> None:
    with pytest.raises(PersonError) as refused:
        await anew(data, media)
    assert refused.value.message == sentence


@pytest.mark.parametrize("bomb", [nested, swollen])
async def test_a_file_that_swells_without_end_ends_its_own_process_alone(bomb: Any) -> None:
    data = bomb()
    assert len(data) < MAX_BLOB
    short = (sys.executable, "-P", "-c", f"{SHORT}\nsys.exit(worker.main(sys.argv[1:]))")
    reencoder = Reencoder(short)
    with pytest.raises(PersonError):
        await anew(data, "application/pdf", reencoder)
    assert await anew(as_file(page(), "PNG"), "image/png", reencoder), "the next one finds everything as it was"


SHORT = "import sys\nfrom edge.reencoding import worker\nworker.SECONDS = 2"
"""The same bounds but for the seconds, so that a test needs not wait for them."""


async def test_a_process_that_hangs_is_ended_and_keeps_nobody_after_it_waiting() -> None:
    hanging = Reencoder((sys.executable, "-c", "import time; time.sleep(3600)"), timeout_s=0.2)
    with pytest.raises(PersonError) as refused:
        await anew(as_file(page(), "PNG"), "image/png", hanging)
    assert refused.value.status == 503
    with pytest.raises(PersonError):
        await asyncio.wait_for(anew(b"x", "image/png", hanging), 30)


async def test_the_process_can_write_no_file_and_begin_no_process(tmp_path: Any) -> None:
    left = tmp_path / "left"
    script = (
        "import os, sys\nfrom edge.reencoding import worker\nworker._bound()\n"
        f"try:\n    open({str(left)!r}, 'wb').write(b'x' * 9)\nexcept OSError: pass\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "try:\n    os.fork()\nexcept OSError: pass\nelse: sys.exit(3)\n"
        f"sys.exit({int(Outcome.LOCKED)})"
    )
    with pytest.raises(PersonError) as refused:
        await anew(b"x", "image/png", Reencoder((sys.executable, "-P", "-c", script)))
    assert str(refused.value) == client.LOCKED, "it came to its end"
    assert not left.exists() or left.read_bytes() == b""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([("JPEG", as_file(page((60, 40)), "JPEG")), ("PNG", as_file(page((60, 40)), "PNG"))]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=4)), max_size=6),
    st.integers(0, 2000),
)
def test_whatever_bytes_come_a_picture_is_made_anew_or_refused(
    file: tuple[str, bytes], changes: list[tuple[int, bytes]], end: int
) -> None:
    kind, data = file
    damaged = bytearray(data)
    for place, put in changes:
        damaged[place % len(data) : place % len(data) + len(put)] = put
    try:
        made = pictures.made_anew(bytes(damaged[: end or None]), kind)
    except Unfit:
        return
    assert Image.open(BytesIO(made)).format == kind


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=8)), max_size=8),
    st.integers(0, 3000),
)
def test_whatever_bytes_come_a_pdf_is_made_anew_or_refused(changes: list[tuple[int, bytes]], end: int) -> None:
    data = bytearray(SMALL)
    for place, put in changes:
        data[place % len(SMALL) : place % len(SMALL) + len(put)] = put
    try:
        made = pages.made_anew(bytes(data[: end or None]))
    except (Unfit, MemoryError):
        return
    assert made.startswith(b"%PDF-")


SMALL = written(as_pdf(page((60, 40))))
