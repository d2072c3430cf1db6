"""What every screen owes whoever stands before it, in each state and language. `faults(...)` names what is missing.

- axe finds nothing against WCAG 2.0, 2.1 and 2.2, A and AA; Arabic letters' contrast included.
- The page says its language and direction, and nothing on it is in another language: no msgid of ours is left as it
  stands in the code, an Arabic page has no Latin word but capitals (SMS), a French one no Arabic letter and no English
  particle. What says its own language (`lang`) or direction (`dir`), or is isolated (`bdi`, `code`, `kbd`), is data.
- Nothing is wider than its screen or than the part of it that holds it, and no text is cut by a box around it.
- On the kiosk, at its own size, nothing is set below 28 px and nothing that is touched is lower than 76 px (20 mm on
  its panel).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package ships no types
from babel.messages.pofile import read_po
from playwright.sync_api import Page

from screens.languages import LOCALE_FOLDER

Size = tuple[int, int]
KIOSK, DESK, WALL = (1080, 1920), (1280, 800), (1920, 1080)

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
LATIN_WORD = re.compile(r"[a-zà-ÿ]{2,}")  # SMS, PDF and PIN are said in every language
ARABIC = re.compile(r"[\u0600-\u06ff]")
ENGLISH = re.compile(r"\b(?:the|and|of|your|with|this|are|you|for|was|has|it|is)\b", re.IGNORECASE)
PLACEHOLDER = re.compile(r"%\\\(\w+\\\)[sd]|%\(\w+\)[sd]")  # as it looks once escaped, and as it is written
SMALLEST_TEXT, LOWEST_TOUCH = 28, 76

WORDS_ON_PAGE = """() => {
  const own = "[lang]:not(html), [dir]:not(html), bdi, code, kbd, script, style, template, noscript, title";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), holder = walker.currentNode.parentElement;
    if (text && !holder.closest(own)) found.push(text);
  }
  for (const part of document.querySelectorAll("[placeholder], [aria-label]")) {
    if (part.closest(own) && !part.matches("input")) continue;
    for (const name of ["placeholder", "aria-label"]) if (part.getAttribute(name)) found.push(part.getAttribute(name));
  }
  return found;
}"""

# axe takes joined Arabic letters for an icon's ligature, and skips their contrast: let it see others in their place.
IN_LATIN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  globalThis.written = new Map();
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.nodeValue;
    const other = text.replace(/[\\u0600-\\u06ff\\u2d30-\\u2d7f]/g, "n");
    if (other !== text) { globalThis.written.set(node, text); node.nodeValue = other; }
  }
}"""
AS_WRITTEN = "() => { for (const [node, text] of globalThis.written) node.nodeValue = text; }"

WIDTH = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"

CUT = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), cut = [];
  const hides = (part) => ["hidden", "clip"].includes(getComputedStyle(part).overflowX);
  while (walker.nextNode()) {
    const part = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !part.checkVisibility({ visibilityProperty: true })) continue;
    if (part.closest(".out-of-sight, .skip, svg")) continue;
    let box = part;
    while (box && !hides(box)) box = box.parentElement;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const { left, right } = (box || document.documentElement).getBoundingClientRect();
    const outside = (line) => line.left < left - 1 || line.right > right + 1;
    if (Array.from(range.getClientRects()).some(outside)) cut.push(text.slice(0, 80));
  }
  return cut;
}"""

SIDEWAYS = """() => Array.from(document.body.querySelectorAll("*")).filter((part) =>
    part.checkVisibility() && ["auto", "scroll"].includes(getComputedStyle(part).overflowX)
    && part.scrollWidth > part.clientWidth + 1).map((part) => part.id || part.className || part.tagName)"""

SMALL = """([text, touch]) => {
  const all = Array.from(document.body.querySelectorAll("*"));
  const shown = all.filter((part) => part.checkVisibility({ visibilityProperty: true })
    && !part.closest(".out-of-sight, .skip, svg"));
  const small = shown.filter((part) => parseFloat(getComputedStyle(part).fontSize) < text
    && Array.from(part.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim()));
  const touched = "a, button, input:not([type=hidden], [type=radio], [type=checkbox]), label.choice";
  const low = shown.filter((part) => part.matches(touched) && !part.closest(".search")
    && part.getBoundingClientRect().height < touch);
  return [...small.map((part) => "small text: " + part.textContent.trim().slice(0, 60)),
    ...low.map((part) => "low to touch: " + (part.textContent.trim() || part.name).slice(0, 60))];
}"""


def faults(page: Page, language: str, *, kiosk: bool, other_sizes: Sequence[Size]) -> list[str]:
    """Everything that is wrong with what `page` shows, in words; an empty list when it is as it should be."""
    found = [*_axe(page, language), *_language(page, language), *_layout(page)]
    if kiosk and page.viewport_size == {"width": KIOSK[0], "height": KIOSK[1]}:
        found += page.evaluate(SMALL, [SMALLEST_TEXT, LOWEST_TOUCH])
    own = page.viewport_size
    for size in other_sizes:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found += _layout(page)
    if own and other_sizes:
        page.set_viewport_size(own)
    return found


def _axe(page: Page, language: str) -> Iterator[str]:
    yield from _violations(page, RULES)
    if language != "fr":
        page.evaluate(IN_LATIN)
        yield from _violations(page, CONTRAST)
        page.evaluate(AS_WRITTEN)


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    response: dict[str, Any] = Axe().run(page, options=rules).response
    return [
        f"axe {fault['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for fault in response["violations"]
        for node in fault["nodes"]
    ]


def _layout(page: Page) -> Iterator[str]:
    size = page.viewport_size
    wide, screen = page.evaluate(WIDTH)
    if wide > screen:
        yield f"at {size}: {wide} px wide on a screen of {screen}"
    for part in page.evaluate(SIDEWAYS):
        yield f"at {size}: {part} has to be scrolled sideways"
    for text in page.evaluate(CUT):
        yield f"at {size}: cut by its box: {text!r}"


def _language(page: Page, language: str) -> Iterator[str]:
    said = page.evaluate("() => [document.documentElement.lang, document.documentElement.dir]")
    wanted = [language, "ltr" if language == "fr" else "rtl"]  # Tamazight stands amid Arabic, and runs with it
    if said != wanted:
        yield f"says {said}, should say {wanted}"
    for text in page.evaluate(WORDS_ON_PAGE):
        wrong = foreign(text, language)
        if wrong:
            yield f"{wrong}: {text[:120]!r}"


def foreign(text: str, language: str) -> str:
    """Why a text does not belong on a page in `language`, "" if it does."""
    if any(pattern.fullmatch(text) for pattern in _untranslated(language)):
        return "not translated"
    if language == "ar" and LATIN_WORD.search(text):
        return "Latin words on an Arabic page"
    if language == "fr" and ARABIC.search(text):
        return "Arabic letters on a French page"
    if language == "fr" and ENGLISH.search(text):
        return "English words on a French page"
    return ""


@cache
def _untranslated(language: str) -> tuple[re.Pattern[str], ...]:
    """The English texts of the code whose translation into `language` is another text."""
    found = []
    for path in sorted((LOCALE_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file)
        for message in catalogue:
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            if len(msgid) > 3 and message.string and message.string != msgid:
                found.append(re.compile(PLACEHOLDER.sub(".+", re.escape(msgid))))
    return tuple(found)
