"""A recording becomes text before its owner's eyes, and what can be done with it afterwards."""

import asyncio
import json
import re
import threading
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LONG, NARROW, RECORDINGS, SHORT, Visit, Visitor, frozen
from tests.e2e.recorder import Recorder
from tests.e2e.stack import Person, Stack
from tests.e2e.wire import Wire
from tests.fixtures import media

pytestmark = pytest.mark.e2e

SPOKEN = json.loads((RECORDINGS / "transcripts.json").read_text())
NETWORK = r"ERR_|WebSocket connection|Failed to load resource: net"


def _exported(tab: Visitor, ending: str) -> str:
    tab.button("Download").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("menuitem", name=re.compile(rf"\.{ending}\)")).click()
    path = download.value.path()
    assert download.value.suggested_filename.endswith(f".{ending}")
    return Path(path).read_text()


def _finished(visit: Visit, person: Person, recording: Path = SHORT) -> Visitor:
    """A tab on the page of a finished transcript."""
    tab = visit()
    tab.sign_in(person)
    tab.transcribe(recording)
    tab.wait_done()
    return tab


def test_the_text_that_appears_is_the_text_that_was_spoken(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    assert tab.text == [SPOKEN[SHORT.name]["text"]]
    expect(tab.page.get_by_text("written by faster-whisper")).to_be_visible()


def test_a_transcription_survives_a_reload_and_a_cut_cable_without_losing_a_word(
    visit: Visit, whisper: Stack, people: dict[str, Person], long_recording: Path
):
    with Wire(whisper.port) as wire:
        tab = visit(url=wire.url)
        tab.expect_complaint(NETWORK)
        tab.sign_in(people["owner"])
        tab.transcribe(long_recording)
        expect(tab.segments.first).to_be_visible(timeout=60_000)
        with frozen(whisper):
            tab.page.reload()
            expect(tab.segments.first).to_be_visible()
            expect(tab.page.get_by_role("progressbar").first).to_be_visible()
            wire.cut()
            expect(tab.connection).to_contain_text("Reconnecting")
            seen = tab.segments.count()
            uncut = visit()
            uncut.sign_in(people["owner"], urlsplit(tab.page.url).path)
        expect(uncut.segments.nth(seen)).to_be_visible(timeout=60_000)
        wire.mend()
        expect(tab.connection).to_contain_text(re.compile("Caught up with [0-9,]+ event"), timeout=60_000)
        tab.wait_done()
        assert tab.segments.count() > seen
        times = [
            float(time) for time in tab.page.locator(".segment-time").evaluate_all("all => all.map(b => b.dataset.s)")
        ]
        assert times == sorted(set(times))
        # In the file a longer pause is an empty line.
        assert tab.text == [line for line in _exported(tab, "txt").split("\n") if line]


class Speech(threading.Thread):
    """Somebody speaks the first half of a recording, and the rest when `rest` is set; beside the browser."""

    def __init__(self, stack: Stack, person: Person, recording: Path) -> None:
        super().__init__()
        self.recorder = Recorder(stack.ws_url, stack.token(person), media.samples_of(recording), pace=4)
        self.session: Future[str] = Future()
        self.rest = threading.Event()

    def run(self) -> None:
        asyncio.run(self._speak())

    async def _speak(self) -> None:
        async with self.recorder as recorder:
            self.session.set_result(str(recorder.session))
            await recorder.speak(len(recorder.frames) * 0.05)
            await asyncio.to_thread(self.rest.wait, 60)
            await recorder.speak()
            await recorder.stop()


def test_a_recording_is_read_while_it_is_spoken_and_heard_when_it_has_ended(
    visit: Visit, whisper: Stack, people: dict[str, Person]
):
    speech = Speech(whisper, people["owner"], RECORDINGS / "09_rp_25s.flac")
    speech.start()
    tab = visit()
    tab.sign_in(people["owner"], f"/transcripts/{speech.session.result(60)}")
    expect(tab.page.locator(".badge", has_text="Live")).to_be_visible()
    expect(tab.segments.first).to_be_visible(timeout=60_000)
    expect(tab.page.locator("st-live-text")).to_contain_text(re.compile(r"\w"))
    expect(tab.page.locator(".speech-state")).to_be_visible()
    expect(tab.button("Play")).to_be_hidden()
    speech.rest.set()
    speech.join()
    expect(tab.button("Play")).to_be_visible()
    expect(tab.page.locator(".speech-state")).to_be_hidden()
    expect(tab.page.locator(".badge", has_text="Live")).to_have_count(0)
    assert " ".join(tab.text) == speech.recorder.text
    tab.page.locator(".word").first.click()
    expect(tab.button("Pause")).to_be_visible()


def test_every_export_holds_the_words(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    assert "red door" in _exported(tab, "txt")
    assert "-->" in _exported(tab, "srt")
    assert _exported(tab, "vtt").startswith("WEBVTT")
    assert json.loads(_exported(tab, "json"))["segments"][0]["words"]


def test_a_clicked_word_is_heard_and_lit(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"], LONG)
    word = tab.page.locator(".word").nth(12)
    word.click()
    expect(tab.button("Pause")).to_be_visible()
    expect(tab.page.locator(".word.spoken")).to_have_count(1)
    start = float(word.get_attribute("data-s") or "nan")
    assert start - 0.1 <= float(tab.page.get_by_label("Position").input_value()) < start + 5
    tab.page.keyboard.press(" ")
    expect(tab.button("Play")).to_be_visible()
    tab.page.keyboard.press("ArrowLeft")
    assert float(tab.page.get_by_label("Position").input_value()) < start + 0.1


def test_following_along_keeps_the_spoken_word_in_view_until_it_is_switched_off(
    visit: Visit, people: dict[str, Person]
):
    tab = _finished(visit, people["owner"], LONG)
    spoken, position = tab.page.locator(".word.spoken"), tab.page.get_by_label("Position")
    tab.page.locator(".word").first.click()
    position.fill("50")
    expect(spoken).to_be_in_viewport()
    tab.button("Follow along").click()
    position.fill("0.5")
    expect(spoken).not_to_be_in_viewport()
    tab.page.reload()
    expect(tab.button("Follow along")).to_have_attribute("aria-pressed", "false")


def test_searching_counts_and_walks_through_the_matches(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"], LONG)
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("DOOR")
    count = sum(text.count("door") for text in tab.text)
    expect(tab.page.locator(".hits")).to_have_text(f"1 of {count}")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(".hits")).to_have_text(f"2 of {count}")
    tab.button("Previous match").click()
    tab.button("Previous match").click()
    expect(tab.page.locator(".hits")).to_have_text(f"{count} of {count}")
    assert tab.page.evaluate("CSS.highlights.get('found').size") == count


def test_the_whole_text_can_be_copied(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    tab.button("Copy").click()
    expect(tab.page.locator(".toast")).to_contain_text("clipboard")
    assert tab.page.evaluate("navigator.clipboard.readText()") == SPOKEN[SHORT.name]["text"]


def test_a_new_title_is_text_and_never_markup(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    title = "<img src=x onerror=alert(1)> & co"
    tab.button("Rename").click()
    tab.page.get_by_label("Title").fill(title)
    tab.button("Save").click()
    expect(tab.page.locator("h1", has_text=title)).to_be_visible()
    tab.page.reload()
    expect(tab.page.locator("h1", has_text=title)).to_be_visible()


def test_a_teammate_reads_what_was_shared_until_it_is_taken_back(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    address = tab.page.url.removeprefix(tab.url)
    tab.button("Share").click()
    tab.page.get_by_label("Username or email").fill("teammate")
    tab.page.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click()
    expect(tab.button("Stop sharing with teammate")).to_be_visible()

    mate = visit()
    mate.sign_in(people["teammate"], address)
    expect(mate.segments).to_have_count(1)
    expect(mate.button("Share")).to_be_hidden()
    expect(mate.button("Rename")).to_be_hidden()

    tab.button("Stop sharing with teammate").click()
    expect(mate.page.get_by_text("This transcript is not here")).to_be_visible()


def test_a_stranger_sees_nothing(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    stranger = visit()
    stranger.sign_in(people["stranger"], tab.page.url.removeprefix(tab.url))
    expect(stranger.page.get_by_text("This transcript is not here")).to_be_visible()
    stranger.go()
    expect(stranger.page.get_by_text("Your first transcript is one drop away")).to_be_visible()
    stranger.go("/jobs")
    expect(stranger.page.get_by_text("No jobs yet")).to_be_visible()


def test_a_deleted_transcript_disappears_from_every_tab(visit: Visit, people: dict[str, Person]):
    tab = _finished(visit, people["owner"])
    address = tab.page.url
    other = visit(beside=tab)
    other.page.goto(address)
    expect(other.segments).to_have_count(1)
    tab.button("Delete").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for one in (tab, other):
        expect(one.page.get_by_role("heading", name="Transcripts", level=1)).to_be_visible()
    tab.page.goto(address)
    expect(tab.page.get_by_text("This transcript is not here")).to_be_visible()


def test_a_phone_has_room_for_all_of_it(visit: Visit, people: dict[str, Person]):
    tab = visit(width=NARROW)
    tab.sign_in(people["owner"])
    tab.transcribe(SHORT)
    tab.wait_done()
    assert not tab.overflows()
    expect(tab.button("Play")).to_be_in_viewport()
