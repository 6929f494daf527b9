"""Take the README's pictures from a running Stentor: `python ops/screenshots.py http://127.0.0.1:8000`.

Start it with `WHISPER_MODEL=tests/fixtures/tiny-whisper/model make run`; the pictures go to docs/images.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "tests" / "fixtures" / "tiny-whisper" / "tests"
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NAMES = {
    "05_three_sentences_m1.flac": "Stand-up, Tuesday.flac",
    "09_rp_25s.flac": "Call with the museum.flac",
    "11_long_65s.flac": "Interview, first part.flac",
    "08_two_voices.flac": "Interview, second part.flac",
}


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Username or email").fill("demo")
    page.get_by_label("Password", exact=True).fill("demo-stentor")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("input[type=file]").wait_for(state="attached")


def main(url: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = [Path(shutil.copy(RECORDINGS / name, Path(folder) / shown)) for name, shown in NAMES.items()]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        sign_in(page, url)
        page.locator("input[type=file]").set_input_files(files)
        page.wait_for_function(r"() => /[3-7]\d %/.test(document.body.innerText)", polling=50)
        page.screenshot(path=IMAGES / "transcripts.png")
        page.wait_for_selector("text=Waiting", state="detached", timeout=120_000)
        page.wait_for_timeout(4000)
        page.goto(url)
        page.get_by_text("Call with the museum").first.click()
        page.locator(".segment").first.wait_for()
        page.wait_for_timeout(5000)  # until the notices have gone
        page.screenshot(path=IMAGES / "transcript.png")
        phone = browser.new_context(viewport={"width": 390, "height": 760}, color_scheme="dark")
        narrow = phone.new_page()
        sign_in(narrow, url)
        narrow.wait_for_timeout(1200)
        narrow.screenshot(path=IMAGES / "phone.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
