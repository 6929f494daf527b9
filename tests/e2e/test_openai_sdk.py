"""OpenAI's own client, unchanged, against a running Stentor."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import openai
import pytest
from redis import Redis

from tests.e2e.browser import LONG, MODEL, RECORDINGS, SHORT, frozen
from tests.e2e.stack import Person, Stack, wait_for

pytestmark = pytest.mark.e2e

TRUTH = json.loads((RECORDINGS / "transcripts.json").read_text())
TEXT = TRUTH[SHORT.name]["text"]


@pytest.fixture(scope="module")
def bearer(whisper: Stack, people: dict[str, Person]) -> dict[str, str]:
    return {"Authorization": f"Bearer {whisper.token(people['owner'])}"}


@pytest.fixture(scope="module")
def client(whisper: Stack, bearer: dict[str, str]) -> Iterator[openai.OpenAI]:
    answer = httpx.post(
        f"{whisper.url}/api/keys", json={"name": "SDK", "scopes": ["speech"]}, headers=bearer, timeout=20
    )
    assert answer.status_code == 201, answer.text
    with openai.OpenAI(base_url=f"{whisper.url}/v1", api_key=answer.json()["key"], timeout=90) as made:
        yield made


def transcribe(client: openai.OpenAI, path: Path = SHORT, **options):
    with path.open("rb") as file:
        return client.audio.transcriptions.create(file=file, **{"model": "whisper-1", **options})


def test_json(client: openai.OpenAI) -> None:
    answer = transcribe(client)
    assert answer.text == TEXT
    assert answer.usage.type == "duration"


def test_text(client: openai.OpenAI) -> None:
    assert transcribe(client, response_format="text") == f"{TEXT}\n"


def test_srt(client: openai.OpenAI) -> None:
    answer = transcribe(client, response_format="srt")
    assert answer.startswith("1\n00:00:00,")
    assert TEXT.split()[0] in answer


def test_vtt(client: openai.OpenAI) -> None:
    assert transcribe(client, response_format="vtt").startswith("WEBVTT\n\n00:00:00.")


def test_verbose_json_with_words(client: openai.OpenAI) -> None:
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert answer.text == TEXT
    assert answer.language == "english"
    assert answer.duration == pytest.approx(TRUTH[SHORT.name]["duration"], abs=0.1)
    assert " ".join(word.word for word in answer.words) == TEXT
    assert " ".join(segment.text for segment in answer.segments) == TEXT
    assert answer.segments[0].avg_logprob <= 0
    assert all(0 <= word.start <= word.end <= answer.duration + 0.1 for word in answer.words)


def test_what_only_openai_knows_is_ignored(client: openai.OpenAI) -> None:
    answer = transcribe(
        client,
        model="gpt-4o-transcribe",
        language="en",
        prompt="garden",
        temperature=0.2,
        chunking_strategy="auto",
        include=["logprobs"],
    )
    assert answer.text == TEXT


def test_a_stream_tells_the_text_bit_by_bit(client: openai.OpenAI) -> None:
    events = list(transcribe(client, LONG, stream=True))
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert len(deltas) > 1
    assert events[-1].type == "transcript.text.done"
    assert events[-1].text == "".join(deltas)
    assert len(events[-1].text.split()) > 50


def test_a_stream_tells_what_went_wrong(client: openai.OpenAI, whisper: Stack, bearer: dict[str, str]) -> None:
    with frozen(whisper):
        events = transcribe(client, stream=True)
        newest = httpx.get(f"{whisper.url}/api/transcripts/", headers=bearer, timeout=20).json()["results"][0]
        httpx.delete(f"{whisper.url}/api/transcripts/{newest['id']}", headers=bearer, timeout=20).raise_for_status()
        with pytest.raises(openai.APIError, match="deleted"):
            list(events)


def test_the_transcript_is_in_the_list_of_its_owner(client: openai.OpenAI, whisper: Stack, bearer) -> None:
    with SHORT.open("rb") as file:
        answer = client.audio.transcriptions.with_raw_response.create(file=("My talk.wav", file), model="whisper-1")
    ident = answer.headers["x-stentor-transcript"]
    found = httpx.get(f"{whisper.url}/api/transcripts/{ident}", headers=bearer, timeout=20).json()
    assert found["title"] == "My talk.wav"
    assert found["job"]["status"] == "completed"


def test_a_wrong_key(whisper: Stack) -> None:
    with (
        openai.OpenAI(base_url=f"{whisper.url}/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        transcribe(stranger)
    assert caught.value.code == "invalid_api_key"


def test_a_file_that_is_no_recording(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(file=("talk.mp3", b"%PDF-1.7 " * 500), model="whisper-1")
    assert caught.value.code == "unreadable_audio"
    assert caught.value.type == "invalid_request_error"


def test_a_model_that_is_not_here(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        transcribe(client, model="voxtral")
    assert caught.value.param == "model"


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")  # the client's own word about this address
def test_a_translation_where_the_engine_cannot(client: openai.OpenAI) -> None:
    with SHORT.open("rb") as file, pytest.raises(openai.BadRequestError) as caught:
        client.audio.translations.create(file=file, model="whisper-1")
    assert caught.value.code == "unsupported_option"


def test_the_models_are_those_that_are_installed(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "whisper-1"
    assert len(names) == 2
    assert client.models.retrieve(names[1]).object == "model"
    assert transcribe(client, model=names[1]).text == TEXT


def test_two_at_once_get_their_own_text(client: openai.OpenAI) -> None:
    other = RECORDINGS / "05_three_sentences_m1.flac"
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda path: transcribe(client, path).text, (SHORT, other))
    assert first == TEXT
    assert second != TEXT


def test_twenty_that_wait_are_in_nobodys_way(client: openai.OpenAI, whisper: Stack, bearer: dict[str, str]) -> None:
    def queued() -> int:
        jobs = httpx.get(f"{whisper.url}/api/jobs/?page_size=100", headers=bearer, timeout=20).json()["results"]
        return [job["status"] for job in jobs].count("queued")

    with ThreadPoolExecutor(20) as pool:
        with frozen(whisper):
            answers = [pool.submit(transcribe, client) for _ in range(20)]
            wait_for(lambda: queued() == 20, "all of them wait")
            for address in ("/health/ready", "/api/transcripts/", "/"):
                assert httpx.get(whisper.url + address, headers=bearer, timeout=12).status_code == 200
        assert [answer.result(90).text for answer in answers] == [TEXT] * 20


async def test_the_asynchronous_client(client: openai.OpenAI) -> None:
    async with openai.AsyncOpenAI(base_url=client.base_url, api_key=client.api_key, timeout=90) as made:
        told = await made.audio.transcriptions.create(file=SHORT, model="whisper-1", stream=True)
        events = [event async for event in told]
        assert (await made.audio.transcriptions.create(file=SHORT, model="whisper-1")).text == TEXT
    assert events[-1].text == TEXT


def readers(stack: Stack) -> int:
    """How many connections to Redis belong to somebody who waits."""
    with Redis(unix_socket_path=f"{stack.home}/redis/redis.sock") as redis:
        return sum(1 for connection in redis.client_list() if connection["cmd"] == "xread")


def test_whoever_leaves_a_stream_ends_its_waiting(client: openai.OpenAI, whisper: Stack) -> None:
    with frozen(whisper):
        idle = readers(whisper)
        events = transcribe(client, stream=True)
        wait_for(lambda: readers(whisper) == idle + 1, "somebody waits")
        events.close()
        wait_for(lambda: readers(whisper) == idle, "nobody waits any longer")


def test_whoever_goes_away_ends_the_waiting_and_not_the_job(
    client: openai.OpenAI, whisper: Stack, bearer: dict[str, str]
) -> None:
    def newest() -> dict[str, str]:
        found = httpx.get(f"{whisper.url}/api/transcripts/", headers=bearer, timeout=20).json()["results"][0]
        return {"title": found["title"], "status": found["job"]["status"]}

    with SHORT.open("rb") as file:
        with frozen(whisper):
            idle = readers(whisper)
            impatient = client.with_options(timeout=httpx.Timeout(60, read=2), max_retries=0)
            keeps_its_patience_to_itself = {"X-Stainless-Read-Timeout": "600"}
            with pytest.raises(openai.APITimeoutError):
                impatient.audio.transcriptions.create(
                    file=("left.wav", file), model="whisper-1", extra_headers=keeps_its_patience_to_itself
                )
            wait_for(lambda: readers(whisper) == idle, "nobody waits any longer")
        wait_for(lambda: newest() == {"title": "left.wav", "status": "completed"}, "the job has ended", 60)


def test_a_client_that_says_how_long_it_waits_is_answered_before(client: openai.OpenAI, whisper: Stack) -> None:
    with frozen(whisper), pytest.raises(openai.InternalServerError) as caught:
        transcribe(client.with_options(timeout=11))
    assert caught.value.status_code == 504
    assert caught.value.code == "timeout"
    assert caught.value.response.headers["x-stentor-transcript"] in caught.value.message


def test_the_server_stops_although_somebody_waits(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(env={"WHISPER_MODEL": str(MODEL)})
    key = (stack.home / "demo-api-key").read_text().strip()
    with (
        openai.OpenAI(base_url=f"{stack.url}/v1", api_key=key, max_retries=0) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        answer = pool.submit(transcribe, client, LONG)
        wait_for(lambda: list(stack.home.glob("uploads/*/source")), "the recording has arrived")
        assert stack.stop() == 0
        assert "killing 'web'" not in stack.log()
        assert isinstance(answer.exception(20), openai.OpenAIError)
