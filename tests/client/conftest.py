"""One Chromium for all tests of the client library, a page with nothing but the library, a scripted server."""

import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.client.scripted_server import ScriptedServer, scripted_server

HERE = Path(__file__).parent
LIBRARY = HERE.parent.parent / "frontend_demo" / "lib"
CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class _Files(SimpleHTTPRequestHandler):
    """The library under /lib/, the harness beside it."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def translate_path(self, path: str) -> str:
        name = path.split("?", maxsplit=1)[0]
        folder = LIBRARY if name.startswith("/lib/") else HERE
        return str(folder / Path(name).name)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def library_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(HERE))) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/harness.html"
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as server:
        yield server


class Client:
    """A page with the library in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    async def start(self, options: str = "") -> None:
        """Connect, with a JavaScript object as options."""
        await self.do(f"start({self._url!r}, {options or '{}'})")

    async def do(self, code: str) -> Any:
        return await self.page.evaluate(f"() => {{ {code} }}")

    async def get(self, expression: str) -> Any:
        return await self.page.evaluate(f"() => ({expression})")

    async def until(self, expression: str) -> Any:
        """Wait for something true and give it back."""
        handle = await self.page.wait_for_function(f"() => ({expression})", timeout=10_000, polling=20)
        return await handle.json_value()

    async def is_(self, name: str) -> dict[str, Any]:
        """Wait for a state; its object."""
        await self.until(f"client.state.name === {name!r}")
        return await self.get("client.state")


@pytest_asyncio.fixture(loop_scope="session")
async def client(chromium: Browser, library_url: str, server: ScriptedServer) -> AsyncIterator[Client]:
    context = await chromium.new_context()
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    await page.goto(library_url)
    await page.wait_for_function("() => window.ready")
    yield Client(page, server.url)
    await context.close()
    assert broken == []
