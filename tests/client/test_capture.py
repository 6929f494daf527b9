"""The microphone in a real browser: the resampler against sines, the audio thread against a known recording."""

import threading
import wave
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.client.conftest import CHROMIUM, FLAGS, LIBRARY

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

CAPTURE = LIBRARY.parent / "capture"
RATE = 16_000
EDGE = 400
SINE = """async ([hertz, rate, seconds, block]) => {
  const { Resampler } = await import("/capture/resampler.js");
  const resampler = new Resampler(rate);
  const sound = Float32Array.from({ length: rate * seconds }, (_, at) =>
    0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
  const output = [];
  for (let at = 0; at < sound.length; at += block) output.push(...resampler.push(sound.subarray(at, at + block)));
  return [...output, ...resampler.flush()];
}"""
LISTEN = """async () => {
  const { openMicrophone } = await import("/capture/microphone.js");
  window.frames = [];
  window.microphone = await openMicrophone({
    onFrame: (samples, level) => frames.push({ samples: [...samples], level }),
  });
}"""


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(CAPTURE.parent))) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.05))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/icons/mark.svg"
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium, address):
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(address)
    yield page
    await context.close()


async def sine(page, hertz, rate, block=128):
    return np.array(await page.evaluate(SINE, [hertz, rate, 1, block]))


def decibels(samples):
    """The level against that of the sine which went in."""
    return 20 * np.log10(np.sqrt(np.mean(samples[EDGE:-EDGE] ** 2)) / (0.5 / np.sqrt(2)))


@pytest.mark.parametrize("rate", [44_100, 48_000])
async def test_a_voice_keeps_its_loudness_and_length(page, rate):
    samples = await sine(page, 1000, rate)
    assert abs(decibels(samples)) < 0.5
    assert len(samples) == RATE


@pytest.mark.parametrize("rate", [44_100, 48_000])
async def test_what_sixteen_kilohertz_cannot_hold_is_suppressed(page, rate):
    assert decibels(await sine(page, 10_000, rate)) < -50


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
async def test_blocks_leave_no_clicks(page, rate):
    samples = await sine(page, 1000, rate)
    at = np.arange(len(samples)) / RATE
    assert np.max(np.abs(samples - 0.5 * np.sin(2 * np.pi * 1000 * at))[EDGE:-EDGE]) < 0.001


def write_speechlike(path: Path) -> np.ndarray:
    """A sweep from 200 to 2000 Hz in 3 s, as the browser's microphone plays it."""
    at = np.arange(3 * 48_000) / 48_000
    samples = 0.5 * np.sin(2 * np.pi * (200 * at + 300 * at**2))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return samples[::3]


async def test_a_microphone_delivers_what_was_said(address, tmp_path):
    said = write_speechlike(tmp_path / "said.wav")
    flags = [
        *FLAGS,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={tmp_path / 'said.wav'}",
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = await browser.new_page()
        await page.goto(address)
        await page.evaluate(LISTEN)
        await page.wait_for_function("() => frames.length >= 40", timeout=30_000)
        await page.evaluate("() => microphone.close()")
        frames = await page.evaluate("() => frames")
        await browser.close()
    assert {len(frame["samples"]) for frame in frames[:-1]} == {RATE // 10}
    assert 0 < len(frames[-1]["samples"]) <= RATE // 10
    heard = np.concatenate([frame["samples"] for frame in frames]) / 32768
    assert max(frame["level"] for frame in frames) > 0.01
    assert likeness(heard, said) > 0.5


def likeness(heard: np.ndarray, said: np.ndarray) -> float:
    """The best normalized correlation of a second of `said` with any place in `heard`."""
    piece = said[RATE : 2 * RATE]
    products = np.correlate(heard, piece, mode="valid")
    energy = np.convolve(heard**2, np.ones(len(piece)), mode="valid")
    return float(np.max(np.abs(products) / np.sqrt(np.maximum(energy, 1e-6) * np.sum(piece**2))))


async def test_a_refused_microphone_is_said_in_clear_words(page):
    code = await page.evaluate("""async () => {
      const { openMicrophone } = await import("/capture/microphone.js");
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); };
      try { await openMicrophone({ onFrame: () => {} }); }
      catch (error) { return [error.code, error.message.length > 20]; }
    }""")
    assert code == ["no_permission", True]
