"""The prompts page, as people use it: a real server, worker and browser, and a model server that does as it is told."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LOOKS, Visit, Visitor
from tests.e2e.prompting import (
    begin,
    begin_requests,
    begun,
    bring,
    cells,
    choose,
    counts,
    enlarge,
    estimate,
    grid,
    held,
    kept,
    prompting_stack,  # noqa: F401 (fixture)
    prompting_upstream,  # noqa: F401 (fixture)
    wait_status,
    write,
)
from tests.e2e.stack import Person, Stack
from tests.fixtures.upstream import Script, Upstream
from tests.prompts.spreadsheets import reloaded

pytestmark = pytest.mark.e2e
START = "/prompts"

REFUSED = {"error": {"message": "no", "type": "invalid_request_error"}}


def test_a_batch_is_put_together_and_its_table_fills(tab: Visitor, upstream: Upstream):
    bring(tab, "harbours", "Lyon", "Nantes", "Brest")
    choose(tab, "harbours")
    tab.button("{{document.title}}").click()
    expect(tab.page.get_by_label("Prompt", exact=True)).to_have_value("{{document.title}}")
    write(tab, "What is {{document.title}}?")
    tab.button("Add a prompt").click()
    write(tab, "Say it in one word.", 1)
    tab.page.get_by_label("Name of the column").nth(1).fill("Short")
    expect(estimate(tab)).to_contain_text("3 documents × 2 prompts = 6 answers")
    expect(estimate(tab)).to_contain_text(re.compile(r"about [€$\w].*[\d.]+"))
    tab.button("Start").click()

    expect(tab.page).to_have_url(re.compile("/prompts/[0-9a-f-]{36}$"))
    expect(grid(tab).get_by_role("columnheader")).to_have_text(["Document", "prompt_1", "Short"])
    expect(cells(tab, "done")).to_have_count(6, timeout=30_000)
    wait_status(tab, "completed")
    expect(counts(tab)).to_have_text("6 done")
    expect(grid(tab).get_by_role("rowheader").first).to_contain_text("Lyon")
    expect(cells(tab, "done").first).to_have_text("prompt_1Hello you!")
    assert any("What is Brest?" in str(asked) for asked in upstream.requests)
    assert kept(tab) == {}


def test_a_reload_in_the_middle_loses_nothing(tab: Visitor, visit: Visit, stack: Stack, upstream: Upstream):
    upstream.scripts.extend(Script(["Slowly."], before_s=0.4) for _ in range(60))
    begun(tab, "slow", *(f"Part {number:02}" for number in range(30)), prompts=("One?", "Two?"))
    expect(cells(tab, "done").first).to_be_visible(timeout=20_000)
    expect(cells(tab, "waiting").first).to_be_visible()
    tab.page.reload()
    expect(cells(tab, "done").first).to_be_visible()
    other = visit(beside=tab, url=stack.url)
    other.page.goto(tab.page.url)
    wait_status(tab, "completed")

    for one in (tab, other):
        expect(counts(one)).to_have_text("60 done")
        expect(cells(one, "waiting")).to_have_count(0)
        expect(cells(one, "done").last).to_contain_text("Slowly.")


def test_what_failed_is_found_and_tried_again(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(status=400, error=REFUSED["error"]))
    begun(tab, "failing", *(f"Paper {number}" for number in range(5)))
    wait_status(tab, "completed")
    expect(counts(tab)).to_have_text("4 done · 1 failed")
    tab.button("Failed").click()
    expect(tab.page.get_by_text("1 row found")).to_be_visible()
    expect(grid(tab).get_by_role("rowheader")).to_have_count(1)
    expect(tab.page).to_have_url(re.compile("only=failed"))
    tab.page.reload()
    expect(cells(tab, "failed")).to_have_count(1)
    tab.button("Retry failed (1)").click()

    expect(counts(tab)).to_have_text("5 done", timeout=30_000)
    expect(tab.page.get_by_text("No such rows")).to_be_visible()
    tab.button("Show all").click()
    expect(cells(tab, "done")).to_have_count(5)


def test_where_only_failures_are_shown_one_leads_to_the_next(tab: Visitor, upstream: Upstream):
    upstream.scripts.extend(Script(status=400, error=REFUSED["error"]) for _ in range(2))
    begun(tab, "walked", "Alpha", "Beta", "Gamma", prompts=("One?", "Two?"))
    wait_status(tab, "completed")
    tab.button("Failed").click()
    expect(tab.page.get_by_text(re.compile("rows? found"))).to_be_visible()
    cells(tab, "failed").first.click()
    dialog = tab.page.get_by_role("dialog")
    expect(dialog.locator(".notice")).to_be_visible()
    expect(dialog.get_by_role("button", name="Previous answer")).to_be_disabled()
    dialog.get_by_role("button", name="Next answer").click()

    expect(dialog.get_by_role("button", name="Next answer")).to_be_disabled()
    expect(dialog.locator(".notice")).to_be_visible()


def test_an_answer_is_opened_in_full_by_the_keyboard(tab: Visitor, upstream: Upstream):
    long = "**Bold** words. " + "More of it. " * 60
    upstream.scripts.extend(Script([long]) for _ in range(4))
    begun(tab, "reading", "Alpha", "Beta", prompts=("One?", "Two?"))
    expect(cells(tab, "done")).to_have_count(4, timeout=30_000)
    cells(tab, "done").first.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        tab.page.keyboard.press(key)
    dialog = tab.page.get_by_role("dialog", name="Beta")
    expect(dialog.locator("st-rich-text strong")).to_have_text("Bold")
    expect(dialog).to_contain_text("Column 2 Two?")
    expect(dialog).to_contain_text("11 tokens read, 7 written")
    expect(tab.page).to_have_url(re.compile("cell=1-1"))
    tab.page.reload()
    expect(dialog.locator("st-rich-text strong")).to_have_text("Bold")
    dialog.get_by_role("button", name="As written").click()
    expect(dialog.locator(".cell-plain")).to_contain_text("**Bold** words.")
    dialog.get_by_role("button", name="Copy").click()
    assert tab.page.evaluate("navigator.clipboard.readText()").strip() == long.strip()
    tab.page.keyboard.press("ArrowLeft")
    expect(dialog).to_contain_text("Column 1 One?")
    tab.page.keyboard.press("Escape")

    expect(grid(tab).get_by_role("row").nth(2).get_by_role("gridcell").first).to_be_focused()
    expect(tab.page).not_to_have_url(re.compile("cell="))


def test_an_answer_that_is_waited_for_appears_where_it_was_opened(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(["There it is."], before_s=3))
    begun(tab, "patience", "Only one")
    cells(tab, "waiting").first.click()
    dialog = tab.page.get_by_role("dialog")
    expect(dialog).to_contain_text("not answered yet")

    expect(dialog.locator("st-rich-text")).to_have_text("There it is.", timeout=20_000)


def test_what_is_answered_stays_when_a_batch_is_cancelled_and_goes_on(tab: Visitor, upstream: Upstream):
    upstream.scripts.extend(Script(["Early."]) for _ in range(3))
    with held(upstream, 40):
        begun(tab, "cancelled", *(f"Page {number:02}" for number in range(20)))
        expect(counts(tab)).to_contain_text("3 done", timeout=20_000)
        tab.button("Cancel").click()
        wait_status(tab, "cancelled")
    expect(counts(tab)).to_have_text("3 done · 17 not answered")
    expect(cells(tab, "waiting").first).to_contain_text("Not answered")
    tab.button("Continue").click()

    expect(counts(tab)).to_have_text("20 done", timeout=40_000)
    expect(grid(tab)).to_contain_text("Early.")
    expect(grid(tab)).to_contain_text("Hello you!")


def test_a_busy_server_is_waited_for_and_the_wait_is_shown(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(status=429, headers={"Retry-After": "4"}))
    begun(tab, "busy", "One")
    expect(tab.page.get_by_text("The server that answers is busy. Going on")).to_be_visible(timeout=20_000)

    expect(counts(tab)).to_have_text("1 done", timeout=30_000)
    expect(tab.page.get_by_text("The server that answers is busy.")).to_have_count(0)


def test_results_are_downloaded_while_it_runs_and_after(tab: Visitor, upstream: Upstream, tmp_path: Path):
    upstream.scripts.append(Script(["=1+1"]))
    with held(upstream, 8):
        begun(tab, "files", "Alpha", "Beta", "Gamma")
        expect(counts(tab)).to_contain_text("1 done", timeout=20_000)
        tab.button("Download").click()
        with tab.page.expect_download() as partial:
            tab.page.get_by_role("menuitem", name="Table (.csv), partial").click()
        rows = list(csv.reader(io.StringIO(Path(partial.value.path()).read_text("utf-8-sig"))))[1:]
        assert [row[2] for row in rows] == ["Alpha", "Beta", "Gamma"]
        assert sorted(row[3] for row in rows) == ["", "", "'=1+1"]
        tab.button("Cancel").click()
        wait_status(tab, "cancelled")
    tab.button("Continue").click()
    wait_status(tab, "completed")
    tab.button("Download").click()
    with tab.page.expect_download() as whole:
        tab.page.get_by_role("menuitem", name="Workbook (.xlsx)", exact=True).click()
    whole.value.save_as(tmp_path / "all.xlsx")

    assert sorted(row[3] for row in reloaded(tmp_path / "all.xlsx")) == ["=1+1", "Hello you!", "Hello you!"]


def test_of_twenty_thousand_answers_only_those_in_view_are_in_the_page(tab: Visitor, stack: Stack):
    batch = begun(tab, "papers", "Paper 00000", prompts=("One?", "Two?", "Three?", "Four?"))
    wait_status(tab, "completed")
    enlarge(stack, batch, 5000)
    tab.page.reload()
    expect(grid(tab)).to_have_attribute("aria-rowcount", "5001")
    expect(cells(tab, "done").first).to_be_visible()
    assert grid(tab).get_by_role("row").count() < 40
    cells(tab, "done").first.focus()
    tab.page.keyboard.press("Control+End")
    expect(grid(tab)).to_contain_text("Answer 4999 of 3")
    expect(grid(tab).locator("[aria-rowindex='5001'] [aria-colindex='5']")).to_be_focused()
    grid(tab).evaluate("grid => grid.scrollTo(0, grid.scrollHeight / 2)")
    expect(grid(tab)).to_contain_text("Answer 2500 of 0")
    expect(tab.page).to_have_url(re.compile(r"row=2500"))
    tab.page.reload()
    expect(grid(tab)).to_contain_text("Answer 2500 of 0")
    tab.page.get_by_label("Search rows").fill("paper 01234")
    expect(tab.page.get_by_text("1 row found")).to_be_visible()
    expect(grid(tab)).to_contain_text("Answer 1234 of 2")
    assert grid(tab).get_by_role("row").count() == 2


def test_batches_are_found_renamed_and_deleted(tab: Visitor, visit: Visit, stack: Stack):
    bring(tab, "listed", "One")
    batch = begin(tab, "listed", "Why?", title="A title to be changed")
    other = visit(beside=tab, url=stack.url)
    other.go("/prompts")
    expect(other.page.get_by_role("link", name="A title to be changed")).to_be_visible()
    tab.go(f"/prompts/{batch}")
    tab.button("Rename").click()
    tab.page.get_by_label("Title").fill("Zanzibar")
    tab.button("Save").click()
    expect(tab.page.locator("h1")).to_have_text("Zanzibar")
    wait_status(tab, "completed")
    other.page.get_by_label("Search batches").fill("zanzi")
    expect(other.page.get_by_text("1 batch found")).to_be_visible()
    expect(other.page.get_by_role("link", name="Zanzibar")).to_be_visible()
    other.page.get_by_role("link", name="Zanzibar").click()
    tab.button("Delete").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(tab.page.get_by_role("heading", name="Prompts")).to_be_visible()
    expect(other.page.get_by_role("heading", name="Prompts")).to_be_visible()


def test_a_batch_that_waits_for_others_shows_its_place(tab: Visitor, upstream: Upstream):
    bring(tab, "queued", *(f"Page {number}" for number in range(9)))
    with held(upstream, 60):
        for title in ("Running 1", "Running 2", "The third one"):
            begin(tab, "queued", "Why?", title=title)
        tab.go("/prompts")
        row = tab.page.get_by_role("listitem").filter(has_text="The third one")
        expect(row).to_contain_text("1st in the queue")
        tab.go("/jobs")
        job = tab.page.locator("st-job").filter(has_text="The third one")
        expect(job).to_contain_text("Prompts · 1st in the queue")
        job.get_by_role("button", name="Cancel").click()
        expect(job).to_contain_text("Cancelled")
        for title in ("Running 1", "Running 2"):
            tab.button(f"Cancel {title}").click()
        job.get_by_role("link", name="The third one").click()
    expect(counts(tab)).to_have_text("0 done · 9 not answered")


def test_a_batch_is_shared_to_be_read_and_is_nothing_to_strangers(
    tab: Visitor, visit: Visit, stack: Stack, upstream: Upstream
):
    upstream.scripts.append(Script(["A secret."]))
    batch = begun(tab, "private", "Hidden paper")
    expect(cells(tab, "done")).to_have_count(1, timeout=20_000)
    viewer, stranger = visit(url=stack.url), visit(url=stack.url)
    viewer.sign_in(stack.create_user("teammate"), f"/prompts/{batch}")
    expect(viewer.page.get_by_text("not yours")).to_be_visible()
    tab.button("Share").click()
    tab.page.get_by_label("Username or email").fill("teammate")
    tab.page.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click()
    expect(tab.page.get_by_role("button", name="Stop sharing with teammate")).to_be_visible()
    viewer.page.reload()
    expect(cells(viewer, "done")).to_contain_text("A secret.")
    for name in ("Rename", "Delete", "Share"):
        expect(viewer.button(name)).to_have_count(0)
    stranger.sign_in(stack.create_user("stranger"), f"/prompts/{batch}")

    expect(stranger.page.get_by_text("not yours")).to_be_visible()
    assert "secret" not in stranger.page.locator("page-batch").inner_text()


def test_requests_of_a_file_are_a_table_with_one_column(tab: Visitor, stack: Stack, owner: Person):
    begin_requests(stack, owner, "One?", "Two?", "Three?")
    tab.go("/jobs")
    job = tab.page.locator("st-job").filter(has_text="questions.jsonl")
    expect(job).to_contain_text("Requests · ")
    job.get_by_role("link", name="questions.jsonl").click()
    expect(grid(tab).get_by_role("columnheader")).to_have_text(["Request", "response"])
    expect(cells(tab, "done")).to_have_count(3, timeout=30_000)
    expect(grid(tab).get_by_role("rowheader")).to_contain_text(["request-0", "request-1", "request-2"])
    expect(tab.page.get_by_role("link", name="Use again")).to_have_count(0)
    cells(tab, "done").last.click()

    expect(tab.page.get_by_role("dialog", name="request-2")).to_contain_text("Hello you!")


def test_what_a_model_says_never_runs(tab: Visitor, upstream: Upstream):
    hostile = (
        "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\"> [a](javascript:alert(1))"
    )
    upstream.scripts.append(Script([hostile]))
    begun(tab, "hostile", "<b>Bold</b> title")
    cells(tab, "done").first.click()
    dialog = tab.page.get_by_role("dialog", name="<b>Bold</b> title")
    expect(dialog).to_contain_text("<script>document.title")

    assert dialog.locator("script, img, .cell-body a").count() == 0
    assert grid(tab).locator("b, script, img").count() == 0
    assert "run" not in tab.page.title()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_everybody_can_use_the_pages(visit: Visit, stack: Stack, owner: Person, upstream: Upstream, width, theme):
    tab = visit(url=stack.url, width=width, theme=theme)
    tab.sign_in(owner, "/prompts")
    collection = f"look-{width}-{theme}"
    upstream.scripts.extend([Script(status=400, error=REFUSED["error"]), Script(["# One\n\n- **two**"])])
    begun(
        tab,
        collection,
        "A title that is long enough to need more than one line in any table",
        "Two",
        prompts=("One?", "Two?"),
    )
    wait_status(tab, "completed")
    tab.button("Download").click()
    expect(tab.page.get_by_role("menuitem")).to_have_count(3)
    assert tab.page.get_by_role("menu", name="Download").bounding_box()["x"] >= 0
    assert _is_fine(tab)
    tab.page.keyboard.press("Escape")
    cells(tab, "done").first.click()
    expect(tab.page.get_by_role("dialog").locator("st-rich-text")).to_be_visible()
    assert _is_fine(tab)
    tab.go("/prompts")
    expect(tab.page.get_by_role("link", name=collection)).to_be_visible()
    assert _is_fine(tab)
    choose(tab, collection)
    write(tab, "What is {{document.title}}?")
    tab.button("Add a prompt").click()
    write(tab, "And this?", 1)
    expect(estimate(tab)).to_be_visible()
    tab.button("Try it").click()
    expect(tab.page.get_by_role("region", name="prompt_2").locator("st-rich-text")).to_be_visible(timeout=20_000)
    assert _is_fine(tab)
    tab.button("Empty the form").click()


def _is_fine(tab: Visitor) -> bool:
    """Fails with what axe finds, or where the page is wider than the window."""
    assert tab.findings() == []
    return not tab.overflows()
