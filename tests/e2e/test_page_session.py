"""Signing in and out by the page, and the account."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visit
from tests.e2e.stack import Person, Stack

pytestmark = pytest.mark.e2e

REFUSED = r"status of 4(00|01|29)"


def test_the_wanted_page_comes_after_signing_in_by_email(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.go("/jobs")
    tab.enter(people["owner"].email, people["owner"].password)
    expect(tab.page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    assert tab.page.url.endswith("/jobs")


def test_a_link_that_leads_out_of_the_application_is_not_followed_after_signing_in(
    visit: Visit, people: dict[str, Person]
):
    tab = visit()
    tab.go("/login?next=//elsewhere.example/transcripts")
    tab.enter(people["owner"].username, people["owner"].password)
    expect(tab.page.get_by_role("heading", name="Transcripts", level=1)).to_be_visible()
    assert tab.page.url == tab.url + "/"


def test_empty_fields_are_named_before_anything_is_sent(visit: Visit):
    tab = visit()
    tab.go()
    tab.button("Sign in").click()
    expect(tab.page.get_by_text("Enter your username or your email address.")).to_be_visible()
    expect(tab.page.get_by_label("Username or email")).to_be_focused()


def test_a_wrong_password_is_told_and_then_the_name_is_locked(visit: Visit, whisper: Stack):
    forgetful = whisper.create_user("forgetful")
    tab = visit()
    tab.expect_complaint(REFUSED)
    tab.go()
    tab.enter(forgetful.username, "wrong-password-0")
    alert = tab.page.get_by_role("alert")
    expect(alert).to_contain_text("do not fit together")
    for attempt in range(1, 9):
        with tab.page.expect_response("**/api/session"):
            tab.enter(forgetful.username, f"wrong-password-{attempt}")
    expect(alert).to_contain_text("Too many failed attempts")


def test_signing_out_in_one_tab_ends_the_other(visit: Visit, people: dict[str, Person]):
    first = visit()
    first.sign_in(people["owner"])
    second = visit(beside=first)
    for tab in (first, second):
        tab.expect_complaint("401")  # what a page asks for in the moment of the end is refused
    second.go("/jobs")
    expect(second.connection).to_have_attribute("data-state", "live")
    first.pick("Sign out")
    expect(first.page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(second.page.get_by_text("Your session has ended.")).to_be_visible()
    assert second.page.url.endswith("/login?next=%2Fjobs")


def test_signing_out_everywhere_ends_another_browser(visit: Visit, whisper: Stack):
    person = whisper.create_user("everywhere")
    here, there = visit(), visit()
    for tab in (here, there):
        tab.expect_complaint("401")  # what a page asks for in the moment of the end is refused
        tab.sign_in(person)
    here.pick("Sign out everywhere")
    here.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    expect(here.page.get_by_text("signed out on every device")).to_be_visible()
    expect(there.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_theme_is_remembered(visit: Visit, people: dict[str, Person]):
    tab = visit(theme="light")
    tab.sign_in(people["owner"])
    tab.pick("Dark")
    tab.page.reload()
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(tab.page.locator("body")).to_have_css("color-scheme", "dark")


def test_a_changed_password_keeps_this_browser_and_works_next_time(visit: Visit, whisper: Stack):
    person = whisper.create_user("changing")
    tab = visit()
    tab.sign_in(person, "/account")
    form = tab.page.get_by_role("region", name="Password")
    form.get_by_label("Password now").fill(person.password)
    form.get_by_label("New password", exact=True).fill("another-secret-9")
    form.get_by_label("New password again").fill("another-secret-9")
    with tab.page.expect_event("websocket"):  # the connection of the old password ends, a new one comes
        form.get_by_role("button", name="Change the password").click()
    expect(tab.page.locator(".toast")).to_contain_text("The password is changed.")
    expect(tab.connection).to_have_attribute("data-state", "live")
    tab.page.reload()
    expect(tab.connection).to_have_attribute("data-state", "live")
    tab.pick("Sign out")
    tab.enter(person.username, "another-secret-9")
    expect(tab.main).to_be_visible()


def test_a_refused_password_is_explained_at_its_field(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.expect_complaint(REFUSED)
    tab.sign_in(people["stranger"], "/account")
    form = tab.page.get_by_role("region", name="Password")
    form.get_by_label("Password now").fill("not-mine-at-all")
    form.get_by_label("New password", exact=True).fill("another-secret-9")
    form.get_by_label("New password again").fill("another-secret-9")
    form.get_by_role("button", name="Change the password").click()
    expect(form.get_by_label("Password now")).to_have_attribute("aria-invalid", "true")


def test_an_api_key_is_shown_once_works_and_is_revoked(visit: Visit, whisper: Stack):
    tab = visit()
    tab.sign_in(whisper.create_user("keyholder"), "/account")
    tab.button("New key").click()
    tab.page.get_by_label("Name").fill("Nightly upload")
    tab.button("Create the key").click()
    key = tab.page.locator(".secret code").inner_text()
    tab.button("Copy").click()
    assert tab.page.evaluate("navigator.clipboard.readText()") == key
    assert _hello(tab, key) == 200
    tab.page.keyboard.press("Escape")
    row = tab.page.get_by_role("listitem").filter(has_text="Nightly upload")
    expect(row).to_have_count(1)
    assert key not in tab.page.content()
    row.get_by_role("button", name=re.compile("Revoke")).click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(tab.page.get_by_text("No API keys")).to_be_visible()
    assert _hello(tab, key) == 401


def _hello(tab, key: str) -> int:
    return tab.page.context.request.get(f"{tab.url}/api/hello", headers={"X-API-KEY": key, "Cookie": ""}).status
