"""The form of a new batch: what is written is kept, tried, estimated and checked."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.browser import Visitor
from tests.e2e.prompting import (
    begin,
    bring,
    choose,
    estimate,
    prompting_stack,  # noqa: F401 (fixture)
    prompting_upstream,  # noqa: F401 (fixture)
    remove,
    titles,
    wait_status,
    write,
    write_much,
)
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e
OWNER, START = "writer", "/prompts/new"


def test_prompts_are_tried_on_one_document_before_they_begin(tab: Visitor, upstream: Upstream):
    bring(tab, "trials", "First", "Second")
    choose(tab, "trials")
    write(tab, "Try me.")
    tab.page.get_by_label("Document to try it on").select_option(label="Second")
    upstream.scripts.append(Script(["It is **Second**."], before_s=1))
    tab.button("Try it").click()
    expect(tab.page.get_by_role("img", name="Being answered")).to_be_visible()
    answer = tab.page.get_by_role("region", name="prompt_1")
    expect(answer.locator("strong")).to_have_text("Second", timeout=20_000)
    expect(tab.page.get_by_text("These are the answers of what is written above.")).to_be_visible()
    assert "About Second." in str(upstream.requests[-1])
    write(tab, "Try me once more.")

    expect(tab.page.get_by_text("Something has changed since")).to_be_visible()
    tab.go("/prompts")
    expect(tab.page.locator(".row-title", has_text="Preview")).to_have_count(0)


def test_a_name_that_does_not_exist_is_told_beside_its_prompt(tab: Visitor):
    bring(tab, "names", "One")
    choose(tab, "names")
    write(tab, "What is {{document.colour}}?")
    error = tab.page.locator(".prompt-item .field-error:visible")
    expect(error).to_contain_text("There is nothing called {{document.colour}}.")
    expect(estimate(tab)).to_contain_text("It cannot begin like this.")
    tab.expect_complaint("status of 400")
    tab.button("Start").click()
    expect(tab.page.locator(".start-line .notice")).to_be_visible()
    expect(tab.page.get_by_label("Prompt", exact=True)).to_be_focused()
    write(tab, "What is {{document.title}}?")

    expect(error).to_have_count(0)
    expect(estimate(tab)).to_contain_text("1 document × 1 prompt = 1 answer")


def test_prompts_change_places_and_are_removed(tab: Visitor):
    tab.go("/prompts/new")
    write(tab, "one")
    for number, words in enumerate(("two", "three"), start=1):
        tab.button("Add a prompt").click()
        write(tab, words, number)
    tab.button("Move up: prompt 3").click()
    tab.button("Remove: prompt 1").click()
    boxes = tab.page.get_by_label("Prompt", exact=True)

    assert [boxes.nth(number).input_value() for number in range(2)] == ["three", "two"]
    tab.button("Empty the form").click()


def test_the_form_survives_a_reload_and_an_old_batch_fills_it(tab: Visitor):
    bring(tab, "again", "Alpha", "Beta")
    choose(tab, "again")
    write(tab, "Is this kept?")
    tab.page.get_by_label("Temperature").fill("0.4")
    tab.page.reload()
    expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("Is this kept?")
    expect(tab.page.get_by_role("checkbox", name=re.compile("^again "))).to_be_checked()
    expect(tab.page.get_by_label("Temperature")).to_have_value("0.4")
    tab.button("Start").click()
    wait_status(tab, "completed")
    tab.page.get_by_role("link", name="Use again").click()

    expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("Is this kept?")
    expect(tab.page.get_by_label("Temperature")).to_have_value("0.4")
    expect(tab.page.locator(".picked")).to_contain_text("2 documents chosen")
    expect(estimate(tab)).to_contain_text("2 documents × 1 prompt")
    tab.button("Empty the form").click()


def test_everything_that_a_search_finds_is_chosen_at_once(tab: Visitor):
    bring(tab, "many", *(f"Zebra {number:02}" for number in range(30)), "Lion")
    tab.go("/prompts/new")
    tab.page.get_by_label("Search documents").fill("zebra")
    tab.button("Select all 30 found").click()

    expect(tab.page.locator(".picked")).to_contain_text("30 documents chosen")
    tab.page.get_by_label("Search documents").fill("zebra 07")
    tab.page.get_by_role("checkbox", name=re.compile("Zebra 07")).uncheck()
    expect(tab.page.locator(".picked")).to_contain_text("29 documents chosen")
    tab.button("Empty the form").click()


def test_start_cannot_be_pressed_again_while_a_batch_begins(tab: Visitor):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bring(tab, "pressed", "One")
    choose(tab, "pressed")
    write_much(tab)
    tab.page.route("**/api/batches", hold, times=1)
    tab.button("Start").click()
    tab.page.get_by_label("Title").fill("Changed meanwhile")
    expect(estimate(tab)).to_be_visible()
    expect(tab.button("Start")).to_be_disabled()
    held[0].continue_()

    expect(tab.page).to_have_url(re.compile("/prompts/[0-9a-f-]{36}$"))


def test_a_batch_whose_answer_was_lost_is_not_begun_twice(tab: Visitor):
    bring(tab, "lost", "One")
    choose(tab, "lost")
    write_much(tab)
    tab.page.get_by_label("Title").fill("Begun once")
    tab.page.route("**/api/batches", _lose, times=1)
    tab.expect_complaint("ERR_FAILED")
    tab.button("Start").click()
    expect(tab.page.locator(".start-line .notice")).to_contain_text("The server does not answer")
    tab.button("Start").click()

    expect(tab.page).to_have_url(re.compile("/prompts/[0-9a-f-]{36}$"))
    assert titles(tab, "begun once") == ["Begun once"]


def test_a_document_that_is_gone_leaves_the_form(tab: Visitor):
    first, second, _ = bring(tab, "going", "Gnu 1", "Gnu 2", "Gnu 3")
    tab.go("/prompts/new")
    tab.page.get_by_label("Search documents").fill("gnu")
    tab.button("Select all 3 found").click()
    expect(tab.page.locator(".picked")).to_contain_text("3 documents chosen")
    write(tab, "Why?")
    tab.go("/prompts")
    remove(tab, first)
    tab.expect_complaint("status of 422")
    tab.go("/prompts/new")
    expect(estimate(tab)).to_contain_text("2 documents × 1 prompt = 2 answers")
    remove(tab, second)

    expect(tab.page.locator(".picked")).to_contain_text("1 document chosen")
    expect(estimate(tab)).to_contain_text("1 document × 1 prompt = 1 answer")
    tab.button("Empty the form").click()


def test_what_the_server_refused_stays_while_documents_come(tab: Visitor):
    bring(tab, "standing", *(f"Yak {number:02}" for number in range(30)))
    choose(tab, "standing")
    write(tab, "What is {{document.colour}}?")
    tab.expect_complaint("status of 400")
    tab.button("Start").click()
    expect(tab.page.locator(".start-line .notice")).to_contain_text("cannot be filled")
    tab.page.get_by_label("Search documents").fill("yak")
    tab.button("Show more").click()
    expect(tab.page.get_by_role("checkbox", name=re.compile("Yak"))).to_have_count(30)
    bring(tab, "standing", "Yak 30")

    expect(tab.page.get_by_role("checkbox", name=re.compile("Yak"))).to_have_count(31)
    expect(tab.page.locator(".start-line > .notes .notice")).to_contain_text("cannot be filled")
    tab.button("Empty the form").click()


def test_what_an_old_batch_replaces_in_the_form_can_be_brought_back(tab: Visitor):
    bring(tab, "replaced", "One")
    batch = begin(tab, "replaced", "The old words?")
    write(tab, "The new words?")
    tab.go(f"/prompts/new?from={batch}")
    expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("The old words?")
    tab.button("Bring it back").click()

    expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("The new words?")
    tab.button("Empty the form").click()


def test_a_prompt_that_cannot_be_tried_is_told_at_its_own_place(tab: Visitor):
    bring(tab, "placed", "One")
    choose(tab, "placed")
    tab.button("Add a prompt").click()
    write(tab, "What is {{document.colour}}?", 1)
    tab.expect_complaint("status of 400")
    tab.button("Try it").click()

    expect(tab.page.locator(".prompt-item").nth(1).locator(".field-error:visible")).to_contain_text("nothing called")
    expect(tab.page.locator(".prompt-item").nth(0).locator(".field-error:visible")).to_have_count(0)
    tab.button("Empty the form").click()


def test_a_try_that_was_stopped_is_no_answer(tab: Visitor, upstream: Upstream):
    bring(tab, "stopped", "One")
    choose(tab, "stopped")
    write(tab, "Stop me.")
    upstream.scripts.append(Script(["Late."], before_s=30))
    tab.button("Try it").click()
    tab.button("Stop").click()

    expect(tab.page.get_by_text("Stopped.")).to_be_visible(timeout=20_000)
    expect(tab.page.get_by_text("These are the answers")).to_have_count(0)
    tab.button("Empty the form").click()


def _lose(route: Route) -> None:
    """The server does it, and its answer never comes."""
    route.fetch()
    route.abort()
