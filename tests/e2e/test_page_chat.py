"""The chat page, as people use it: a real server, worker and browser, and a model server that does as it is told."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from backend.chat.services.answering import spliced
from tests.e2e.browser import LOOKS, Visit, Visitor
from tests.e2e.stack import Person, Stack, chat_env, wait_for
from tests.engines.test_documents import docx
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e
START = "/chat"

MARKDOWN = "# Sockets\n\nA **socket** is *open*.\n\n```python\nawait send(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
MANY = [f"word{number} " for number in range(3000)]


@pytest.fixture(scope="module")
def stack(upstream: Upstream) -> Iterator[Stack]:
    with Stack("chat", "speech", env=chat_env(upstream)) as running:
        yield running


def pieces(text: str, size: int = 5) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def box(tab: Visitor) -> Locator:
    return tab.page.get_by_role("textbox", name="Message", exact=True)


def say(tab: Visitor, words: str) -> None:
    box(tab).fill(words)
    box(tab).press("Enter")
    expect(tab.page.locator(".message[data-sender=user] .message-body").last).to_have_text(words)


def messages(tab: Visitor) -> Locator:
    return tab.page.locator(".message")


def answer(tab: Visitor) -> Locator:
    """The words of the newest answer."""
    return tab.page.locator(".message[data-sender=ai] .message-body").last


def wait_ended(tab: Visitor) -> None:
    expect(messages(tab).last).to_have_attribute("data-sender", "ai")
    expect(tab.button("Send")).to_be_visible(timeout=30_000)


def beside(visit: Visit, tab: Visitor, stack: Stack) -> Visitor:
    """The same conversation in another tab."""
    other = visit(beside=tab, url=stack.url)
    other.page.goto(tab.page.url)
    expect(messages(other).first).to_be_visible()
    return other


def test_an_answer_is_shown_as_markdown_while_it_comes(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(pieces(MARKDOWN), pause_s=0.02))
    say(tab, "What is a socket?")

    expect(tab.page).to_have_url(re.compile(r"/chat/\d+$"))
    expect(answer(tab).locator("h1")).to_have_text("Sockets")
    wait_ended(tab)
    expect(answer(tab).locator("strong")).to_have_text("socket")
    expect(answer(tab).locator(".language-python .k")).to_have_text("await")
    expect(answer(tab).locator("td")).to_have_text(["1", "2"])
    shown = answer(tab).inner_html()
    tab.page.reload()
    expect(answer(tab).locator("td")).to_have_text(["1", "2"])
    assert answer(tab).inner_html() == shown


def test_code_is_copied_as_it_was_written(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(pieces(MARKDOWN)))
    say(tab, "Show me code.")
    wait_ended(tab)
    expect(answer(tab).locator("table")).to_be_visible()
    answer(tab).get_by_role("button", name="Copy").click()

    assert tab.page.evaluate("navigator.clipboard.readText()") == "await send(1)\n"


def test_what_a_model_says_never_runs(tab: Visitor, upstream: Upstream):
    hostile = (
        "<script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\"> [a](javascript:alert(1))"
    )
    upstream.scripts.append(Script([hostile]))
    say(tab, "Attack me.")
    wait_ended(tab)

    expect(answer(tab)).to_contain_text("<script>document.title")
    assert answer(tab).locator("script, img, a").count() == 0
    assert "run" not in tab.page.title()


def test_a_reload_in_the_middle_goes_on_where_it_was(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(MANY[:300], pause_s=0.02))
    say(tab, "Count.")
    expect(answer(tab)).to_contain_text("word20 ")
    tab.page.reload()
    expect(answer(tab)).to_contain_text("word20 ")
    wait_ended(tab)

    assert answer(tab).inner_text().split() == "".join(MANY[:300]).split()


def test_an_answer_is_stopped_from_another_tab_and_goes_on(
    tab: Visitor, visit: Visit, stack: Stack, upstream: Upstream
):
    upstream.scripts.append(Script(MANY, pause_s=0.02))
    say(tab, "Count on.")
    expect(answer(tab)).to_contain_text("word10 ")
    other = beside(visit, tab, stack)
    other.button("Stop").click()
    wait_ended(tab)
    wait_ended(other)

    expect(messages(tab).last).to_contain_text("Stopped.")
    assert upstream.wait_until_closed(15)
    # The last piece is formatted a moment after it has come.
    wait_for(lambda: answer(tab).inner_text() == answer(other).inner_text(), "both tabs show the same text")
    upstream.scripts.append(Script(["and on."]))
    tab.button("Continue").click()
    expect(answer(other)).to_contain_text("and on.")


def test_saying_it_differently_makes_a_branch_and_the_first_one_stays(tab: Visitor, upstream: Upstream):
    upstream.scripts += [Script(["First answer."]), Script(["Second answer."]), Script(["Third answer."])]
    say(tab, "One way")
    wait_ended(tab)
    box(tab).press("ArrowUp")
    expect(box(tab)).to_have_value("One way")
    say(tab, "Another way")
    expect(answer(tab)).to_have_text("Second answer.")
    wait_ended(tab)
    expect(messages(tab).first).to_contain_text("2 of 2")
    tab.button("Answer anew").click()
    expect(answer(tab)).to_have_text("Third answer.")
    wait_ended(tab)
    messages(tab).first.get_by_role("button", name="Previous version").click()

    expect(answer(tab)).to_have_text("First answer.")
    expect(messages(tab)).to_have_count(2)


def test_a_quoted_message_and_a_file_go_with_the_next_one(tab: Visitor, upstream: Upstream, tmp_path: Path):
    upstream.scripts += [Script(["It is on Friday."]), Script(["The file says ten."])]
    say(tab, "When?")
    wait_ended(tab)
    file = tmp_path / "plan.docx"
    file.write_bytes(docx())
    messages(tab).last.get_by_role("button", name="Quote").click()
    tab.page.get_by_label("Attach files").set_input_files(file)
    expect(tab.page.locator(".composer .chip[data-status=Ready]")).to_contain_text("plan.docx")
    say(tab, "And at what time?")
    wait_ended(tab)

    mine = tab.page.locator(".message[data-sender=user]").last
    expect(mine.locator(".message-quote")).to_have_text("It is on Friday.")
    expect(mine.locator(".chip")).to_contain_text("plan.docx")
    asked = str(upstream.requests[-1])
    assert "Before the table" in asked
    assert "> It is on Friday." in asked
    expect(tab.page.locator(".composer .chip")).to_have_count(0)


def test_a_file_that_cannot_be_read_says_so_and_can_be_removed(tab: Visitor, tmp_path: Path):
    file = tmp_path / "broken.pdf"
    file.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    tab.page.get_by_label("Attach files").set_input_files(file)
    chip = tab.page.locator(".composer .chip[data-status=Error]")
    expect(chip).to_contain_text("broken.pdf", timeout=20_000)
    box(tab).fill("What is in it?")
    expect(tab.button("Send")).to_be_disabled()
    tab.button("Remove broken.pdf").click()

    expect(chip).to_have_count(0)
    expect(tab.button("Send")).to_be_enabled()


def test_what_is_being_written_is_seen_in_another_tab_and_kept_over_a_reload(
    tab: Visitor, visit: Visit, stack: Stack, upstream: Upstream
):
    upstream.scripts.append(Script(["Yes."]))
    say(tab, "Are you there?")
    wait_ended(tab)
    other = beside(visit, tab, stack)
    box(tab).press_sequentially("Half a thought")

    expect(other.page.get_by_text("You are writing in another tab")).to_be_visible()
    expect(box(other)).to_have_value("Half a thought")
    other.page.reload()
    expect(box(other)).to_have_value("Half a thought")
    upstream.scripts.append(Script(["Whole."]))
    box(other).press("Enter")
    expect(box(tab)).to_have_value("")


def test_a_busy_model_is_waited_for_and_the_wait_is_shown(tab: Visitor, upstream: Upstream):
    upstream.scripts += [Script(status=429, headers={"Retry-After": "3"}), Script(["Here I am."])]
    say(tab, "Hello?")

    expect(messages(tab).last).to_contain_text("The model is busy. Trying again")
    expect(answer(tab)).to_have_text("Here I am.", timeout=30_000)


def test_an_answer_that_broke_off_is_kept_and_can_go_on(tab: Visitor, upstream: Upstream):
    upstream.scripts += [Script(["Some words", " and then", " more"], cut_at=2), Script([" the end."])]
    say(tab, "Tell me.")
    expect(messages(tab).last.locator(".notice")).to_be_visible(timeout=20_000)
    expect(answer(tab)).to_contain_text("Some words")
    tab.button("Continue").click()

    expect(answer(tab)).to_contain_text("the end.")
    expect(messages(tab).last.locator(".notice")).to_have_count(0)


def test_conversations_are_found_renamed_deleted_and_restored(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(["Blue."]))
    say(tab, "Which colour has the Zanzibar sky?")
    wait_ended(tab)
    tab.button("Rename").click()
    tab.page.get_by_label("Title").fill("Sky of Zanzibar")
    tab.button("Save").click()
    tab.page.keyboard.press("Tab")
    tab.page.get_by_label("Search conversations").fill("zanzibar")
    row = tab.page.locator(".chat-row", has_text="Sky of Zanzibar")
    expect(tab.page.locator(".chat-row")).to_have_count(1)
    expect(row).to_have_attribute("aria-current", "page")
    tab.button("Delete").click()
    tab.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    tab.button("Undo").click()

    expect(tab.page.locator("h1")).to_have_text("Sky of Zanzibar")
    expect(answer(tab)).to_have_text("Blue.")


def test_how_the_model_answers_can_be_chosen(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(["Kurz."]))
    tab.button("More choices").click()
    dialog = tab.page.get_by_role("dialog")
    dialog.get_by_label("Told to the model first").fill("Answer in German.")
    dialog.get_by_label("Temperature").fill("0.3")
    dialog.get_by_role("button", name="Save").click()
    say(tab, "Say something short.")
    expect(answer(tab)).to_have_text("Kurz.")

    asked = upstream.requests[-1]
    assert "Answer in German." in str(asked)
    assert "0.3" in str(asked)


def test_a_conversation_is_downloaded_as_markdown(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(["**Forty-two.**"]))
    say(tab, "What is the answer?")
    wait_ended(tab)
    tab.button("Download").click()
    with tab.page.expect_download() as download:
        tab.page.get_by_role("menuitem", name="Markdown").click()

    text = Path(download.value.path()).read_text()
    assert text.startswith("# What is the answer?")
    assert "**Forty-two.**" in text


def test_everything_is_within_reach_of_the_keyboard(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(MANY, pause_s=0.02))
    expect(box(tab)).to_be_focused()
    tab.page.keyboard.type("Two")
    tab.page.keyboard.press("Shift+Enter")
    tab.page.keyboard.type("lines")
    tab.page.keyboard.press("Enter")
    expect(answer(tab)).to_contain_text("word5 ")
    tab.page.keyboard.press("Escape")
    expect(messages(tab).last).to_contain_text("Stopped.")

    assert messages(tab).first.locator(".message-body").inner_text() == "Two\nlines"
    messages(tab).last.focus()
    tab.page.keyboard.press("/")
    expect(tab.page.get_by_label("Search conversations")).to_be_focused()
    tab.page.keyboard.press("ArrowDown")
    expect(tab.page.locator(".chat-row").first).to_be_focused()


def test_the_newest_words_stay_in_view_until_the_reader_looks_back(tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script([f"Paragraph {number}.\n\n" for number in range(120)], pause_s=0.03))
    say(tab, "Tell me a lot.")
    expect(answer(tab).get_by_text("Paragraph 30.")).to_be_in_viewport(timeout=30_000)
    tab.page.mouse.wheel(0, -2000)
    expect(tab.button("Newest")).to_be_visible()
    place = tab.page.evaluate("scrollY")
    expect(answer(tab)).to_contain_text("Paragraph 60.")
    assert tab.page.evaluate("scrollY") == place
    tab.button("Newest").click()
    wait_ended(tab)

    expect(answer(tab).get_by_text("Paragraph 119.")).to_be_in_viewport()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_everybody_can_use_the_page(visit: Visit, stack: Stack, owner: Person, upstream: Upstream, width, theme):
    upstream.scripts.append(Script([MARKDOWN]))
    tab = visit(url=stack.url, width=width, theme=theme)
    tab.sign_in(owner, "/chat")
    expect(tab.page.locator(".chat-row").first).to_be_visible()
    assert tab.findings() == []
    assert not tab.overflows()
    say(tab, "What is a socket, and why is this question so long that it takes more than one line on a phone?")
    wait_ended(tab)
    expect(answer(tab).locator("td").first).to_be_visible()

    assert tab.findings() == []
    assert not tab.overflows()


def test_a_stranger_is_told_that_there_is_nothing(visit: Visit, stack: Stack, tab: Visitor, upstream: Upstream):
    upstream.scripts.append(Script(["A secret."]))
    say(tab, "Tell me a secret.")
    wait_ended(tab)
    other = visit(url=stack.url)
    other.sign_in(stack.create_user("stranger"), tab.page.url.removeprefix(stack.url))

    expect(other.page.get_by_text("not yours")).to_be_visible()
    assert "secret" not in other.page.locator("page-chat").inner_text()


@pytest.mark.parametrize(
    ("text", "offset", "piece"),
    [
        ("", 0, "a"),
        ("ab", 2, "c"),
        ("a😀b", 3, "c"),
        ("a😀b", 2, "bc"),
        ("a😀", 1, "😀😀"),
        ("abc", 1, "b"),
        ("ab", 3, "d"),
    ],
)
def test_the_page_puts_pieces_together_as_the_server_does(tab: Visitor, text: str, offset: int, piece: str):
    shown = tab.page.evaluate(
        """async ([text, offset, piece]) => {
          const { spliced, countCharacters } = await import("/static/app/chat/conversation.js");
          return spliced(text, countCharacters(text), offset, piece);
        }""",
        [text, offset, piece],
    )
    assert shown == spliced(text, offset, piece)


def test_files_that_come_together_begin_one_conversation(tab: Visitor, upstream: Upstream, tmp_path: Path):
    files = [tmp_path / name for name in ("one.txt", "two.txt", "three.txt")]
    for file in files:
        file.write_text(f"This is the file {file.stem}.")
    tab.page.get_by_label("Attach files").set_input_files(files)
    expect(tab.page.locator(".composer .chip[data-status=Ready]")).to_have_count(3, timeout=20_000)
    upstream.scripts.append(Script(["Three files."]))
    say(tab, "How many files are here?")

    expect(answer(tab)).to_have_text("Three files.")
    expect(tab.page.locator(".message[data-sender=user] .chip")).to_have_count(3)
