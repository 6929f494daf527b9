"""Bringing documents by the page: files and folders on their way, what becomes of them, and what takes their place."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Visitor, frozen
from tests.e2e.library import add, do, put_into, row, show, text, texts, tray
from tests.e2e.prompting import (
    prompting_stack,  # noqa: F401 (fixture)
    send,
)
from tests.e2e.stack import Stack
from tests.engines.test_documents import docx

pytestmark = pytest.mark.e2e
OWNER, START = "archivist", "/documents"

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
# All jobs anew, as after a break that was too long to catch up.
FOLLOW = """
Promise.all([import("/static/app/feed.js"), import("/static/app/session.js")])
    .then(([{feed}, {session}]) => feed.follow(session.user.id))
"""


def test_many_files_go_up_together_and_are_read_with_progress(tab: Visitor, tmp_path: Path):
    put_into(tab, "bulk")
    files = texts(tmp_path, 52)
    add(tab, *files)
    reading = tab.page.locator(".document-jobs st-job").filter(has_text="50 documents")
    expect(reading).to_contain_text(re.compile(r"\d+ of 50 documents"))
    expect(tray(tab)).to_be_hidden()
    tab.page.reload()
    expect(reading).to_contain_text(re.compile(r"\d+ of 50 documents"))
    expect(tab.page.locator(".document-jobs st-job")).to_have_count(0, timeout=60_000)
    show(tab, "bulk")
    expect(tab.page.get_by_text("52 documents found")).to_be_visible()
    tab.page.get_by_role("combobox", name="State").select_option("Ready")

    expect(tab.page.get_by_text("52 documents found")).to_be_visible()
    expect(tab.page.get_by_text("Page 1 of 3")).to_be_visible()


def test_an_upload_is_followed_on_every_page_and_can_be_cancelled(tab: Visitor, tmp_path: Path):
    file = tmp_path / "large.txt"
    file.write_text("Many words. " * 80_000)
    tab.page.context.new_cdp_session(tab.page).send("Network.emulateNetworkConditions", SLOW)
    put_into(tab, "cancelled")
    add(tab, file)
    expect(tray(tab)).to_contain_text("Uploading 1 file")
    tab.page.get_by_role("link", name="Batches").click()
    expect(tab.page.get_by_role("heading", name="Prompts")).to_be_visible()
    expect(tray(tab)).to_contain_text(re.compile(r"large.txt[\d.]+ kB of [\d.]+ kB"))
    with tab.page.expect_event("requestfailed", lambda one: one.url.endswith("/api/documents/")):
        tab.button("Cancel the upload of large.txt").click()

    expect(tray(tab)).to_be_hidden()
    tab.page.get_by_role("link", name="Documents").click()
    expect(row(tab, "large.txt")).to_have_count(0)


def test_all_uploads_are_cancelled_at_once(tab: Visitor, tmp_path: Path):
    tab.page.context.new_cdp_session(tab.page).send("Network.emulateNetworkConditions", SLOW)
    files = texts(tmp_path, 60)
    files[0].write_text("Many words. " * 80_000)
    put_into(tab, "stopped")
    add(tab, *files)
    expect(tray(tab)).to_contain_text("Uploading 60 files")
    expect(tray(tab).get_by_role("listitem")).to_have_count(2)
    tab.button("Cancel all").click()

    expect(tray(tab)).to_be_hidden()


def test_a_file_that_cannot_be_read_says_why_and_the_others_go_on(tab: Visitor, tmp_path: Path):
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    (tmp_path / "plan.docx").write_bytes(docx())
    put_into(tab, "mixed")
    add(tab, tmp_path / "broken.pdf", tmp_path / "plan.docx")
    expect(row(tab, "broken.pdf")).to_contain_text("Not readable", timeout=30_000)
    expect(row(tab, "broken.pdf").locator(".job-error")).not_to_be_empty()
    expect(row(tab, "plan.docx")).to_contain_text("Ready", timeout=30_000)
    row(tab, "plan.docx").get_by_role("button", name="plan.docx", exact=True).click()

    expect(tab.page.get_by_role("dialog", name="plan.docx")).to_contain_text("Before the table")


def test_a_dropped_file_becomes_a_document(tab: Visitor, tmp_path: Path):
    file = tmp_path / "dropped.txt"
    file.write_text("Dropped words.")
    tab.give("drop", file, "dropped.txt")

    expect(row(tab, "dropped.txt")).to_contain_text("Ready", timeout=30_000)


def test_the_documents_of_a_dropped_folder_are_taken_and_the_rest_is_told(tab: Visitor, tmp_path: Path):
    inner = tmp_path / "Folder" / "2024" / "May"
    inner.mkdir(parents=True)
    text(tmp_path / "Folder", "outer.txt")
    text(inner, "inner.txt")
    text(inner, ".hidden.txt")
    (inner / "picture.png").write_bytes(b"No document.")
    tab.drop(tmp_path / "Folder", text(tmp_path, "beside.txt"))

    for title in ("outer.txt", "inner.txt", "beside.txt"):
        expect(row(tab, title)).to_contain_text("Ready", timeout=30_000)
    expect(tab.page.locator(".toast")).to_contain_text("1 file left out")
    expect(row(tab, ".hidden.txt")).to_have_count(0)


def test_an_external_id_belongs_to_one_document_which_is_replaced(tab: Visitor, tmp_path: Path):
    file, other = texts(tmp_path, 2)
    put_into(tab, "replaced", "ic01_7")
    add(tab, file)
    expect(row(tab, "text 00.txt")).to_contain_text("ic01_7", timeout=30_000)
    tab.page.get_by_label("External id").fill("ic01_7")
    tab.expect_complaint("status of 409")
    add(tab, other)
    expect(tray(tab)).to_contain_text("there is such a document already")
    tab.button("Cancel the upload of text 01.txt").click()
    with tab.page.expect_file_chooser() as chooser:
        do(tab, "text 00.txt", "Replace by another file")
    chooser.value.set_files(other)
    show(tab, "replaced")

    expect(tab.page.locator(".document-row")).to_have_count(1)
    expect(row(tab, "text 01.txt")).to_contain_text("Ready", timeout=30_000)


def test_a_replacement_that_cannot_be_read_is_told_and_the_text_stays(tab: Visitor, tmp_path: Path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    send(tab, "/api/documents/texts", {"title": "Kept", "text": "Old.", "collection": "kept", "external_id": "kept_1"})
    with tab.page.expect_file_chooser() as chooser:
        do(tab, "Kept", "Replace by another file")
    chooser.value.set_files(broken)
    problem = tab.page.locator(".document-row").filter(has_text="kept_1").locator(".job-error")

    expect(problem).to_contain_text("could not be read, so its text stays", timeout=30_000)


def test_an_external_id_is_refused_for_several_files(tab: Visitor, tmp_path: Path):
    put_into(tab, "several", "one-name")
    add(tab, *texts(tmp_path, 2))

    expect(tab.page.get_by_text("An external id names one file.")).to_be_visible()
    expect(tab.page.get_by_label("External id")).to_be_focused()


def test_what_was_read_while_the_line_was_down_is_not_shown_as_running(tab: Visitor, stack: Stack, tmp_path: Path):
    put_into(tab, "missed")
    reading = tab.page.locator(".document-jobs st-job")
    with frozen(stack, "documents"):
        add(tab, text(tmp_path, "missed.txt"))
        expect(reading).to_be_visible()
        tab.page.evaluate("import('/static/app/feed.js').then(({feed}) => feed.stop())")
    expect(row(tab, "missed.txt")).to_contain_text("Ready", timeout=30_000)
    expect(reading).to_be_visible()
    tab.page.evaluate(FOLLOW)

    expect(reading).to_have_count(0)


def test_reading_is_told_on_the_jobs_page(tab: Visitor, tmp_path: Path):
    put_into(tab, "told")
    add(tab, *texts(tmp_path, 4))
    expect(row(tab, "text 03.txt")).to_contain_text("Ready", timeout=30_000)
    tab.go("/jobs")
    job = tab.page.locator("st-job").filter(has_text="4 documents")
    expect(job).to_contain_text("Documents · ")
    job.get_by_role("link", name="4 documents").click()

    expect(tab.page.get_by_role("heading", name="Documents", exact=True)).to_be_visible()
