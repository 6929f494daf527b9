"""What people do on the documents page, for its tests."""

from pathlib import Path

from playwright.sync_api import Locator

from tests.e2e.browser import Visitor


def row(tab: Visitor, title: str) -> Locator:
    return tab.page.locator(".document-row").filter(has=tab.page.get_by_role("button", name=title, exact=True))


def show(tab: Visitor, collection: str) -> None:
    """Only what is in that collection."""
    tab.page.get_by_role("combobox", name="Collection").last.select_option(collection)


def put_into(tab: Visitor, collection: str, external_id: str = "") -> None:
    """Say where the next files belong."""
    tab.page.locator("summary").click()
    tab.page.locator(".upload").get_by_label("Collection", exact=True).fill(collection)
    tab.page.get_by_label("External id").fill(external_id)


def add(tab: Visitor, *files: Path) -> None:
    tab.page.get_by_label("Documents", exact=True).set_input_files(files)


def text(folder: Path, name: str) -> Path:
    file = folder / name
    file.write_text(f"This is {file.stem}.")
    return file


def tray(tab: Visitor) -> Locator:
    """What is on its way to the server, in the corner of every page."""
    return tab.page.get_by_role("region", name="Uploads")


def texts(folder: Path, count: int) -> list[Path]:
    return [text(folder, f"text {number:02}.txt") for number in range(count)]


def do(tab: Visitor, title: str, action: str) -> None:
    tab.button(f"More for {title}").click()
    tab.page.get_by_role("menuitem", name=action, exact=True).click()
