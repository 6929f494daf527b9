"""Take the README's pictures from a running Stentor: `python ops/screenshots.py http://127.0.0.1:8000`.

Start it with `make run`. Two synthetic voices (flite) speak, the embedded engines hear them and tell them apart; the
pictures go to docs/images.
"""

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import httpx
from playwright.sync_api import Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FAKE_MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
TALKS = {
    "Call about the house": [
        ("slt", "good morning and thank you for coming so early"),
        ("rms", "the weather is nice today and we can walk to the park"),
        ("slt", "please show me the house and the garden first"),
        ("rms", "the garden is small but there are seven old trees in it"),
        ("slt", "we would like to see the kitchen and the other rooms too"),
        ("rms", "come in and close the door because it is cold"),
    ],
    "Stand-up, Tuesday": [("rms", "we will meet again on friday morning and talk about the work of this week")] * 4,
    "Notes from the train": [("slt", "the people in the city want to know when the water will come back")] * 3,
}
LETTERS = {
    "Harbour office": "The harbour opens in March. The new quay costs 40 million crowns. The ferries carry cyclists "
    "for free. The office asks for two more weeks before it decides about the northern entrance.",
    "Road department": "The road to the quay is closed until May. Repairs cost 3 million crowns. Lorries take the "
    "northern entrance until then.",
    "Ferry company": "Three ferries come in spring. Each ferry costs 9 million crowns and carries 200 people. Cyclists "
    "book a place two days before.",
    "Fishers' union": "The fishers keep the old quay. They pay no fee until the new quay opens. Nets are dried at the "
    "northern entrance.",
    "City council": "The council agrees to the new quay and pays half of its cost. The decision about the northern "
    "entrance waits for the harbour office.",
    "Museum": "The museum opens its ship in June. A ticket costs 80 crowns. School classes come for free.",
}
PROMPTS = {
    "Costs": "What does it cost, in crowns?",
    "Dates": "When does it open or close: March, May, June, spring?",
    "Northern entrance": "What is said of the northern entrance?",
}
SPOKEN = [
    ("slt", "good morning"),
    ("slt", "the weather is nice today"),
    ("slt", "we are going to the park with the children"),
]


def speak(path: Path, lines: list[tuple[str, str]]) -> Path:
    """One wav file in which the voices say their lines, with a pause after each."""
    sound, rate = b"", 16_000
    for number, (voice, text) in enumerate(lines):
        piece = path.with_name(f"{number}.wav")
        command = ["/usr/bin/flite", "-voice", voice, "-t", text, "-o", str(piece)]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603 (all of it is written above)
        with wave.open(str(piece)) as source:
            rate = source.getframerate()
            sound += source.readframes(source.getnframes()) + b"\0\0" * int(rate * 0.6)
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, rate, 0, "NONE", ""))
        target.writeframes(sound)
    return path


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Username or email").fill("demo")
    page.get_by_label("Password", exact=True).fill("demo-stentor")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("input[type=file]").wait_for(state="attached")


def picture_files(playwright: Playwright, url: str, folder: Path) -> None:
    """The list while it works, a conversation with its speakers, and the list on a phone."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    page = browser.new_page(viewport={"width": 1200, "height": 820})
    sign_in(page, url)
    files = [speak(folder / f"{name}.wav", lines) for name, lines in TALKS.items()]
    options = page.locator(".upload summary")
    options.click()
    page.get_by_label("Find speakers").check()
    options.click()
    page.locator("input[type=file]").set_input_files(files)
    page.wait_for_function(r"() => /[3-7]\d %/.test(document.body.innerText)", polling=50)
    page.screenshot(path=IMAGES / "transcripts.png")
    page.wait_for_selector("text=Waiting", state="detached", timeout=240_000)
    page.get_by_text("Call about the house").first.click()
    page.locator(".segment-head .speaker-name").nth(1).wait_for(timeout=240_000)
    page.wait_for_timeout(7000)  # until the notices have gone
    page.screenshot(path=IMAGES / "transcript.png")
    phone = browser.new_context(viewport={"width": 390, "height": 760}, color_scheme="dark").new_page()
    sign_in(phone, url)
    phone.wait_for_timeout(1500)
    phone.screenshot(path=IMAGES / "phone.png")
    browser.close()


def picture_live(playwright: Playwright, url: str, folder: Path) -> None:
    """The Live page in the middle of a sentence."""
    said = speak(folder / "microphone.wav", SPOKEN)
    microphone = [*FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={said}%noloop"]
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *microphone])
    page = browser.new_page(viewport={"width": 1200, "height": 620})
    sign_in(page, url)
    page.goto(f"{url}/live")
    page.get_by_role("button", name="Start recording").click()
    expect(page.locator("st-live-text")).to_contain_text("park", timeout=60_000)
    page.screenshot(path=IMAGES / "live.png")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/transcripts/*", timeout=60_000)
    browser.close()


def picture_chat(playwright: Playwright, url: str) -> None:
    """A question about a transcript, answered by the embedded engine, which quotes."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    page = browser.new_page(viewport={"width": 1200, "height": 760})
    sign_in(page, url)
    page.goto(f"{url}/chat")
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("menuitem", name="A transcript").click()
    page.get_by_role("dialog").get_by_text("Call about the house").first.click()
    page.locator(".composer .chip").wait_for()
    page.get_by_label("Message", exact=True).fill("What is in the garden?")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".message-tokens:not(:empty)").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "chat.png")
    browser.close()


def picture_prompts(playwright: Playwright, url: str) -> None:
    """Prompts over letters, answered by the embedded engine, which quotes."""
    signed_in = httpx.post(f"{url}/token/", json={"username": "demo", "password": "demo-stentor"}).json()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {signed_in['access']}"}) as client:
        for number, (title, text) in enumerate(LETTERS.items(), start=1):
            letter = {"title": title, "text": text, "collection": "letters", "external_id": f"letter_{number}"}
            client.post("/api/documents/texts", json=letter | {"replace": True}).raise_for_status()
        prompts = [{"name": name, "value": text} for name, text in PROMPTS.items()]
        wishes = {"title": "Letters about the harbour", "collections": ["letters"], "prompts": prompts}
        ident = client.post("/api/batches", json=wishes).raise_for_status().json()["id"]
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    page = browser.new_page(viewport={"width": 1200, "height": 860})
    sign_in(page, url)
    page.goto(f"{url}/prompts/{ident}")
    expect(page.get_by_text("18 done")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "prompts.png")
    browser.close()


def main(url: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        picture_files(playwright, url, Path(folder))
        picture_live(playwright, url, Path(folder))
        picture_chat(playwright, url)
        picture_prompts(playwright, url)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
