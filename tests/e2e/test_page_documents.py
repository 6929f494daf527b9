"""The documents page, as people use it, with a real server that reads the files."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LOOKS, SHORT, Visit, Visitor, frozen
from tests.e2e.library import add, do, put_into, row, show, text
from tests.e2e.prompting import (
    begin,
    bring,
    kept,
    prompting_stack,  # noqa: F401 (fixture)
    send,
)
from tests.e2e.stack import Person, Stack

pytestmark = pytest.mark.e2e
OWNER, START = "librarian", "/documents"


def test_somebody_without_documents_is_told_what_to_do(visit: Visit, stack: Stack):
    tab = visit(url=stack.url)
    tab.sign_in(stack.create_user("newcomer"), "/prompts")
    expect(tab.page.get_by_text("Ask all your documents at once")).to_be_visible()
    tab.page.get_by_role("link", name="Documents").click()
    expect(tab.page.get_by_text("No documents yet")).to_be_visible()
    assert tab.findings() == []
    tab.go("/prompts/new")

    expect(tab.page.get_by_text("No documents yet")).to_be_visible()
    expect(tab.button("Start")).to_be_disabled()


def test_a_long_text_is_read_from_its_beginning_and_downloaded_whole(tab: Visitor):
    send(tab, "/api/documents/texts", {"title": "Long", "text": "word " * 10_000, "collection": "long"})
    row(tab, "Long").get_by_role("button", name="Long", exact=True).click()
    dialog = tab.page.get_by_role("dialog", name="Long")
    expect(dialog).to_contain_text("These are the first 20,000 characters of")
    with tab.page.expect_download() as download:
        dialog.get_by_role("link", name="Download all").click()

    assert Path(download.value.path()).read_text().split() == ["word"] * 10_000


def test_documents_are_found_and_their_names_changed(tab: Visitor):
    bring(tab, "found", "Harbour of Nantes", "Station of Lyon")
    tab.page.get_by_label("Search documents").fill("harbour")
    expect(tab.page.get_by_text("1 document found")).to_be_visible()
    do(tab, "Harbour of Nantes", "Edit")
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Port of Nantes")
    dialog.get_by_label("Collection").fill("not a name")
    tab.expect_complaint("status of 400")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field-error:visible")).to_be_visible()
    dialog.get_by_label("Collection").fill("ports")
    dialog.get_by_role("button", name="Save").click()

    expect(row(tab, "Port of Nantes")).to_contain_text("ports")
    tab.page.get_by_label("Search documents").fill("no such words")
    tab.button("Show all").click()
    expect(row(tab, "Station of Lyon")).to_be_visible()


def test_several_are_deleted_at_once_and_leave_another_tab_too(tab: Visitor, visit: Visit, stack: Stack):
    bring(tab, "deleted", "Gone 1", "Gone 2", "Stays")
    show(tab, "deleted")
    other = visit(beside=tab, url=stack.url)
    other.go("/documents")
    show(other, "deleted")
    expect(other.page.locator(".document-row")).to_have_count(3)
    for title in ("Gone 1", "Gone 2"):
        tab.page.get_by_role("checkbox", name=f"Select {title}").check()
    tab.button("Delete").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    for one in (tab, other):
        expect(one.page.locator(".document-row")).to_have_count(1)
        expect(row(one, "Stays")).to_be_visible()
    expect(tab.button("Delete")).to_have_count(0)


def test_selected_documents_are_taken_into_a_batch(tab: Visitor):
    bring(tab, "taken", "One", "Two")
    show(tab, "taken")
    expect(tab.page.locator(".document-row")).to_have_count(2)
    tab.page.get_by_role("checkbox", name="Select all on this page").check()
    tab.button("Use in a batch").click()

    expect(tab.page.locator(".picked")).to_contain_text("2 documents chosen")
    assert {one["title"] for one in kept(tab)["documents"]} == {"One", "Two"}


def test_what_has_been_read_leaves_the_list_of_what_is_being_read(tab: Visitor, stack: Stack, tmp_path: Path):
    put_into(tab, "leaving")
    with frozen(stack, "documents"):
        add(tab, text(tmp_path, "leaving.txt"))
        tab.page.get_by_role("combobox", name="State").select_option("Being read")
        expect(row(tab, "leaving.txt")).to_be_visible()

    expect(row(tab, "leaving.txt")).to_have_count(0, timeout=30_000)


def test_collections_are_counted_anew_when_a_document_moves(tab: Visitor):
    bring(tab, "counted", "Moves", "Remains")
    choices = tab.page.get_by_role("combobox", name="Collection").last
    expect(choices).to_contain_text("counted (2)")
    do(tab, "Moves", "Edit")
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Collection").fill("moved")
    dialog.get_by_role("button", name="Save").click()

    expect(choices).to_contain_text("counted (1)")
    expect(choices).to_contain_text("moved (1)")


def test_a_collection_that_is_empty_now_gives_way_to_every_collection(tab: Visitor):
    bring(tab, "remaining", "Remaining")
    bring(tab, "emptied", "Emptied")
    expect(row(tab, "Emptied")).to_be_visible()
    show(tab, "emptied")
    expect(tab.page.locator(".document-row")).to_have_count(1)
    do(tab, "Emptied", "Delete")
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(row(tab, "Remaining")).to_be_visible()
    expect(tab.page.get_by_role("combobox", name="Collection").last).to_have_value("")


def test_what_was_selected_while_it_was_being_read_is_taken_into_a_batch(tab: Visitor, stack: Stack, tmp_path: Path):
    put_into(tab, "awaited")
    with frozen(stack, "documents"):
        add(tab, text(tmp_path, "awaited.txt"))
        expect(row(tab, "awaited.txt")).to_contain_text("Being read")
        show(tab, "awaited")
        expect(tab.page.locator(".document-row")).to_have_count(1)
        tab.page.get_by_role("checkbox", name="Select awaited.txt").check()
        tab.button("Use in a batch").click()
        expect(tab.page.locator(".toast")).to_contain_text("None of them can be asked")
    expect(row(tab, "awaited.txt")).to_contain_text("Ready", timeout=30_000)
    tab.button("Use in a batch").click()

    expect(tab.page.locator(".picked")).to_contain_text("1 document chosen")


def test_what_cannot_be_asked_is_left_out_of_a_batch_with_a_word(tab: Visitor, tmp_path: Path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    bring(tab, "partly", "Whole")
    put_into(tab, "partly")
    add(tab, tmp_path / "broken.pdf")
    show(tab, "partly")
    expect(tab.page.locator(".document-row")).to_have_count(2)
    expect(row(tab, "broken.pdf")).to_contain_text("Not readable", timeout=30_000)
    tab.page.get_by_role("checkbox", name="Select all on this page").check()
    tab.button("Use in a batch").click()

    expect(tab.page.locator(".toast")).to_contain_text("1 document left out")
    expect(tab.page.locator(".picked")).to_contain_text("1 document chosen")


def test_the_focus_stays_on_what_can_be_done_while_documents_come(tab: Visitor):
    bring(tab, "focused", "Here")
    tab.page.get_by_role("checkbox", name="Select Here").check()
    tab.button("Delete").focus()
    bring(tab, "focused", "Comes later")
    expect(row(tab, "Comes later")).to_be_visible()

    expect(tab.button("Delete")).to_be_focused()


def test_a_transcript_becomes_a_document(tab: Visitor):
    tab.go()
    tab.transcribe(SHORT)
    tab.wait_done()
    tab.go("/documents")
    tab.button("Add a transcript").click()
    tab.page.get_by_role("dialog").get_by_role("button", name=re.compile(re.escape(SHORT.name))).click()
    expect(row(tab, SHORT.name)).to_contain_text("Ready")
    row(tab, SHORT.name).get_by_role("button", name=SHORT.name, exact=True).click()

    expect(tab.page.locator(".document-words")).to_contain_text("red door")


def test_a_transcript_that_is_clicked_twice_becomes_one_document(tab: Visitor):
    posts: list[str] = []
    tab.page.on("request", lambda request: request.url.endswith("/references") and posts.append(request.url))
    tab.go()
    tab.transcribe(SHORT)
    tab.wait_done()
    tab.go("/documents")
    tab.button("Add a transcript").click()
    tab.page.get_by_role("dialog").get_by_role("button", name=re.compile(re.escape(SHORT.name))).first.dblclick()

    expect(tab.page.locator(".toast")).to_contain_text("is a document now")
    assert len(posts) == 1


def test_a_batch_that_ends_is_told_on_the_documents_page(tab: Visitor):
    bring(tab, "elsewhere", "Asked")
    begin(tab, "elsewhere", "What is it?", title="Ends elsewhere")

    expect(tab.page.locator(".toast")).to_contain_text("“Ends elsewhere” is ready.", timeout=30_000)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_everybody_can_use_the_page(visit: Visit, stack: Stack, owner: Person, width: int, theme: str):
    tab = visit(url=stack.url, width=width, theme=theme)
    tab.sign_in(owner, "/documents")
    bring(tab, f"look-{width}-{theme}", "A title that is long enough to need more than one line on the page of a phone")
    show(tab, f"look-{width}-{theme}")
    tab.page.locator("summary").click()
    tab.page.get_by_role("checkbox", name="Select all on this page").check()
    assert tab.findings() == []
    assert not tab.overflows()
    tab.page.locator(".document-row .row-title").click()
    expect(tab.page.locator(".document-words")).to_be_visible()

    assert tab.findings() == []
    assert not tab.overflows()
