"""The close look itself: it finds each of the faults that it is there to find, and none on a page without any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.looks import DESK, KIOSK, faults

GOOD = """<main><h1>دليل المساطر</h1>
<p>رسالة SMS <bdi dir='ltr'>B05-7K3MQ-2X9RT</bdi> <span lang='fr'>Français</span></p></main>"""
FAULTS = {
    "axe image-alt": "<img src='data:,'>",
    "axe color-contrast": "<p style='color: #bbb; background: #fff'>نص لا يقرأ</p>",
    "px wide": "<p style='inline-size: 3000px'>طويل</p>",
    "sideways": "<div style='overflow: auto'><p style='inline-size: 3000px'>طويل</p></div>",
    "cut by its box": "<p style='inline-size: 3em; overflow: hidden; white-space: nowrap'>كلام لا يسعه مكانه</p>",
    "cut by its box: 'عنوان": "<div style='inline-size: 9em; overflow: hidden'><h2 style='white-space: nowrap'>"
    "<span>عنوان طويل لا يسعه مكانه ولا ينكسر</span></h2></div>",
    "not translated": "<p>Sign out</p>",
    "Latin words": "<p>Bonjour</p>",
    "small text": "<p style='font-size: 20px'>صغير</p>",
    "low to touch": "<p><a href='/' style='display: block; block-size: 40px'>رابط</a></p>",
}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": KIOSK[0], "height": KIOSK[1]})
    try:
        yield context.new_page()
    finally:
        context.close()


def seen(page: Page, body: str, language: str = "ar") -> list[str]:
    style = "<style>body { font-size: 32px; } a { display: block; block-size: 80px; }</style>"
    direction = "rtl" if language == "ar" else "ltr"
    head = f"<!doctype html><html lang={language} dir={direction}><head><title>.</title>{style}</head>"
    page.set_content(f"{head}<body>{body}</body></html>")
    return faults(page, language, kiosk=True, other_sizes=(DESK,))


def test_a_page_without_faults_is_let_through(page: Page) -> None:
    assert seen(page, GOOD) == []
    assert seen(page, "<main><h1>Guide des procédures</h1></main>", "fr") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(page: Page, fault: str) -> None:
    found = seen(page, GOOD + FAULTS[fault])
    assert any(fault in line for line in found), found


@pytest.mark.parametrize("text", ["دليل", "Ask at the counter", "Sign out"])
def test_a_french_page_is_french(page: Page, text: str) -> None:
    assert seen(page, f"<main><p>{text}</p></main>", "fr")


def test_a_page_that_does_not_say_its_language_is_found(page: Page) -> None:
    page.set_content("<!doctype html><html lang=fr><head><title>.</title></head><body><main>نعم</main></body></html>")
    assert any("should say" in line for line in faults(page, "ar", kiosk=False, other_sizes=()))
