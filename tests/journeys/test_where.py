"""Where a request is: the administrator looks for it by its reference at the annexe, an officer at the prefecture."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.backstage import Backstage
from tests.journeys.screen import Screens

LANGUAGES = ("ar", "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_is_found_at_the_annexe_with_where_its_records_are(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    backstage.decided(person, "refused")
    reference = backstage.reference(person)
    desk = screens.desk(language)
    desk.sign_in(screens.agent("admin"), "admin")
    desk.page.click("#sync a[href='/admin/where']")
    desk.shows("Where is a request?")
    desk.look("admin-where", picture=False)
    desk.type(reference="B05-AAAAA-AAAAA")
    desk.press("Find its records")
    expect(desk.page.locator("[aria-invalid=true]")).to_be_visible()
    desk.look("admin-where-unknown", picture=False)
    for _ in range(60):
        desk.type(reference=reference)
        with desk.page.expect_navigation():
            desk.press("Find its records")
        if not desk.page.locator("[data-stand='prefecture:waits']").count():
            break
    expect(desk.page.locator("[data-stand='prefecture:held']").first).to_be_visible()
    expect(desk.page.locator("main")).not_to_contain_text(person.name_fr)
    desk.look("admin-where-found")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_reads_since_when_each_record_is_there(
    screens: Screens, backstage: Backstage, language: str
) -> None:
    person = backstage.with_account()
    backstage.decided(person, "refused")
    reference = backstage.reference(person)
    desk = screens.prefecture(language)
    desk.sign_in(screens.agent("officer"), "prefecture")
    for _ in range(60):
        desk.open("/prefecture/requests")
        desk.type(reference=reference)
        with desk.page.expect_navigation():
            desk.press("Find the request")
        if desk.page.locator("[data-state=refused]").count():
            break
    desk.shows("Where its records are")
    assert desk.page.locator("#records tbody tr").count() >= 4
    desk.page.locator("#records").scroll_into_view_if_needed()
    desk.look("prefecture-records", picture=False)
