"""The table of a batch while its rows come and go: what is filtered, opened and focused stays what it was."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.browser import Visitor
from tests.e2e.prompting import (
    answer,
    begin,
    begun,
    bring,
    cells,
    enlarge,
    grid,
    held,
    prompting_stack,  # noqa: F401 (fixture)
    prompting_upstream,  # noqa: F401 (fixture)
    wait_status,
)
from tests.e2e.stack import Stack
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e
OWNER, START = "looker", "/prompts"

# What a process that ends at once has told may be lost on the way to the web process, which looks again every 5 s.
HEALED_MS = 20_000


def test_a_filter_that_finds_nothing_yet_fills_when_something_comes(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(status=400, error={"message": "no"}, before_s=4))
    begun(tab, "hopeful", "One")
    tab.button("Failed").click()
    expect(tab.page.get_by_text("No such rows")).to_be_visible()

    expect(cells(tab, "failed")).to_have_count(1, timeout=20_000)


def test_the_first_rows_of_a_filter_are_asked_for_again(tab: Visitor):
    begun(tab, "unlucky", "One")
    wait_status(tab, "completed")
    tab.page.route("**/rows?*", lambda route: route.fulfill(status=503, json={"detail": "Busy."}), times=1)
    tab.expect_complaint("status of 503")
    tab.button("Done").click()
    expect(tab.page.get_by_role("region", name="Notices")).to_contain_text("Busy.")

    expect(cells(tab, "done")).to_have_count(1, timeout=20_000)


def test_the_open_answer_stays_that_of_its_document(tab: Visitor, stack: Stack):
    batch = begun(tab, "moving", "Paper 00000")
    wait_status(tab, "completed")
    enlarge(stack, batch, 3000)
    tab.page.reload()
    tab.button("Failed").click()
    cells(tab, "failed").nth(1).click()
    dialog = tab.page.get_by_role("dialog", name="Paper 01007")
    expect(dialog).to_contain_text("Row 2 of 3")
    answer(stack, batch, 7)
    expect(dialog).to_contain_text("Row 1 of 2", timeout=HEALED_MS)
    answer(stack, batch, 1007)
    expect(dialog).to_contain_text("Answer 1007 of 0", timeout=HEALED_MS)
    expect(dialog).to_contain_text("No longer in this list")
    dialog.get_by_role("button", name="Next answer").click()

    expect(tab.page.get_by_role("dialog", name="Paper 02007")).to_contain_text("Row 1 of 1")


def test_the_next_answer_is_shown_when_its_page_has_come(tab: Visitor, stack: Stack):
    batch = begun(tab, "paged", "Paper 00000")
    wait_status(tab, "completed")
    enlarge(stack, batch, 3000)
    waiting: list[Route] = []
    tab.page.route("**/rows?offset=100&*", lambda route: waiting.append(route), times=1)  # noqa: PLW0108 (not a list's own)
    tab.go(f"/prompts/{batch}?only=done&cell=99-0")
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Row 100 of 2,997")
    expect(tab.page.get_by_role("dialog", name="Paper 00100")).to_be_visible()
    for _ in range(2):
        dialog.get_by_role("button", name="Next answer").click()
    expect(dialog).to_contain_text("Row 100 of 2,997")
    waiting[0].continue_()

    expect(tab.page.get_by_role("dialog", name="Paper 00102")).to_contain_text("Answer 102 of 0")


def test_a_reload_comes_back_to_what_a_filter_showed(tab: Visitor, stack: Stack):
    batch = begun(tab, "returned", "Paper 00000")
    wait_status(tab, "completed")
    enlarge(stack, batch, 3000)
    tab.go(f"/prompts/{batch}?only=done&row=2000&cell=2010-0")

    expect(tab.page.get_by_role("dialog", name="Paper 02013")).to_contain_text("Answer 2013 of 0")
    tab.page.keyboard.press("Escape")
    expect(grid(tab)).to_contain_text("Answer 2004 of 0")


def test_the_focus_stays_on_the_heading_when_a_batch_opens(tab: Visitor):
    bring(tab, "headed", "One")
    begin(tab, "headed", "Why?", title="Where the focus is")
    tab.go("/prompts")
    tab.page.get_by_role("link", name="Where the focus is").click()

    expect(tab.page.locator("h1", has_text="Where the focus is")).to_be_focused()


def test_the_focus_stays_in_a_table_that_shrinks(tab: Visitor, stack: Stack):
    batch = begun(tab, "shrinking", "Paper 00000")
    wait_status(tab, "completed")
    enlarge(stack, batch, 3000)
    tab.go(f"/prompts/{batch}?only=failed")
    cells(tab, "failed").last.focus()
    answer(stack, batch, 2007)
    expect(grid(tab).get_by_role("rowheader")).to_have_count(2, timeout=HEALED_MS)
    expect(cells(tab, "failed").last).to_be_focused()
    for row in (7, 1007):
        answer(stack, batch, row)

    expect(tab.button("Show all")).to_be_focused(timeout=HEALED_MS)


def test_the_way_to_the_content_does_not_build_the_page_anew(tab: Visitor, upstream: Upstream):
    with held(upstream, 2):
        begun(tab, "skipped", "One")
        tab.button("Waiting").click()
        expect(tab.page).to_have_url(re.compile("only=waiting"))
        tab.page.locator("page-batch").evaluate("page => { page.dataset.seen = 'yes'; }")
        tab.page.get_by_role("link", name="Skip to the content").focus()
        tab.page.keyboard.press("Enter")
        expect(tab.page).to_have_url(re.compile("#main$"))
        tab.button("Cancel").click()
        wait_status(tab, "cancelled")

    expect(tab.page.locator("page-batch[data-seen]")).to_be_visible()
