"""Who works here, in a real browser: somebody is added, stands in for another and leaves; accessible at every step."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from edge.services.office import Office
from protocol.office.calendar import local_date
from tests.edge.web.browser import needs_chromium, open_page, sign_in
from tests.edge.web.test_staff_browser import faults_of

pytestmark = needs_chromium


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_somebody_is_added_stands_in_and_leaves(
    office: Office, site: str, browser: Browser, language: str, tmp_path: Path
) -> None:
    today = local_date(office.now())
    page = await open_page(browser, site, language=language)
    await sign_in(page, site, "nadia")
    await page.click("a[href='/admin/people']")
    faults = await faults_of(page)
    await page.click("#add button[type=submit]")
    await expect(page.locator("#error-login")).to_be_visible()
    faults += await faults_of(page)
    for name, value in (("login", "hind"), ("name_fr", "Hind Alaoui"), ("name_ar", "هند العلوي")):
        await page.fill(f"#add [name={name}]", value)
    await page.fill("#add [name=password]", "une longue phrase")
    await page.click("#add button[type=submit]")
    added = page.locator("tr[data-login=hind]")
    await expect(added).to_be_visible()
    await page.select_option("#delegate select", "hind")
    await page.fill("#delegate [name=last]", (today + timedelta(6)).isoformat())
    await page.click("#delegate button[type=submit]")
    await expect(added.locator(".state.sent")).to_be_visible()
    leaving = page.locator("tr[data-login=salma] details:has(form[action$=end])")
    await leaving.locator("summary").click()
    faults += await faults_of(page)
    await leaving.locator("button").click()
    await expect(page.locator("tr[data-login=salma] .state.over")).to_be_visible()
    faults += await faults_of(page)
    assert faults == []
    await page.screenshot(path=Path(os.environ.get("PICTURES", tmp_path)) / f"people-{language}.png", full_page=True)


@pytest.mark.parametrize("language", ["ar", "fr"])
async def test_who_forgot_a_password_is_given_one_and_chooses_another(
    site: str, browser: Browser, language: str, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("PICTURES", tmp_path))
    page = await open_page(browser, site, language=language)
    await sign_in(page, site, "nadia")
    await page.click("a[href='/admin/people']")
    giving = page.locator("tr[data-login=salma] details:has(form[action$=password])")
    await giving.locator("summary").click()
    faults = await faults_of(page)
    await page.screenshot(path=pictures / f"password-given-{language}.png", full_page=True)
    await giving.locator("input[type=password]").fill("pour demain matin")
    await giving.locator("button").click()
    await expect(page.locator(".notice.ready")).to_be_visible()
    other = await open_page(browser, site, language=language)
    await other.goto(f"{site}/counter/sign-in")
    await other.fill("[name=login]", "salma")
    await other.fill("[name=password]", "pour demain matin")
    await other.click("main button[type=submit]")
    await other.fill("[name=password]", "court")
    await other.click("main button[type=submit]")
    await expect(other.locator("#error-password")).to_be_visible()
    faults += await faults_of(other)
    await other.screenshot(path=pictures / f"password-new-{language}.png", full_page=True)
    for name in ("password", "again"):
        await other.fill(f"[name={name}]", "une longue phrase")
    await other.click("main button[type=submit]")
    await other.click("header a[href='/counter/password']")
    faults += await faults_of(other)
    await other.screenshot(path=pictures / f"password-own-{language}.png", full_page=True)
    assert faults == []
