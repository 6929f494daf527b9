"""What a running Stentor writes into its log."""

import json

import httpx
import pytest
from websockets.sync.client import connect

from tests.e2e.browser import RECORDINGS, SHORT
from tests.e2e.follower import Follower
from tests.e2e.stack import Person, Stack, wait_for

pytestmark = pytest.mark.e2e


def test_no_token_ticket_key_password_or_text_is_in_the_log(whisper: Stack, people: dict[str, Person]) -> None:
    owner = people["owner"]
    token = whisper.token(owner)
    bearer = {"Authorization": f"Bearer {token}"}
    ticket = httpx.post(f"{whisper.url}/api/ws-ticket", headers=bearer, timeout=30).json()["ticket"]
    with connect(f"{whisper.ws_url}?ticket={ticket}") as socket:
        assert json.loads(socket.recv())["type"] == "welcome"
    httpx.get(f"{whisper.url}/api/transcripts/?search=whatIsSearched", headers=bearer, timeout=30)
    with Follower(whisper, owner) as follower, SHORT.open("rb") as sound:
        answer = httpx.post(
            f"{whisper.url}/api/transcripts/",
            files={"file": (SHORT.name, sound)},
            data={"hotwords": "unspeakable"},
            headers=bearer,
            timeout=60,
        )
        job = answer.json()["job"]["id"]
        wait_for(lambda: follower.ends.get(job), "the job has ended", 60)
    wait_for(lambda: "job_completed" in whisper.log(), "the end is in the log")
    log = whisper.log()
    text = json.loads((RECORDINGS / "transcripts.json").read_text())[SHORT.name]["text"]
    key = (whisper.home / "demo-api-key").read_text().strip()
    for secret in (token, ticket, key, owner.password, "whatIsSearched", "unspeakable", text.rstrip(".")):
        assert secret not in log


def test_the_lines_of_a_job_and_of_a_connection_carry_their_ids(whisper: Stack, people: dict[str, Person]) -> None:
    with Follower(whisper, people["owner"]) as follower, SHORT.open("rb") as sound:
        token = whisper.token(people["owner"])
        answer = httpx.post(
            f"{whisper.url}/api/transcripts/",
            files={"file": (SHORT.name, sound)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        job = answer.json()["job"]["id"]
        wait_for(lambda: follower.ends.get(job), "the job has ended", 60)
    wait_for(lambda: f"job={job}" in whisper.log(), "the job's id is in the log")
    assert "connection=" in whisper.log()
    assert "request_id=" in whisper.log()
