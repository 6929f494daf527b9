"""Somebody speaks into the microphone of a real browser, and reads along: every word once, whatever happens."""

import json
import re
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.e2e.browser import CHROMIUM, FLAGS, LOOKS, MODEL, WIDE, Visitor
from tests.e2e.stack import Person, Stack
from tests.e2e.wire import Wire
from tests.fixtures import media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SHORT, LONGER = "05_three_sentences_m1.flac", "09_rp_25s.flac"
NETWORK = r"ERR_|WebSocket connection|Failed to load resource"
TRANSCRIPT = re.compile(r"/transcripts/[0-9a-f-]{36}$")
PATIENCE_MS = 60_000
# Chromium plays the file again and again; this is silence enough for any of the tests.
SILENCE_S = 60
Open = Callable[..., Visitor]


@pytest.fixture(scope="module")
def live() -> Iterator[Stack]:
    """A Stentor of this module's own: its web process is killed, and a recording that is left alone ends soon."""
    env = {"WHISPER_MODEL": str(MODEL), "WHISPER_THREADS": "1", "LIVE_GRACE_S": "15"}
    with Stack("live", "speech", "chat", env=env) as running:
        yield running


@pytest.fixture(scope="module")
def speakers(live: Stack) -> dict[str, Person]:
    return {name: live.create_user(name) for name in ("owner", "teammate")}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def microphone(playwright: Playwright, live: Stack, tmp_path: Path) -> Iterator[Open]:
    """Opens a tab whose microphone hears `said`: `microphone(said=…, width=…, theme=…, url=…, allowed=…)`."""
    tabs: list[Visitor] = []
    with ExitStack() as opened:

        def new(said: str = SHORT, *, url: str = "", allowed: bool = True, **options: Any) -> Visitor:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_flags(tmp_path, said, allowed))
            opened.callback(browser.close)
            tabs.append(_tab(browser, url or live.url, **options))
            return tabs[-1]

        yield new
        complaints = [text for tab in tabs for text in tab.complaints]
    assert not complaints, complaints


def _flags(folder: Path, said: str, allowed: bool) -> list[str]:
    path = folder / f"{Path(said).stem}.wav"
    samples = np.concatenate([media.samples_of(media.RECORDINGS / said), np.zeros(SILENCE_S * 16_000, np.int16)])
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, 16_000, 0, "NONE", ""))
        target.writeframes(samples.astype("<i2").tobytes())
    answer = "--use-fake-ui-for-media-stream" if allowed else "--deny-permission-prompts"
    return [*FLAGS, answer, "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={path}%noloop"]


def _tab(browser: Browser, url: str, *, width: int = WIDE, theme: Any = "light") -> Visitor:
    viewport: Any = {"width": width, "height": 900}
    context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    return Visitor(context.new_page(), url)


def words(text: str) -> list[str]:
    return text.lower().replace(".", " ").replace("?", " ").split()


def said_words(tab: Visitor) -> list[str]:
    return words(" ".join(tab.text))


def begin(tab: Visitor, person: Person) -> None:
    tab.sign_in(person, "/live")
    tab.button("Start recording").click()
    expect(tab.button("Stop")).to_be_visible()


def wait_for_end_of(tab: Visitor, said: str) -> None:
    """The last sentence of the recording stands on the page."""
    last = words(media.text_of(said).rstrip(".?").split(". ")[-1])
    expect(tab.segments.last).to_contain_text(re.compile(last[-1], re.IGNORECASE), timeout=PATIENCE_MS)


def stop(tab: Visitor) -> None:
    tab.button("Stop").click()
    expect(tab.page).to_have_url(TRANSCRIPT, timeout=PATIENCE_MS)
    expect(tab.segments.first).to_be_visible()


def test_the_page_shows_exactly_the_words_that_were_said(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    begin(tab, speakers["owner"])
    wait_for_end_of(tab, SHORT)
    assert said_words(tab) == words(media.text_of(SHORT))


def test_stopping_leads_to_the_transcript_with_its_sound(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    begin(tab, speakers["owner"])
    wait_for_end_of(tab, SHORT)
    stop(tab)
    expect(tab.button("Play")).to_be_visible()
    assert said_words(tab) == words(media.text_of(SHORT))


def test_a_cut_line_comes_back_and_the_text_is_complete(microphone: Open, live: Stack, speakers: dict[str, Person]):
    with Wire(live.port) as wire:
        tab = microphone(LONGER, url=wire.url)
        tab.expect_complaint(NETWORK)
        begin(tab, speakers["owner"])
        expect(tab.segments.nth(1)).to_be_visible(timeout=PATIENCE_MS)
        wire.cut()
        expect(tab.page.locator(".recorder-line")).to_contain_text(re.compile(r"kept \([1-9]\d* s\)"))
        wire.mend()
        expect(tab.page.locator(".recorder-line")).to_be_hidden(timeout=PATIENCE_MS)
        wait_for_end_of(tab, LONGER)
        assert said_words(tab) == words(media.text_of(LONGER))


def test_a_web_process_that_is_killed_costs_no_word(microphone: Open, live: Stack, speakers: dict[str, Person]):
    tab = microphone(LONGER)
    tab.expect_complaint(NETWORK)
    begin(tab, speakers["owner"])
    expect(tab.segments.nth(1)).to_be_visible(timeout=PATIENCE_MS)
    live.restart("web")
    wait_for_end_of(tab, LONGER)
    assert said_words(tab) == words(media.text_of(LONGER))


def test_a_reloaded_page_goes_on_with_the_same_recording(microphone: Open, speakers: dict[str, Person]):
    tab = microphone(LONGER)
    begin(tab, speakers["owner"])
    expect(tab.segments.nth(2)).to_be_visible(timeout=PATIENCE_MS)
    before = tab.text
    tab.page.reload()
    expect(tab.page.get_by_text("Recording goes on.", exact=True).first).to_be_visible()
    wait_for_end_of(tab, LONGER)
    after = tab.text
    assert after[: len(before)] == before
    # After the reload the microphone hears the file from its beginning: its end is complete, and comes once.
    whole = [words(one) for one in media.text_of(LONGER).rstrip(".").split(". ")]
    heard = [words(one) for one in after]
    assert heard[-len(whole) + 1 :] == whole[1:]
    assert heard.count(whole[-1]) == 1


def test_a_recording_outlives_a_look_at_another_page(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    begin(tab, speakers["owner"])
    expect(tab.segments.first).to_be_visible(timeout=PATIENCE_MS)
    tab.page.get_by_role("link", name="Jobs").click()
    expect(tab.page.locator(".nav-recording")).to_be_visible()
    tab.page.get_by_role("link", name="Live").click()
    wait_for_end_of(tab, SHORT)
    assert said_words(tab) == words(media.text_of(SHORT))


def test_a_paused_recording_goes_on_and_keeps_its_words(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    begin(tab, speakers["owner"])
    wait_for_end_of(tab, SHORT)
    tab.page.keyboard.press("p")
    expect(tab.page.locator("st-recorder")).to_have_attribute("data-phase", "paused")
    shown = tab.page.locator(".recorder-clock").text_content()
    tab.page.wait_for_timeout(1500)
    assert tab.page.locator(".recorder-clock").text_content() == shown
    tab.page.keyboard.press("p")
    expect(tab.page.locator(".recorder-clock")).not_to_have_text(str(shown))
    stop(tab)
    assert said_words(tab) == words(media.text_of(SHORT))


def test_a_teammate_reads_along_while_it_is_spoken(microphone: Open, live: Stack, speakers: dict[str, Person]):
    tab = microphone(LONGER)
    begin(tab, speakers["owner"])
    tab.button("Share").click()
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Username or email").fill("teammate")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_role("button", name="Stop sharing with teammate")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    ident = next(iter(json.loads(_jobs(tab))))
    other = _tab(tab.page.context.browser, live.url)  # type: ignore[arg-type]
    other.sign_in(speakers["teammate"], f"/transcripts/{ident}")
    expect(other.page.locator(".badge", has_text="Live")).to_be_visible()
    wait_for_end_of(other, LONGER)
    wait_for_end_of(tab, LONGER)
    assert said_words(other) == said_words(tab) == words(media.text_of(LONGER))
    assert not other.complaints


def _jobs(tab: Visitor) -> str:
    """The ids of the signed-in user's transcripts, newest first, as JSON."""
    script = "fetch('/api/transcripts/').then(a => a.json()).then(d => JSON.stringify(d.results.map(one => one.id)))"
    return str(tab.page.evaluate(script))


def test_it_can_be_renamed_while_it_is_spoken(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    begin(tab, speakers["owner"])
    tab.button("Rename").click()
    tab.page.get_by_label("Title").fill("Rehearsal")
    tab.button("Save").click()
    expect(tab.page.locator("h1")).to_have_text("Rehearsal")
    expect(tab.page.locator("st-recorder")).to_have_attribute("data-phase", "recording")


def test_without_permission_it_says_what_to_do(microphone: Open, speakers: dict[str, Person]):
    tab = microphone(allowed=False)
    tab.sign_in(speakers["owner"], "/live")
    tab.button("Start recording").click()
    expect(tab.page.get_by_role("alert")).to_contain_text("may not use the microphone")
    expect(tab.button("Start recording")).to_be_visible()
    assert tab.findings() == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_everybody_can_use_it_at_every_width(microphone: Open, speakers: dict[str, Person], width: int, theme: str):
    tab = microphone(width=width, theme=theme)
    tab.sign_in(speakers["owner"], "/live")
    expect(tab.page.get_by_text("The engine here: faster-whisper")).to_be_visible()
    assert tab.findings() == []
    assert not tab.overflows()
    tab.page.keyboard.press("r")
    expect(tab.segments.first).to_be_visible(timeout=PATIENCE_MS)
    assert tab.findings() == []
    assert not tab.overflows()


def test_a_message_of_the_chat_is_spoken_instead_of_typed(microphone: Open, speakers: dict[str, Person]):
    tab = microphone()
    tab.sign_in(speakers["owner"], "/chat")
    box = tab.page.get_by_role("textbox", name="Message", exact=True)
    box.fill("Note:")
    tab.button("Speak").click()
    last = words(media.text_of(SHORT))[-1]
    expect(box).to_have_value(re.compile(last, re.IGNORECASE), timeout=PATIENCE_MS)
    tab.button("Stop listening").click()
    expect(tab.button("Speak")).to_be_enabled(timeout=PATIENCE_MS)
    assert words(box.input_value()) == ["note:", *words(media.text_of(SHORT))]
    # The words are in the message; nothing of the sound is kept.
    tab.go("/")
    expect(tab.page.get_by_role("heading", name="Transcripts")).to_be_visible()
    expect(tab.page.get_by_text("Dictation")).to_have_count(0)
