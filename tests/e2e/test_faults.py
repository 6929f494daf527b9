"""kill -9 of a worker, of Daphne and of Redis in the middle of 50 jobs: each ends once, and everybody sees it."""

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import MODEL, RECORDINGS, SHORT, Visit
from tests.e2e.follower import Follower
from tests.e2e.stack import Person, Stack, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

SPOKEN = json.loads((RECORDINGS / "transcripts.json").read_text())
JOBS = 50
VICTIMS = ("speech", "web", "redis", "default")


@pytest.fixture(scope="module")
def fragile() -> Iterator[Stack]:
    """A Stentor of this module's own: its processes are killed."""
    with Stack("speech", env={"WHISPER_MODEL": str(MODEL), "TRANSCRIBE_CHUNK_S": "8"}) as running:
        yield running


@pytest.fixture(scope="module")
def owner(fragile: Stack) -> Person:
    return fragile.create_user("owner")


def upload(stack: Stack, token: str, file: Path) -> dict:
    with file.open("rb") as sound:
        answer = httpx.post(
            f"{stack.url}/api/transcripts/",
            files={"file": (file.name, sound)},
            data={"language": "en"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
    assert answer.status_code == 201, answer.text
    return answer.json()


def text_of(stack: Stack, token: str, transcript: str) -> str:
    answer = httpx.get(
        f"{stack.url}/api/transcripts/{transcript}", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    return " ".join(segment["text"].strip() for segment in answer.json()["segments"])


def test_every_job_ends_exactly_once_whoever_is_killed(fragile: Stack, owner: Person, long_recording: Path) -> None:
    token = fragile.token(owner)
    # Each of the victims is killed in the middle of a long job, with many short ones behind it.
    files = ([long_recording, *[SHORT] * (JOBS // len(VICTIMS))] * len(VICTIMS))[:JOBS]
    with Follower(fragile, owner) as follower:
        made = [upload(fragile, token, file) for file in files]
        jobs = [one["job"]["id"] for one in made]
        long = [number for number, file in enumerate(files) if file is long_recording]
        for victim, number in zip(VICTIMS, long, strict=True):
            middle = partial(_is_in_its_middle, follower, jobs[number])
            wait_for(middle, f"long job {number} is in its middle", 90)
            fragile.kill(victim)
        wait_for(lambda: all(follower.ends.get(job) for job in jobs), "every job has ended before the client", 150)
        time.sleep(1)
    assert follower.faults == []
    assert {job: [status for status, _ in follower.ends[job]] for job in jobs} == {job: ["completed"] for job in jobs}
    sentence = SPOKEN["11_long_65s.flac"]["text"].split(".")[0]
    for number, one in enumerate(made):
        text = text_of(fragile, token, one["transcript"]["id"])
        assert text.count(sentence) >= 4 if number in long else text == SPOKEN[SHORT.name]["text"]


def _is_in_its_middle(follower: Follower, job: str) -> bool:
    return bool(follower.states.get(job, {}).get("percent", 0) > 15)


def test_the_page_shows_the_end_of_a_job_whose_worker_and_server_were_killed(
    visit: Visit, fragile: Stack, owner: Person, long_recording: Path
) -> None:
    tab = visit(url=fragile.url)
    tab.expect_complaint(r"ERR_|WebSocket connection|Failed to load resource")
    tab.sign_in(owner)
    tab.transcribe(long_recording)
    expect(tab.segments.first).to_be_visible(timeout=60_000)
    fragile.kill("speech")
    fragile.kill("web")
    expect(tab.page.locator("st-job[data-status=completed]")).to_be_attached(timeout=120_000)
    numbers = tab.page.locator(".segment").count()
    tab.page.reload()
    expect(tab.segments.first).to_be_visible()
    assert tab.page.locator(".segment").count() == numbers
