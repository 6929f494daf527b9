"""A recording of an hour, fed faster than anybody speaks: every sentence, and memory that does not grow."""

import asyncio
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from tests.e2e.browser import MODEL
from tests.e2e.recorder import RATE, Recorder
from tests.e2e.stack import Stack
from tests.e2e.test_recording import sound, words
from tests.fixtures import media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SPOKEN = "05_three_sentences_m1.flac"
TIMES = 60
MAX_GROWTH = 48 * 1024 * 1024


@pytest.fixture
def patient() -> Iterator[Stack]:
    with Stack("live", env={"WHISPER_MODEL": str(MODEL), "WHISPER_THREADS": "2", "LIVE_STEP_S": "5"}) as running:
        yield running


def minute() -> np.ndarray:
    """Three sentences, and a pause until the minute is over."""
    spoken = sound(SPOKEN)
    return np.concatenate([spoken, np.zeros(60 * RATE - len(spoken), np.int16)])


def memory(stack: Stack) -> int:
    """The largest of the processes that hear live recordings, in bytes."""
    return max(child.memory_info().rss for child in psutil.Process(stack.pid_of("live")).children(recursive=True))


async def test_an_hour_is_heard_in_memory_that_does_not_grow(patient: Stack) -> None:
    token = patient.token(patient.create_user("owner"))
    samples = np.tile(minute(), TIMES)
    used: list[int] = []
    async with Recorder(patient.ws_url, token, samples, frame_s=0.5) as recorder:
        for number in range(TIMES):
            await recorder.speak(60.0 * (number + 1))
            used.append(await asyncio.to_thread(memory, patient))
        summary = await recorder.stop(within_s=300)
    assert summary["duration_s"] == pytest.approx(3600)
    assert words(recorder.text) == words(media.text_of(SPOKEN)) * TIMES
    assert max(used[30:]) - max(used[5:15]) < MAX_GROWTH
