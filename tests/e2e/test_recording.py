"""Live recordings through the real server, Redis and worker: every word once, whatever happens to the line."""

import asyncio
import json
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soxr

from tests.e2e.browser import MODEL
from tests.e2e.recorder import RATE, Recorder
from tests.e2e.stack import Stack, wait_for
from tests.fixtures import media

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
SHORT, LONGER = "05_three_sentences_m1.flac", "09_rp_25s.flac"


def words(text: str) -> list[str]:
    return text.lower().replace(".", " ").replace("?", " ").split()


def sound(name: str) -> np.ndarray:
    return media.samples_of(media.RECORDINGS / name)


@pytest.fixture(scope="module")
def live() -> Iterator[Stack]:
    """A Stentor of this module's own: its workers are killed, and a recording that is left alone ends soon."""
    env = {"WHISPER_MODEL": str(MODEL), "WHISPER_THREADS": "1", "LIVE_SESSIONS": "3", "LIVE_GRACE_S": "20"}
    with Stack("live", "speech", env=env) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(live: Stack) -> dict[str, str]:
    return {name: live.token(live.create_user(name)) for name in ("owner", "teammate", "stranger")}


def read(live: Stack, token: str, path: str) -> httpx.Response:
    return httpx.get(f"{live.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def transcript_of(live: Stack, token: str, ident: str) -> dict:
    answer = read(live, token, f"/api/transcripts/{ident}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_is_said_comes_back_word_by_word_and_stays(live: Stack, tokens: dict[str, str]) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT), pace=4, title="A talk") as recorder:
        await recorder.speak()
        summary = await recorder.stop()
    assert words(recorder.text) == words(media.text_of(SHORT))
    assert recorder.doubled == []
    assert recorder.frames_of("partial")
    assert [frame["state"] for frame in recorder.frames_of("speech")][:1] == ["started"]
    assert summary["words"] == len(words(recorder.text))
    kept = transcript_of(live, tokens["owner"], recorder.session)
    assert [segment["text"] for segment in kept["segments"]] == [
        recorder.finals[number]["text"] for number in sorted(recorder.finals)
    ]
    assert (kept["title"], kept["origin"]) == ("A talk", "live")
    assert kept["duration_s"] == pytest.approx(len(sound(SHORT)) / RATE, abs=0.01)


@pytest.mark.parametrize(("encoding", "rate"), [("webm", 48_000), ("ogg", 48_000), ("pcm16", 44_100)])
async def test_other_sound_than_16_khz_is_heard_just_as_well(
    live: Stack, tokens: dict[str, str], tmp_path: Path, encoding: str, rate: int
) -> None:
    samples = soxr.resample(sound(SHORT), RATE, rate)
    options = {"encoding": encoding, "sample_rate": rate}
    async with Recorder(live.ws_url, tokens["owner"], samples, frame_s=0.2, **options) as recorder:
        if encoding != "pcm16":
            path = media.encode(tmp_path / "sound", samples, codec="libopus", container=encoding, rate=rate)
            recorder.frames = [path.read_bytes()[at : at + 2000] for at in range(0, path.stat().st_size, 2000)]
        await recorder.speak()
        summary = await recorder.stop()
    assert words(recorder.text) == words(media.text_of(SHORT))
    assert summary["duration_s"] == pytest.approx(len(sound(SHORT)) / RATE, abs=0.1)


async def test_the_recording_can_be_played_afterwards(live: Stack, tokens: dict[str, str], tmp_path) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        await recorder.speak()
        await recorder.stop()
    answer = read(live, tokens["owner"], f"/api/transcripts/{recorder.session}/audio")
    assert answer.headers["content-type"] == "audio/flac"
    path = tmp_path / "recording.flac"
    path.write_bytes(answer.content)
    assert np.array_equal(media.samples_of(path), sound(SHORT))


async def test_a_line_that_is_cut_ten_times_loses_and_doubles_no_word(live: Stack, tokens: dict[str, str]) -> None:
    samples = sound(LONGER)
    whole = Recorder(live.ws_url, tokens["owner"], samples, pace=4)
    torn = Recorder(live.ws_url, tokens["owner"], samples, pace=4)
    chance = random.Random(7)
    cuts = sorted(chance.uniform(0.5, len(samples) / RATE - 0.5) for _ in range(10))

    async def speak_with_cuts() -> None:
        async with torn:
            for moment in cuts:
                await torn.speak(moment)
                await torn.cut()
                await asyncio.sleep(chance.uniform(0, 0.5))
                await torn.connect()
            await torn.speak()
            await torn.stop()

    async def speak_whole() -> None:
        async with whole:
            await whole.speak()
            await whole.stop()

    await asyncio.gather(speak_whole(), speak_with_cuts())
    assert torn.text == whole.text
    assert torn.doubled == []
    assert sorted(torn.finals) == list(range(1, len(torn.finals) + 1))


async def test_another_worker_goes_on_when_one_is_killed_in_the_middle_of_a_sentence(
    live: Stack, tokens: dict[str, str]
) -> None:
    samples = sound(LONGER)
    async with Recorder(live.ws_url, tokens["owner"], samples, pace=3) as recorder:
        await recorder.speak(8.3)
        await recorder.until(lambda: bool(recorder.finals and recorder.frames_of("partial")), "the first words")
        before = dict(recorder.finals)
        live.kill("live")
        await recorder.speak()
        await recorder.stop(within_s=90)
    assert {number: recorder.finals[number] for number in before} == before
    assert recorder.doubled == []
    async with Recorder(live.ws_url, tokens["owner"], samples, pace=3) as undisturbed:
        await undisturbed.speak()
        await undisturbed.stop()
    assert words(recorder.text) == words(undisturbed.text)


@pytest.mark.parametrize("victim", ["web", "redis"])
async def test_a_server_that_is_killed_comes_back_and_nothing_is_lost(
    live: Stack, tokens: dict[str, str], victim: str
) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(LONGER), pace=3) as recorder:
        await recorder.speak(9.0)
        live.kill(victim)
        await recorder.speak()
        await recorder.stop(within_s=90)
    async with Recorder(live.ws_url, tokens["owner"], sound(LONGER), pace=3) as undisturbed:
        await undisturbed.speak()
        await undisturbed.stop()
    assert words(recorder.text) == words(undisturbed.text)
    assert sorted(recorder.finals) == list(range(1, len(recorder.finals) + 1))


async def test_a_page_that_is_reloaded_goes_on_with_the_same_recording(live: Stack, tokens: dict[str, str]) -> None:
    samples = sound(SHORT)
    async with Recorder(live.ws_url, tokens["owner"], samples, pace=4) as before:
        await before.speak(4.0)
    async with Recorder(live.ws_url, tokens["owner"], samples, pace=4, session=before.session) as after:
        assert 0 < after.ready["next_seq"] <= 40
        await after.speak()
        await after.stop()
    assert words(after.text) == words(media.text_of(SHORT))


async def test_two_people_speak_at_once_and_are_not_mixed_up(live: Stack, tokens: dict[str, str]) -> None:
    names = {"owner": SHORT, "teammate": "03_digits_m3.flac"}
    speakers = {name: Recorder(live.ws_url, tokens[name], sound(file), pace=2) for name, file in names.items()}

    async def speak(recorder: Recorder) -> None:
        async with recorder:
            await recorder.speak()
            await recorder.stop()

    await asyncio.gather(*(speak(recorder) for recorder in speakers.values()))
    for name, file in names.items():
        assert words(speakers[name].text) == words(media.text_of(file))


async def test_silence_and_music_give_no_text(live: Stack, tokens: dict[str, str]) -> None:
    quiet = np.concatenate([np.zeros(4 * RATE, np.int16), media.tone(4.0)])
    async with Recorder(live.ws_url, tokens["owner"], quiet) as recorder:
        await recorder.speak()
        summary = await recorder.stop()
    assert (summary["segments"], summary["words"]) == (0, 0)
    assert recorder.finals == {}
    assert transcript_of(live, tokens["owner"], recorder.session)["note"]


async def test_somebody_who_goes_away_for_good_ends_the_recording_with_everything_that_was_said(
    live: Stack, tokens: dict[str, str]
) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        await recorder.speak()
        await recorder.until(lambda: recorder.acked == len(recorder.frames) - 1, "all is stored")
    session = recorder.session

    def has_ended() -> bool:
        return transcript_of(live, tokens["owner"], session)["job"]["status"] == "completed"

    await asyncio.to_thread(wait_for, has_ended, "the recording has ended", 60)
    kept = transcript_of(live, tokens["owner"], session)
    assert words(" ".join(segment["text"] for segment in kept["segments"])) == words(media.text_of(SHORT))
    late = Recorder(live.ws_url, tokens["owner"], sound(SHORT), session=session)
    await late.connect()
    assert late.closed is not None
    assert late.closed["transcript"] == session
    await late.cut()


async def test_a_full_server_answers_at_once_with_an_estimate(live: Stack, tokens: dict[str, str]) -> None:
    places = [Recorder(live.ws_url, tokens["owner"], sound(SHORT), pace=1) for _ in range(3)]
    for recorder in places:
        await recorder.connect()
    refused = Recorder(live.ws_url, tokens["teammate"], sound(SHORT))
    await refused.connect()
    assert refused.errors[0]["code"] == "server_full"
    assert refused.errors[0]["retry_after_s"] > 0
    await refused.until(lambda: refused.heard[-1]["type"] == "disconnect", "it is sent away")
    assert refused.heard[-1]["code"] == 4104
    await asyncio.gather(*(recorder.stop() for recorder in places))
    await asyncio.gather(*(recorder.cut() for recorder in [*places, refused]))
    async with Recorder(live.ws_url, tokens["teammate"], sound(SHORT)) as recorder:
        assert recorder.ready
        await recorder.stop()


async def test_nobody_speaks_into_somebody_elses_recording(live: Stack, tokens: dict[str, str]) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        for name in ("teammate", "stranger"):
            other = Recorder(live.ws_url, tokens[name], sound(SHORT), session=recorder.session)
            await other.connect()
            assert other.errors[0]["code"] == "not_found"
            await other.cut()
        await recorder.stop()


async def test_a_second_pass_is_kept_beside_what_was_heard_live(live: Stack, tokens: dict[str, str]) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        await recorder.speak()
        await recorder.stop(second_pass=True, diarize=True, speakers=1)

    def revised() -> bool:
        return transcript_of(live, tokens["owner"], recorder.session)["revision"] == 2

    await asyncio.to_thread(wait_for, revised, "the second pass is shown", 60)
    kept = transcript_of(live, tokens["owner"], recorder.session)
    assert [one["kind"] for one in kept["revisions"]] == ["live", "batch"]
    assert words(" ".join(segment["text"] for segment in kept["segments"])) == words(media.text_of(SHORT))
    assert {segment["speaker"] for segment in kept["segments"]} == {"S1"}
    first = read(live, tokens["owner"], f"/api/transcripts/{recorder.session}?revision=1").json()
    assert [segment["text"] for segment in first["segments"]] == [
        recorder.finals[number]["text"] for number in sorted(recorder.finals)
    ]


async def test_frames_that_come_by_the_thousand_are_slowed_down_and_none_is_refused(
    live: Stack, tokens: dict[str, str]
) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(LONGER), frame_s=0.01) as recorder:
        await recorder.speak()
        await recorder.stop()
    assert len(recorder.frames) > 2000
    assert recorder.errors == []
    assert words(recorder.text) == words(media.text_of(LONGER))


async def test_the_speakers_of_what_was_heard_live_are_found_afterwards(live: Stack, tokens: dict[str, str]) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        await recorder.speak()
        await recorder.stop(diarize=True)

    def found() -> bool:
        return bool(transcript_of(live, tokens["owner"], recorder.session)["turns"])

    await asyncio.to_thread(wait_for, found, "the speakers are found", 60)
    kept = transcript_of(live, tokens["owner"], recorder.session)
    assert [one["kind"] for one in kept["revisions"]] == ["live", "speakers"]
    assert words(" ".join(segment["text"] for segment in kept["segments"])) == words(media.text_of(SHORT))
    assert {segment["speaker"] for segment in kept["segments"]} == {"S1"}


async def test_bad_frames_are_answered_and_the_recording_goes_on(live: Stack, tokens: dict[str, str]) -> None:
    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT)) as recorder:
        await recorder.send({"type": "start"})
        await recorder.send({"type": "sing"})
        await recorder.send({"type": "stop", "loudly": True})
        await recorder.send_frame(0, b"")
        await recorder.send_frame(7, b"\0\0")
        codes = ["conflict", "unknown_type", "invalid", "invalid", "out_of_order"]
        await recorder.until(lambda: [error["code"] for error in recorder.errors] == codes, "all are answered")
        assert recorder.errors[-1]["next_seq"] == 0
        await recorder.speak()
        await recorder.stop()
    assert words(recorder.text) == words(media.text_of(SHORT))


async def test_what_is_said_is_also_told_to_those_who_watch(live: Stack, tokens: dict[str, str]) -> None:
    from websockets.asyncio.client import connect

    async with Recorder(live.ws_url, tokens["owner"], sound(SHORT), pace=4) as recorder:
        headers = {"Authorization": f"Bearer {tokens['owner']}"}
        path = f"{live.url}/api/transcripts/{recorder.session}/share"
        async with httpx.AsyncClient(headers=headers, timeout=30) as client:
            (await client.post(path, json={"user": "teammate"})).raise_for_status()
        async with connect(live.ws_url, max_size=None) as watcher:
            await watcher.send(json.dumps({"type": "auth", "token": tokens["teammate"]}))
            await watcher.send(json.dumps({"type": "subscribe", "topic": f"transcript:{recorder.session}"}))
            seen: dict[str, list[dict]] = {}

            async def watch() -> None:
                async for text in watcher:
                    frame = json.loads(text)
                    if frame["type"] == "event":
                        seen.setdefault(frame["event"], []).append(frame["data"])

            watching = asyncio.create_task(watch())
            await recorder.speak()
            await recorder.stop()
            await asyncio.sleep(1)
            watching.cancel()
    assert words(" ".join(segment["text"] for segment in seen["final"])) == words(media.text_of(SHORT))
    assert any(word["settled"] for partial in seen["partial"] for word in partial["words"])


async def test_without_a_model_the_embedded_engine_hears_clear_english(stack: Stack, tmp_path: Path) -> None:
    said = "the weather is nice today and we are going to the park"
    token = await asyncio.to_thread(lambda: stack.token(stack.create_user("speaker")))
    spoken = media.samples_of(media.flite(tmp_path / "said.wav", said))
    async with Recorder(stack.ws_url, token, spoken, pace=2) as recorder:
        assert recorder.ready["engine"]["name"] == "pocketsphinx"
        await recorder.speak()
        await recorder.stop(within_s=90)
    assert recorder.frames_of("partial")
    assert len(set(words(recorder.text)) & set(words(said))) >= 9
