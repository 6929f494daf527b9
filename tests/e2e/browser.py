"""A person at a real Chromium, for tests that use the page as people do."""

import base64
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.e2e.stack import REPOSITORY, Person, Stack, chat_env
from tests.fixtures.upstream import Upstream, running_upstream

CHROMIUM: Final = "/usr/bin/chromium"
# The same browser without the windows that nobody sees: a tab costs a quarter.
HEADLESS_SHELL: Final = "/usr/bin/chromium-headless-shell"
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WIDE: Final = 1280
NARROW: Final = 390
# Each width and each theme once: what they have to do with one another is in few rules.
LOOKS: Final = ((WIDE, "light"), (NARROW, "dark"))
RECORDINGS: Final = REPOSITORY / "tests" / "fixtures" / "tiny-whisper" / "tests"
MODEL: Final = REPOSITORY / "tests" / "fixtures" / "tiny-whisper" / "model"
SHORT: Final = RECORDINGS / "01_short_us.wav"
LONG: Final = RECORDINGS / "11_long_65s.flac"
FREEZE_TRIES: Final = 20

# What is told within an instant may take longer where many tests share a machine; nobody waits who need not.
expect.set_options(timeout=10_000)

# Makes a real DataTransfer with a real file in it, as the browser does when somebody drops or pastes one.
GIVE_FILE: Final = """
({kind, name, content}) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  if (kind === "paste") {
    document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    return;
  }
  for (const type of ["dragenter", "dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}
"""


class Visitor:
    """One tab. What the browser complains about is collected, and fails the test unless it was expected."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self._expected: list[str] = []
        page.on("console", lambda message: message.type in ("error", "warning") and self._complain(message.text))
        page.on("pageerror", lambda error: self._complain(str(error)))

    def expect_complaint(self, pattern: str) -> None:
        """The browser logs each refused request as an error; a test that provokes one says so."""
        self._expected.append(pattern)

    def _complain(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self._expected):
            self.complaints.append(text)

    def go(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def sign_in(self, person: Person, path: str = "/") -> None:
        self.go(path)
        self.enter(person.username, person.password)
        expect(self.main).to_be_visible()
        expect(self.connection).to_have_attribute("data-state", "live")

    def enter(self, name: str, password: str) -> None:
        self.page.get_by_label("Username or email").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.button("Sign in").click()

    def upload(self, *files: Path) -> None:
        self.page.locator("input[type=file]").set_input_files(files)

    def give(self, kind: str, file: Path, name: str) -> None:
        """Drop or paste a file on the page."""
        content = base64.b64encode(file.read_bytes()).decode()
        self.page.evaluate(GIVE_FILE, {"kind": kind, "name": name, "content": content})

    def drop(self, *paths: Path) -> None:
        """Drop files and folders of the disk on the page, as a file manager does."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 300, "data": data})

    def give_to_server(self, name: str, content: bytes) -> None:
        """Upload without the page, with its cookies."""
        token = next(one["value"] for one in self.page.context.cookies() if one["name"] == "csrftoken")
        answer = self.page.request.post(
            f"{self.url}/api/transcripts/",
            headers={"X-CSRFToken": token},
            multipart={"file": {"name": name, "mimeType": "audio/wav", "buffer": content}},
        )
        assert answer.status == 201, answer.text()

    def transcribe(self, file: Path) -> None:
        """Upload a recording on the start page and open its transcript from the list."""
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            self.upload(file)
        address = f"/transcripts/{answer.value.json()['transcript']['id']}"
        self.page.locator(f'a[href="{address}"]').click()
        expect(self.page.locator("h1", has_text=file.name)).to_be_visible()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def pick(self, item: str) -> None:
        """Choose from the user menu."""
        self.page.get_by_role("button", name="account and settings").click()
        self.page.get_by_role("menu").get_by_text(item, exact=True).click()

    def wait_done(self) -> None:
        """On a transcript's page: its job has ended well."""
        expect(self.page.locator("st-job[data-status=completed]")).to_be_attached(timeout=60_000)

    @property
    def main(self) -> Locator:
        return self.page.locator("#main.main")

    @property
    def connection(self) -> Locator:
        return self.page.locator("st-connection")

    @property
    def segments(self) -> Locator:
        return self.page.locator(".segment")

    @property
    def text(self) -> list[str]:
        # Not the inner text: that of paragraphs outside the window is empty.
        return self.page.locator(".segment-text").all_text_contents()

    def findings(self) -> list[str]:
        """What axe finds on the page as it is."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    def overflows(self) -> bool:
        """True where the page is wider than the window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # For one module only: while it runs, Playwright's loop would be in the way of asynchronous tests.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=HEADLESS_SHELL, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def whisper() -> Iterator[Stack]:
    """A Stentor with the small Whisper model, whose text is known word by word."""
    with Stack("speech", "live", env={"WHISPER_MODEL": str(MODEL)}) as running:
        yield running


@pytest.fixture(scope="session")
def model_server() -> Iterator[Upstream]:
    """A model server for `prompting`."""
    with running_upstream() as server:
        yield server


@pytest.fixture(scope="session")
def prompting(model_server: Upstream) -> Iterator[Stack]:
    """A Stentor whose prompts a model server answers, and which hears recordings."""
    env = {**chat_env(model_server), "WHISPER_MODEL": str(MODEL), "CHAT_PRICES": "small=1/2"}
    with Stack("documents", "work", "speech", env=env) as running:
        yield running


@pytest.fixture(scope="session")
def people(whisper: Stack) -> dict[str, Person]:
    """The same three as everywhere: owner, teammate, stranger."""
    return {name: whisper.create_user(name) for name in ("owner", "teammate", "stranger")}


@pytest.fixture
def long_recording(tmp_path: Path) -> Path:
    """About six minutes: long enough to be caught in the middle."""
    with av.open(str(LONG)) as source:
        rate = source.streams.audio[0].rate
        sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in source.decode(audio=0)])
    path = tmp_path / "six minutes.wav"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("pcm_s16le", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.tile(sound, 6).reshape(1, -1).astype(np.int16), "s16", "mono")
        frame.rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            target.mux(packet)
    return path


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens a tab: `visit(width=…, theme=…, url=…, beside=…)`; `beside` shares another tab's cookies. Without a `url`
    it is one of `whisper`.
    """
    with ExitStack() as opened:
        tabs: list[Visitor] = []

        def new(*, beside: Visitor | None = None, url: str = "", **options: Any) -> Visitor:
            context = beside.page.context if beside else opened.enter_context(_context(chromium, **options))
            tabs.append(Visitor(context.new_page(), url or request.getfixturevalue("whisper").url))
            return tabs[-1]

        yield new
        complaints = [text for tab in tabs for text in tab.complaints]
    assert not complaints, complaints


@contextmanager
def _context(browser: Browser, *, width: int = WIDE, theme: str = "light") -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(20_000)
    try:
        yield context
    finally:
        context.close()


@contextmanager
def frozen(stack: Stack, name: str = "speech") -> Iterator[None]:
    """Processes of that name stand still, well within the 15 s after which they would be taken for dead."""
    parent = psutil.Process(stack.pid_of(name))
    still = [parent, *parent.children(recursive=True)]
    try:
        for _ in range(FREEZE_TRIES):
            for process in still:
                process.suspend()
            if _is_writable(stack):
                break
            for process in still:
                process.resume()
            time.sleep(0.2)  # so that the transaction comes to its end
        else:
            raise AssertionError(f"{name} stood still in a transaction each time")
        yield
    finally:
        for process in still:
            process.resume()


def _is_writable(stack: Stack) -> bool:
    """Whether nobody who stands still keeps the lock of SQLite's only writer, which would stop everybody else."""
    with closing(sqlite3.connect(stack.home / "stentor.sqlite3", timeout=1, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        database.execute("ROLLBACK")
        return True
