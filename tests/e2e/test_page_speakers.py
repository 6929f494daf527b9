"""Who speaks, as people see and change it: names, lanes, passages, and the texts of a recording."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import LOOKS, SHORT, Visit, Visitor
from tests.e2e.stack import Person, Stack
from tests.fixtures.conversations import EVERY_S, REMARKS

pytestmark = pytest.mark.e2e

Make = Callable[..., str]


@pytest.fixture
def make(whisper: Stack, people: dict[str, Person]) -> Make:
    """Puts a finished conversation of the owner into the database; returns the address of its page."""

    def conversation(*also: str, repeat: int = 1) -> str:
        lines = ["from tests.fixtures.conversations import *", f"made = conversation('owner', repeat={repeat})"]
        printed = whisper.manage("shell", "--verbosity", "0", "--command", "\n".join([*lines, *also, "print(made.pk)"]))
        return f"/transcripts/{printed.split()[-1]}"

    return conversation


@pytest.fixture
def owner(visit: Visit, people: dict[str, Person], make: Make) -> Visitor:
    """The owner's tab on the page of a conversation."""
    return _open(visit, people["owner"], make())


def _open(visit: Visit, person: Person, address: str, **options: object) -> Visitor:
    tab = visit(**options)
    tab.sign_in(person, address)
    expect(tab.main).to_contain_text("speakers found by ears")
    return tab


def _beside(visit: Visit, tab: Visitor) -> Visitor:
    other = visit(beside=tab)
    other.page.goto(tab.page.url)
    expect(other.segments).to_have_count(tab.segments.count())
    return other


def _names(tab: Visitor) -> list[str]:
    """The speakers in the order in which they speak."""
    return tab.page.locator(".segment-head:visible .speaker-name").all_text_contents()


def _lane(tab: Visitor, name: str) -> Locator:
    return tab.page.get_by_role("img", name=re.compile(rf"^{name}: "))


def _rename(tab: Visitor, old: str, new: str) -> None:
    tab.page.locator(".segment .speaker", has_text=old).first.click()
    tab.page.get_by_label(f"Name of {old}").fill(new)
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(".segment .speaker", has_text=new or "Speaker").first).to_be_visible()


def _pick(tab: Visitor, opener: Locator, item: str) -> None:
    opener.click()
    tab.page.get_by_role("menu").get_by_text(item, exact=True).click()


def _tools(tab: Visitor, number: int) -> Locator:
    tab.segments.nth(number).hover()
    return tab.segments.nth(number).get_by_role("button", name="Change this passage")


def _edit(tab: Visitor, number: int, text: str) -> None:
    tab.segments.nth(number).focus()
    tab.page.keyboard.press("e")
    tab.page.get_by_label("Text", exact=True).and_(tab.page.get_by_role("textbox")).fill(text)
    tab.page.keyboard.press("Enter")


def test_a_speaker_is_named_where_somebody_else_begins(owner: Visitor):
    assert _names(owner) == ["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"]
    expect(_lane(owner, "Speaker 1")).to_have_attribute("aria-label", re.compile("3 turns, 12 s, 60 percent"))
    expect(owner.page.locator(".word[data-overlap]")).to_have_count(2)


def test_a_new_name_shows_in_every_tab_and_after_a_reload(visit: Visit, owner: Visitor):
    other = _beside(visit, owner)
    _rename(owner, "Speaker 2", "Bo <b>")
    for tab in (owner, other):
        expect(tab.page.locator("st-speakers")).to_contain_text("Bo <b>")
        assert _names(tab) == ["Speaker 1", "Bo <b>", "Speaker 1", "Bo <b>"]
    other.page.reload()
    expect(other.page.locator("st-speakers")).to_contain_text("Bo <b>")


def test_escape_keeps_the_old_name_and_an_empty_one_brings_the_number_back(owner: Visitor):
    _rename(owner, "Speaker 2", "Bo")
    owner.page.locator(".segment .speaker", has_text="Bo").first.click()
    owner.page.keyboard.type("Mistake")
    owner.page.keyboard.press("Escape")
    assert _names(owner)[1] == "Bo"
    _rename(owner, "Bo", "")
    expect(owner.page.locator("st-speakers")).to_contain_text("Speaker 2")


def test_merged_speakers_are_one_until_they_are_separated(visit: Visit, owner: Visitor):
    other = _beside(visit, owner)
    _rename(owner, "Speaker 1", "Anna")
    second = owner.page.locator(".segment-head", has_text="Speaker 2").first
    _pick(owner, second.get_by_role("button", name="Speaker menu"), "Anna")
    for tab in (owner, other):
        expect(_lane(tab, "Anna")).to_have_attribute("aria-label", re.compile("100 percent"))
        assert _names(tab) == ["Anna"]
    menu = owner.page.locator(".segment-head").first.get_by_role("button", name="Speaker menu")
    _pick(owner, menu, "Separate Speaker 2 again")
    for tab in (owner, other):
        expect(_lane(tab, "Speaker 2")).to_be_visible()
        assert _names(tab) == ["Anna", "Speaker 2", "Anna", "Speaker 2"]


def test_a_passage_is_given_to_another_and_to_a_new_speaker(visit: Visit, owner: Visitor):
    other = _beside(visit, owner)
    _pick(owner, _tools(owner, 1), "Speaker 2")
    expect(other.segments.nth(1).locator(".speaker-name")).to_have_text("Speaker 2")
    assert _names(owner) == ["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"]
    _pick(owner, _tools(owner, 4), "A new speaker")
    for tab in (owner, other):
        expect(tab.segments.nth(4).locator(".speaker-name")).to_have_text("Speaker 3")
        expect(_lane(tab, "Speaker 3")).to_have_attribute("aria-label", re.compile("1 turn, 4 s"))


def test_an_edited_passage_shows_what_it_was_and_can_be_restored(visit: Visit, owner: Visitor):
    other = _beside(visit, owner)
    _edit(owner, 3, "It has not changed since April.")
    for tab in (owner, other):
        expect(tab.segments.nth(3).locator(".segment-text")).to_have_text("It has not changed since April.")
    owner.segments.nth(3).get_by_role("button", name="edited").click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem").nth(1)).to_contain_text("Until owner changed it")
    expect(dialog.get_by_role("listitem").nth(1)).to_contain_text(REMARKS[3][1])
    dialog.get_by_role("button", name="Restore").click()
    expect(other.segments.nth(3).locator(".segment-text")).to_have_text(REMARKS[3][1])


def test_a_double_click_edits_and_escape_gives_up(owner: Visitor):
    owner.page.locator(".segment-text").nth(1).locator(".word").nth(2).dblclick()
    text = owner.page.get_by_role("textbox", name="Text", exact=True)
    text.fill("Nothing of this stays.")
    text.press("Escape")
    expect(owner.segments.nth(1).locator(".segment-text")).to_have_text(REMARKS[1][1])
    expect(owner.segments.nth(1)).to_be_focused()


def test_a_passage_without_words_is_refused(owner: Visitor):
    _edit(owner, 0, "  ")
    expect(owner.page.get_by_text("A passage without words cannot be saved")).to_be_visible()


def test_whoever_was_slower_sees_the_other_text_and_keeps_the_draft(visit: Visit, owner: Visitor):
    other = _beside(visit, owner)
    owner.segments.nth(0).focus()
    owner.page.keyboard.press("e")
    draft = owner.page.get_by_role("textbox", name="Text", exact=True)
    draft.fill("Good evening, shall we begin?")
    _edit(other, 0, "Good day, shall we begin?")
    expect(owner.page.get_by_text("Meanwhile this passage was changed")).to_contain_text("Good day")
    expect(draft).to_have_value("Good evening, shall we begin?")
    owner.button("Keep mine").click()
    owner.button("Save").click()
    expect(other.segments.nth(0).locator(".segment-text")).to_have_text("Good evening, shall we begin?")


def test_another_text_of_the_recording_is_read_and_then_shown_to_everybody(
    visit: Visit, people: dict[str, Person], make: Make
):
    address = make("add_second_pass(made, 'Good morning. What was said, heard better.')")
    tab = _open(visit, people["owner"], address)
    other = _beside(visit, tab)
    tab.button("Texts").click()
    tab.page.get_by_role("menuitemradio", name=re.compile("Second pass · better")).click()
    expect(tab.segments).to_have_count(1)
    expect(tab.page.get_by_text("You read another text of this recording")).to_be_visible()
    expect(tab.page.get_by_role("button", name="Change this passage")).to_have_count(0)
    expect(other.segments).to_have_count(len(REMARKS))
    tab.button("Back").click()
    expect(tab.segments).to_have_count(len(REMARKS))
    tab.button("Texts").click()
    tab.page.get_by_role("menuitemradio", name=re.compile("Second pass · better")).click()
    tab.button("Show this one to everybody").click()
    for one in (tab, other):
        expect(one.page.locator(".segment-text")).to_have_text("Good morning. What was said, heard better.")
        expect(one.page.locator(".notice")).to_have_count(0)


def test_a_teammate_reads_who_speaks_and_changes_nothing(visit: Visit, people: dict[str, Person], owner: Visitor):
    owner.button("Share").click()
    owner.page.get_by_label("Username or email").fill("teammate")
    owner.page.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click()
    expect(owner.button("Stop sharing with teammate")).to_be_visible()
    owner.button("Close").click()
    mate = _open(visit, people["teammate"], owner.page.url.removeprefix(owner.url))
    _rename(owner, "Speaker 1", "Anna")
    expect(mate.page.locator("st-speakers")).to_contain_text("Anna")
    assert _names(mate) == ["Anna", "Speaker 2", "Anna", "Speaker 2"]
    for name in ("Change this passage", "Speaker menu", "Texts", re.compile("^(AB?|[12])?(Anna|Speaker)")):
        expect(mate.page.get_by_role("button", name=name)).to_have_count(0)
    mate.page.locator(".segment-text").first.dblclick()
    mate.page.keyboard.press("e")
    expect(mate.page.get_by_role("textbox", name="Text", exact=True)).to_have_count(0)


def test_exports_name_the_speakers(owner: Visitor):
    _rename(owner, "Speaker 1", "Anna")
    found = {}
    for ending in ("txt", "srt", "vtt", "rttm"):
        owner.button("Download").click()
        with owner.page.expect_download() as download:
            owner.page.get_by_role("menuitem", name=re.compile(rf"\.{ending}\)")).click()
        found[ending] = Path(download.value.path()).read_text()
    assert f"Anna: {REMARKS[0][1]}" in found["txt"]
    assert "Anna: " in found["srt"]
    assert "<v Anna>" in found["vtt"]
    assert found["rttm"].startswith("SPEAKER ")


def test_the_copied_text_names_the_speakers(owner: Visitor):
    owner.button("Copy").click()
    expect(owner.page.locator(".toast")).to_contain_text("clipboard")
    lines = owner.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert lines[:3] == [f"Speaker 1: {REMARKS[0][1]}", REMARKS[1][1], f"Speaker 2: {REMARKS[2][1]}"]


def test_a_press_on_a_lane_plays_from_there(owner: Visitor):
    lane = owner.page.locator(".lane-track").nth(1)
    width = lane.bounding_box()["width"]  # type: ignore[index]
    lane.click(position={"x": width * (EVERY_S * 2 + 1) / 66, "y": 5})
    expect(owner.button("Pause")).to_be_visible()
    expect(owner.page.locator(".lane-head[data-speaking]")).to_contain_text("Speaker 2")
    assert EVERY_S * 2 <= float(owner.page.get_by_label("Position").input_value()) < EVERY_S * 3


def test_keys_walk_from_passage_to_passage(owner: Visitor):
    owner.page.locator("h1").last.focus()
    for key, number in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0)):
        owner.page.keyboard.press(key)
        expect(owner.segments.nth(number)).to_be_focused()


def test_speakers_without_a_text_are_shown_and_can_be_named(visit: Visit, people: dict[str, Person], make: Make):
    tab = _open(visit, people["owner"], make("remove_text(made)"))
    expect(tab.page.get_by_text("Speakers only")).to_be_visible()
    tab.page.locator("st-speakers .speaker").first.click()
    tab.page.keyboard.type("Anna")
    tab.page.keyboard.press("Enter")
    expect(_lane(tab, "Anna")).to_be_visible()


def test_finding_speakers_and_transcribing_again_are_begun_from_the_menu(owner: Visitor):
    _pick(owner, owner.button("Texts"), "Find speakers…")
    owner.page.get_by_label("Number of speakers").fill("2")
    owner.page.get_by_role("dialog").get_by_role("button", name="Find speakers", exact=True).click()
    expect(owner.page.locator(".toast")).to_contain_text("Speakers found", timeout=90_000)
    expect(owner.segments.first).to_contain_text("Good morning")
    _pick(owner, owner.button("Texts"), "Transcribe again…")
    owner.page.get_by_role("dialog").get_by_role("button", name="Transcribe again", exact=True).click()
    expect(owner.page.locator(".toast").last).to_contain_text("Second pass", timeout=90_000)
    expect(owner.segments.first).not_to_contain_text("Good morning")


def test_an_upload_may_ask_for_its_speakers(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    tab.page.locator("summary").click()
    tab.page.get_by_label("Find speakers").check()
    tab.page.get_by_label("Number of speakers").fill("1")
    expect(tab.page.locator("summary")).to_contain_text("1 speaker told apart")
    tab.transcribe(SHORT)
    tab.wait_done()
    expect(tab.main).to_contain_text("speakers found by")
    expect(_lane(tab, "Speaker 1")).to_have_attribute("aria-label", re.compile("100 percent"))
    assert _names(tab) == ["Speaker 1"]


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(
    visit: Visit, people: dict[str, Person], make: Make, width: int, theme: str
):
    tab = _open(visit, people["owner"], make("add_second_pass(made, 'Heard better.')"), width=width, theme=theme)
    _rename(tab, "Speaker 2", "Maximiliane von und zu Hohenfels-Oberlangenegg, our chairwoman since last spring")
    steps: list[Callable[[], None]] = [
        lambda: expect(tab.segments.first).to_be_visible(),
        lambda: tab.page.locator(".segment-head .speaker-more").nth(1).click(),
        lambda: _tools(tab, 2).click(),
        lambda: _edit(tab, 0, ""),
        lambda: tab.button("Texts").click(),
        lambda: tab.page.get_by_role("menuitem", name="Find speakers…").click(),
    ]
    wrong = []
    for number, step in enumerate(steps):
        step()
        wrong += [f"step {number}: {finding}" for finding in tab.findings()]
        wrong += [f"step {number}: wider than the window"] if tab.overflows() else []
        if number in (1, 2):
            tab.page.keyboard.press("Escape")
    assert wrong == []


def test_a_long_transcript_stays_fluid(visit: Visit, people: dict[str, Person], make: Make):
    tab = _open(visit, people["owner"], make(repeat=400))
    expect(tab.segments).to_have_count(400 * len(REMARKS))
    tab.page.evaluate("""() => {
      window.touched = 0;
      const watch = new MutationObserver((changes) => { window.touched += changes.length; });
      watch.observe(document.querySelector("st-transcript"), { childList: true, subtree: true });
    }""")
    _edit(tab, 1, "The agenda is long today.")
    # Not `expect`: what it writes down of a page as long as this one takes longer than it waits.
    tab.page.wait_for_function("""() => {
      const text = document.querySelectorAll(".segment")[1].querySelector(".segment-text").textContent;
      return text.trim() === "The agenda is long today.";
    }""")
    # One row has changed, and nothing else was written anew.
    assert tab.page.evaluate("window.touched") < 20


def test_voices_merged_in_a_row_are_shown_as_the_last_one_and_a_circle_ends(owner: Visitor):
    shown = owner.page.evaluate("""async () => {
      const { Speakers, initials } = await import("/static/app/speakers.js");
      const chain = new Speakers([
        { label: "S1", name: "Anna Maria Berg", merged_into: "" },
        { label: "S2", name: "", merged_into: "S1" },
        { label: "S3", name: "", merged_into: "S2" },
      ]);
      const circle = new Speakers([
        { label: "S1", name: "", merged_into: "S2" },
        { label: "S2", name: "", merged_into: "S1" },
      ]);
      return [chain.nameOf("S3"), initials(chain.nameOf("S3")), chain.nameOf("S12"), circle.nameOf("S1")];
    }""")
    assert shown == ["Anna Maria Berg", "AB", "Speaker 12", "Speaker 1"]
