"""Everybody can use the page: by screen reader, by keyboard, wide and narrow, light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import LOOKS, SHORT, Visit, Visitor
from tests.e2e.stack import Person

pytestmark = pytest.mark.e2e


FOCUSED = """
() => {
  const focused = document.activeElement;
  if (focused === document.body) return ["", "", 0];
  const style = getComputedStyle(focused);
  const name = focused.ariaLabel || focused.textContent;
  return [name, style.outlineStyle, parseFloat(style.outlineWidth)];
}
"""


def _sign_in_page(tab: Visitor) -> None:
    tab.pick("Sign out")
    expect(tab.page.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.button("Sign in").click()


def _transcripts(tab: Visitor) -> None:
    tab.go()
    expect(tab.page.get_by_role("link", name=SHORT.name).first).to_be_visible()
    tab.page.locator("summary").click()


def _nothing_found(tab: Visitor) -> None:
    tab.page.get_by_label("Search transcripts").fill("no such words")
    expect(tab.page.get_by_text("Nothing found")).to_be_visible()


def _jobs(tab: Visitor) -> None:
    tab.go("/jobs")
    expect(tab.page.locator("st-job").first).to_be_visible()


def _transcript(tab: Visitor) -> None:
    tab.go()
    tab.transcribe(SHORT)
    tab.wait_done()
    tab.page.get_by_label("Search in the text").fill("door")
    tab.page.locator(".word").first.click()
    expect(tab.page.locator(".word.spoken")).to_have_count(1)


def _share_dialog(tab: Visitor) -> None:
    tab.button("Share").click()
    expect(tab.page.get_by_role("dialog")).to_be_visible()


def _download_menu(tab: Visitor) -> None:
    tab.page.keyboard.press("Escape")
    tab.button("Download").click()
    expect(tab.page.get_by_role("menu")).to_be_visible()


def _account(tab: Visitor) -> None:
    tab.go("/account")
    expect(tab.page.get_by_role("heading", name="API keys", exact=True)).to_be_visible()
    tab.button("New key").click()


def _not_there(tab: Visitor) -> None:
    tab.go("/transcripts/00000000-0000-4000-8000-000000000000")
    expect(tab.page.get_by_text("This transcript is not here")).to_be_visible()


# In this order: each may start from what the one before it shows.
PAGES: list[Callable[[Visitor], None]] = [
    _transcripts, _nothing_found, _jobs, _transcript, _share_dialog, _download_menu, _account, _not_there,
    _sign_in_page,
]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_axe_finds_nothing_and_nothing_overflows(visit: Visit, people: dict[str, Person], width: int, theme: str):
    tab = visit(width=width, theme=theme)
    tab.sign_in(people["owner"])
    tab.upload(SHORT)
    wrong = []
    for show in PAGES:
        show(tab)
        wrong += [f"{show.__name__}: {finding}" for finding in tab.findings()]
        wrong += [f"{show.__name__}: wider than the window"] if tab.overflows() else []
    assert wrong == []


def test_a_keyboard_alone_is_enough(visit: Visit, people: dict[str, Person]):
    tab = visit()
    keyboard = tab.page.keyboard
    tab.page.on("filechooser", lambda chooser: chooser.set_files(SHORT))
    tab.go()
    expect(tab.page.get_by_label("Username or email")).to_be_focused()
    keyboard.type("owner")
    keyboard.press("Tab")
    keyboard.type("owner-password-1")
    keyboard.press("Enter")
    expect(tab.page.get_by_role("heading", name="Transcripts", level=1)).to_be_focused()

    tab.page.reload()
    expect(tab.connection).to_have_attribute("data-state", "live")
    keyboard.press("Tab")
    skip = tab.page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keyboard.press("Enter")
    keyboard.press("Tab")
    expect(tab.button("Choose files")).to_be_focused()
    keyboard.press("Enter")
    expect(tab.page.get_by_role("link", name=SHORT.name).first).to_be_visible()
    tab.page.get_by_role("link", name=SHORT.name).first.focus()
    keyboard.press("Enter")
    expect(tab.page.locator("h1", has_text=SHORT.name)).to_be_focused()


def test_the_menu_obeys_the_arrow_keys_and_gives_the_focus_back(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    opener = tab.page.get_by_role("button", name="account and settings")
    opener.focus()
    tab.page.keyboard.press("ArrowDown")
    expect(tab.page.get_by_role("menuitem", name="Account")).to_be_focused()
    tab.page.keyboard.press("ArrowUp")
    expect(tab.page.get_by_role("menuitem", name="Sign out everywhere")).to_be_focused()
    tab.page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(tab.page.get_by_role("menu")).to_be_hidden()


def test_every_focused_control_can_be_seen(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    tab.page.reload()
    expect(tab.connection).to_have_attribute("data-state", "live")
    seen = set()
    tab.page.keyboard.press("Tab")
    while (focused := tab.page.evaluate(FOCUSED))[0]:
        name, style, width = focused
        seen.add(name)
        assert style != "none", name
        assert width >= 2, name
        tab.page.keyboard.press("Tab")
    assert {"Skip to the content", "Stentor", "Choose files", "Search transcripts"} <= seen


def test_what_is_not_there_yet_is_no_link(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.sign_in(people["owner"])
    navigation = tab.page.get_by_role("navigation", name="Main")
    for name in ("Automation", "Boards"):
        expect(navigation.get_by_text(name, exact=True)).to_be_visible()
        expect(navigation.get_by_role("link", name=name)).to_have_count(0)


def test_the_page_refuses_inline_scripts(visit: Visit, people: dict[str, Person]):
    tab = visit()
    tab.expect_complaint("Content Security Policy")
    tab.sign_in(people["owner"])
    ran = tab.page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); return window.ran === true; }"
    )
    assert not ran
