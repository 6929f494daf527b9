"""Uploads of every kind, and the live list of jobs."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import LONG, RECORDINGS, SHORT, Visit, Visitor, frozen
from tests.e2e.stack import Person, Stack

pytestmark = pytest.mark.e2e

REFUSED = r"status of 422"
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}


def _job(tab: Visitor, title: str) -> Locator:
    return tab.page.locator("st-job").filter(has_text=title).first


def _slow_down(tab: Visitor) -> None:
    tab.page.context.new_cdp_session(tab.page).send("Network.emulateNetworkConditions", SLOW)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_is_taken_on_any_page(visit: Visit, people: dict[str, Person], kind: str):
    tab = visit()
    tab.sign_in(people["owner"], "/account")
    tab.give(kind, SHORT, f"{kind}ped.wav")
    tab.button("Watch it").click()
    expect(tab.page.locator("h1", has_text=f"{kind}ped.wav")).to_be_visible()
    tab.wait_done()
    expect(tab.segments).to_have_count(1)


def test_several_files_go_up_together(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    files = [RECORDINGS / name for name in ("02_short_gb_f2.wav", "03_digits_m3.flac", "04_question_f4.flac")]
    tab.upload(*files)
    for file in files:
        expect(tab.page.get_by_role("link", name=file.name).first).to_be_visible()


def test_a_refused_file_says_why_and_the_others_go_on(visit: Visit, people: dict[str, Person], tmp_path: Path):
    tab = visit()
    tab.expect_complaint(REFUSED)
    tab.sign_in(people["owner"])
    (tmp_path / "notes.wav").write_text("This is no sound.")
    (tmp_path / "empty.wav").touch()
    tab.upload(tmp_path / "notes.wav", tmp_path / "empty.wav", SHORT)
    tray = tab.page.get_by_role("region", name="Uploads")
    expect(tray.get_by_role("listitem").filter(has_text="notes.wav")).to_contain_text("cannot be read")
    expect(tray.get_by_role("listitem").filter(has_text="empty.wav")).to_contain_text("The file is empty.")
    expect(tab.page.get_by_role("link", name=SHORT.name).first).to_be_visible()
    tray.get_by_role("button", name="Cancel the upload of notes.wav").click()
    tray.get_by_role("button", name="Cancel the upload of empty.wav").click()
    expect(tray).to_be_hidden()


def test_an_upload_shows_its_bytes_warns_before_leaving_and_can_be_cancelled(visit: Visit, whisper: Stack):
    tab = visit()
    tab.sign_in(whisper.create_user("canceller"))
    _slow_down(tab)
    tab.upload(LONG)
    tray = tab.page.get_by_role("region", name="Uploads")
    expect(tray).to_contain_text(re.compile(r"[\d.]+ kB of [\d.]+ kB"))
    expect(tray.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
    prevented = "() => !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    assert tab.page.evaluate(prevented)
    tray.get_by_role("button", name=re.compile("Cancel")).click()
    expect(tray).to_be_hidden()
    assert not tab.page.evaluate(prevented)
    expect(tab.page.get_by_text("Your first transcript is one drop away")).to_be_visible()


def test_waiting_jobs_show_their_place_and_can_be_cancelled_from_another_tab(
    visit: Visit, whisper: Stack, people: dict[str, Person]
):
    tab = visit()
    tab.sign_in(people["owner"])
    other = visit(beside=tab)
    other.go("/jobs")
    first, second = RECORDINGS / "05_three_sentences_m1.flac", RECORDINGS / "06_scotland_noise20db.flac"
    with frozen(whisper):
        tab.upload(first)
        expect(_job(other, first.name)).to_contain_text("1st in the queue")
        tab.upload(second)
        expect(_job(other, second.name)).to_contain_text("2nd in the queue")
        _job(other, first.name).get_by_role("button", name=re.compile("Cancel")).click()
        expect(_job(other, first.name)).to_contain_text("Cancelled")
        expect(_job(other, second.name)).to_contain_text("1st in the queue")
        row = tab.page.get_by_role("listitem").filter(has_text=first.name)
        expect(row.first).to_contain_text("Cancelled")
    expect(_job(other, second.name)).to_contain_text("Done")


def test_a_cancelled_job_runs_again_to_its_end(visit: Visit, whisper: Stack, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    recording = RECORDINGS / "12_fast_029_m6.flac"
    with frozen(whisper):
        tab.transcribe(recording)
        tab.button("Cancel").click()
        expect(tab.page.locator("st-job")).to_contain_text("Cancelled")
    tab.button("Run again").click()
    tab.wait_done()
    expect(tab.segments.first).to_be_visible()


def test_a_running_job_is_cancelled_from_its_page(
    visit: Visit, whisper: Stack, people: dict[str, Person], long_recording: Path
):
    tab = visit()
    tab.sign_in(people["owner"])
    tab.transcribe(long_recording)
    expect(tab.segments.first).to_be_visible(timeout=60_000)
    with frozen(whisper):
        tab.button("Cancel").click()
    expect(tab.page.locator("st-job[data-status=cancelled]")).to_be_visible()


def test_what_ends_elsewhere_is_told_on_every_page(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"], "/account")
    tab.give("drop", SHORT, "told.wav")
    toast = tab.page.locator(".toast").filter(has_text="is ready")
    expect(toast).to_contain_text("“told.wav” is ready.")
    toast.get_by_role("button", name="Open").click()
    expect(tab.page.locator("h1", has_text="told.wav")).to_be_visible()


def test_the_list_is_searched_by_spoken_words(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["teammate"])
    tab.transcribe(SHORT)
    tab.wait_done()
    tab.page.get_by_role("link", name="Transcripts").first.click()
    search = tab.page.get_by_label("Search transcripts")
    search.fill("red door")
    expect(tab.page.get_by_text("1 transcript found")).to_be_visible()
    search.fill("no such words")
    expect(tab.page.get_by_text("Nothing found")).to_be_visible()
    tab.button("Clear the search").click()
    expect(tab.page.get_by_role("link", name=SHORT.name)).to_be_visible()


def test_more_transcripts_than_a_page_holds_are_turned_over(visit: Visit, whisper: Stack):
    tab = visit()
    tab.sign_in(whisper.create_user("prolific"))
    content = SHORT.read_bytes()
    for number in range(26):
        tab.give_to_server(f"{number:02}.wav", content)
    tab.page.reload()
    expect(tab.page.get_by_text("Page 1 of 2")).to_be_visible()
    expect(tab.page.get_by_role("link", name="25.wav")).to_be_visible()
    tab.button("Next page").click()
    expect(tab.page.get_by_role("link", name="00.wav")).to_be_visible()
    expect(tab.page.locator(".row-link")).to_have_count(1)
    expect(tab.button("Next page")).to_be_disabled()


def test_the_engine_and_its_limits_are_shown(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    expect(tab.page.get_by_text("The engine here: faster-whisper, model tiny-whisper.")).to_be_visible()
    tab.page.locator("summary").click()
    expect(tab.page.get_by_label("Model")).to_be_disabled()
    expect(tab.page.get_by_text("This server has one model.")).to_be_visible()
