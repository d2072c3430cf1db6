"""Certificates that count no more: one is lost and replaced, one is wrong and annulled; everybody who asks is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.backstage import Backstage
from tests.journeys.papers import code_on
from tests.journeys.screen import Screen, Screens
from tests.journeys.test_certificate import follow_at_kiosk
from tests.journeys.test_prefecture import by_text, until_shown

LANGUAGES = ("ar", "fr")
WHY = {"ar": "العنوان المذكور هو عنوان السكن القديم.", "fr": "L’adresse est celle de l’ancien logement."}


def until_void(desk: Screen, code: str) -> None:
    """Ask at the prefecture until its list names the certificate."""
    for _ in range(60):
        desk.open("/verify")
        with desk.page.expect_navigation():
            by_text(code)(desk)
        if desk.page.locator("[data-verdict=void]").count():
            return
        desk.page.wait_for_timeout(500)
    raise AssertionError("the prefecture never heard that the certificate is void")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lost_certificate_is_replaced_and_told_void(
    screens: Screens, backstage: Backstage, language: str, tmp_path: Path
) -> None:
    person = backstage.with_account()
    backstage.ready([person])
    case = backstage.case(person)
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.open(f"/counter/request/{case}")
    first = desk.page.locator("[name=serial]").get_attribute("value")
    desk.page.click("details summary")
    desk.page.click("details button[type=submit]")
    expect(desk.page.locator("details[open] .error").first).to_be_visible()
    desk.look("counter-replace")
    desk.page.check("[name=cause][value=lost]")
    desk.page.check("[name=holder_seen]")
    desk.page.click("details button[type=submit]")
    desk.shows("Noted: the first certificate counts no more, its duplicate is being sealed.")
    desk.look("counter-replaced")
    kiosk = follow_at_kiosk(screens, language, person, case)
    expect(kiosk.page.locator("[data-void], [data-state=approved]").first).to_be_visible()
    kiosk.look("kiosk-account-replaced")
    backstage.until(lambda: backstage.counter.offers(case, "ready"))
    code = code_on(backstage.counter.certificate(case), tmp_path)
    officer = screens.prefecture(language)
    officer.sign_in(screens.agent("officer"), "prefecture")
    until_shown(officer, backstage.reference(person), state="approved")
    expect(officer.page.locator("#void")).to_contain_text(str(first))
    officer.look("prefecture-dossier-replaced")
    officer.open("/verify")
    by_text(code)(officer)
    officer.shows("Genuine")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_certificate_is_annulled_in_two_steps_and_told_void(
    screens: Screens, backstage: Backstage, language: str, tmp_path: Path
) -> None:
    person = backstage.with_account()
    case = backstage.decided(person, "approved")
    backstage.until(lambda: backstage.counter.offers(case, "ready"))
    code = code_on(backstage.counter.certificate(case), tmp_path)
    tablet = screens.desk(language)
    tablet.sign_in(screens.agent("authority"), "authority")
    tablet.type(reference=backstage.reference(person))
    tablet.page.click(".finding button")
    tablet.arrive(f"/authority/request/{case}")
    tablet.look("authority-granted")
    tablet.press("Annul this certificate")
    tablet.arrive(f"/authority/request/{case}/annul")
    tablet.page.click(".annulling button[type=submit]")
    expect(tablet.page.locator(".annulling .error").first).to_be_visible()
    tablet.look("authority-annul")
    tablet.page.select_option("[name=reason_code]", "address")
    tablet.type(reason_text=WHY[language])
    tablet.page.click(".annulling button[type=submit]")
    tablet.shows("Annul this certificate for good?")
    tablet.look("authority-annul-sure")
    tablet.press("Yes, annul it")
    tablet.arrive(f"/authority/request/{case}")
    tablet.shows("Certificates that count no more")
    tablet.look("authority-annulled")
    kiosk = follow_at_kiosk(screens, language, person, case)
    kiosk.shows("Your certificate counts no more: it was annulled. If you hold it, bring it back to the annexe.")
    kiosk.look("kiosk-account-annulled")
    kiosk.open(f"/kiosk/follow/{backstage.reference(person)}")
    expect(kiosk.page.locator("[data-void]")).to_be_visible()
    kiosk.look("kiosk-follow-annulled")
    anyone = screens.prefecture(language)
    until_void(anyone, code)
    anyone.shows("Counts no more")
    anyone.look("verify-void")
    serial = anyone.page.locator(".verdict dd bdi.long").last.inner_text()
    desk = screens.desk(language)
    desk.sign_in(screens.agent("clerk"), "counter")
    desk.press("Does a certificate still count?")
    desk.arrive("/counter/paper")
    for _ in range(60):
        desk.type(serial=serial)
        with desk.page.expect_navigation():
            desk.press("Look up this number")
        if desk.page.locator("[data-paper=annulled]").count():
            break
        desk.page.wait_for_timeout(500)
    expect(desk.page.locator("[data-paper=annulled]")).to_be_visible()
    desk.look("counter-paper-void")
