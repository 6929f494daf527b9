"""The work on a recording, from upload to text, with the tiny Whisper for real."""

import shutil

import numpy as np
import pytest
from django.utils import timezone

from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.recovery import recover
from backend.jobs.running import ClaimLost, running
from backend.live import topics
from backend.speech.models import Chunk, Segment, Transcript
from backend.speech.services import transcribing
from tests.fixtures import media
from tests.speech.conftest import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

LONG = media.RECORDINGS / "09_rp_25s.flac"


def said(transcript) -> str:
    return " ".join(segment.text for segment in transcript.shown.segments.all())


@pytest.mark.parametrize("name", ["01_short_us.wav", "07_silence_middle.flac", "09_rp_25s.flac", "11_long_65s.flac"])
def test_a_recording_becomes_its_exact_text(finished, owner, name):
    transcript = finished(owner, media.RECORDINGS / name)

    assert transcript.job.status == Status.COMPLETED
    assert said(transcript) == media.text_of(name)


def test_word_times_are_those_of_the_whole_recording(finished, owner):
    transcript = finished(owner, LONG)
    words = [word for segment in transcript.shown.segments.all() for word in segment.words]
    wanted = media.transcripts()[LONG.name]["words"]

    assert [word["w"] for word in words] == [word["word"] for word in wanted]
    assert np.median([abs(word["e"] - true["end"]) for word, true in zip(words, wanted, strict=True)]) < 0.1


def test_segments_count_up_and_carry_a_confidence(finished, owner):
    segments = list(finished(owner, LONG).shown.segments.all())

    assert [segment.number for segment in segments] == list(range(1, len(segments) + 1))
    assert all(0 < segment.confidence <= 1 for segment in segments)


def test_each_segment_is_an_event_and_the_snapshot_holds_the_same(finished, owner, read_log):
    transcript = finished(owner, LONG)
    snapshot = topics.snapshot(transcript.topic).data

    told = [event["data"] for event in read_log(transcript.topic) if event["event"] == "segment"]
    assert told == snapshot["segments"]
    assert len(told) > 3


def test_the_engine_and_its_reason_are_told_before_the_first_segment(finished, owner, read_log):
    transcript = finished(owner)
    events = read_log(transcript.topic)
    names = [event["event"] for event in events]

    engine = next(event["data"]["engine"] for event in events if event["data"].get("engine"))
    assert names[0] == "details"
    assert names.index("segment") > 0
    assert engine["name"] == "faster-whisper"
    assert engine["model"] == "tiny-whisper"
    assert "is installed" in engine["reason"]


def test_progress_only_rises_and_ends_at_a_hundred(finished, owner, read_log):
    transcript = finished(owner, LONG)
    percents = [event["data"]["percent"] for event in read_log(f"job:{transcript.job_id}")]

    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_the_decoded_sound_is_gone_when_the_work_is_done(finished, owner):
    transcript = finished(owner)

    assert [file.name for file in transcript.directory.iterdir()] == ["source"]


def test_silence_completes_with_a_note(finished, owner, tmp_path):
    transcript = finished(owner, media.wav(tmp_path / "silence.wav", np.zeros(16000 * 5, np.int16)))

    assert transcript.job.status == Status.COMPLETED
    assert transcript.note == "No speech was found."


def test_a_successor_goes_on_at_the_first_missing_chunk(upload, owner, tiny_whisper, monkeypatch):
    job_id = upload(owner, LONG)["job"]["id"]
    heard = dies_after(monkeypatch, chunks=2)
    with pytest.raises(SystemExit):
        work(job_id)
    first = list(Segment.objects.values_list("number", "text"))
    cut = list(Chunk.objects.values_list("number", "start", "end"))
    lease_runs_out(job_id)

    monkeypatch.undo()
    job = work(job_id)

    transcript = Transcript.objects.get(job=job)
    assert job.status == Status.COMPLETED
    assert job.attempt == 2
    assert said(transcript) == media.text_of(LONG.name)
    assert list(transcript.shown.segments.values_list("number", "text"))[: len(first)] == first
    assert list(Chunk.objects.values_list("number", "start", "end")) == cut
    assert len(heard) == 2


def test_a_successor_without_the_decoded_sound_decodes_it_again(upload, owner, tiny_whisper, monkeypatch):
    data = upload(owner, LONG)
    dies_after(monkeypatch, chunks=1)
    with pytest.raises(SystemExit):
        work(data["job"]["id"])
    transcript = Transcript.objects.get()
    assert not transcript.samples.exists()
    lease_runs_out(data["job"]["id"])

    monkeypatch.undo()
    work(data["job"]["id"])

    assert said(transcript) == media.text_of(LONG.name)


def test_cancelling_stops_between_two_chunks(upload, owner, tiny_whisper, monkeypatch):
    job_id = upload(owner, LONG)["job"]["id"]
    store = transcribing._store

    def cancel_after_the_first(run, *rest):
        store(run, *rest)
        jobs.cancel(owner, run.job.id)

    monkeypatch.setattr(transcribing, "_store", cancel_after_the_first)
    job = work(job_id)

    transcript = Transcript.objects.get()
    assert job.status == Status.CANCELLED
    assert Chunk.objects.filter(heard=True).count() == 1
    assert 0 < len(said(transcript)) < len(media.text_of(LONG.name))
    assert not transcript.samples.exists()


def test_a_cancelled_job_run_again_goes_on_where_it_was(upload, owner, tiny_whisper, monkeypatch):
    job_id = upload(owner, LONG)["job"]["id"]
    store = transcribing._store

    def cancel_after_the_first(run, *rest):
        store(run, *rest)
        jobs.cancel(owner, run.job.id)

    monkeypatch.setattr(transcribing, "_store", cancel_after_the_first)
    work(job_id)
    monkeypatch.undo()

    jobs.run_again(owner, job_id)
    work(job_id)

    assert said(Transcript.objects.get()) == media.text_of(LONG.name)


def test_a_worker_that_was_given_up_cannot_write(upload, owner, tiny_whisper, read_log):
    job_id = upload(owner)["job"]["id"]
    with running(job_id) as zombie:
        lease_runs_out(job_id)
        work(job_id)
        transcript = Transcript.objects.get()
        before = [list(transcript.shown.segments.values()), read_log(transcript.topic)]
        Chunk.objects.update(heard=False)

        with pytest.raises(ClaimLost):
            transcribing.run(zombie)

        assert [list(transcript.shown.segments.values()), read_log(transcript.topic)] == before
        raise ClaimLost


def test_two_chunks_in_one_call_give_the_same_text_and_are_stored_one_by_one(
    upload, owner, tiny_whisper, configure, read_log
):
    configure(whisper_batch_size=2)
    name = "08_two_voices.flac"

    job = work(upload(owner, media.RECORDINGS / name)["job"]["id"])

    assert job.status == Status.COMPLETED
    assert said(Transcript.objects.get()) == media.text_of(name)
    assert Chunk.objects.filter(heard=True).count() == 2


def test_a_recording_that_lies_about_its_length_fails_with_a_code(upload, owner, tiny_whisper, configure, tmp_path):
    path = media.encode(tmp_path / "lie.flac", media.tone(9), codec="flac", container="flac")
    configure(max_audio_hours=5 / 3600)
    says_one_second(path)

    job = work(upload(owner, path)["job"]["id"])

    assert job.status == Status.FAILED
    assert job.error["code"] == "audio_too_long"


def test_a_recording_that_is_gone_fails_the_job(upload, owner, tiny_whisper):
    job_id = upload(owner)["job"]["id"]
    shutil.rmtree(Transcript.objects.get().directory)

    job = work(job_id)

    assert job.status == Status.FAILED
    assert job.error["code"] == "unreadable_audio"


def test_logs_hold_neither_text_nor_hotwords(upload, owner, tiny_whisper, caplog, capfd):
    caplog.set_level("DEBUG")
    work(upload(owner, hotwords="monday garden")["job"]["id"])

    logged = caplog.text + "".join(capfd.readouterr())
    assert "monday garden" not in logged
    assert not any(sentence in logged for sentence in said(Transcript.objects.get()).split(". "))


def dies_after(monkeypatch, *, chunks: int) -> list[int]:
    """The worker's process ends, without any farewell, when it has stored so many chunks."""
    stored: list[int] = []
    store = transcribing._store

    def store_and_count(run, transcript, row, heard):
        if len(stored) == chunks:
            raise SystemExit
        store(run, transcript, row, heard)
        stored.append(row.number)

    monkeypatch.setattr(transcribing, "_store", store_and_count)
    return stored


def lease_runs_out(job_id) -> None:
    Job.objects.filter(pk=job_id).update(lease_until=timezone.now())
    recover()


def says_one_second(path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(b"fLaC") + 4 + 4 + 13
    data[at] &= 0xF0
    data[at + 1 : at + 5] = (16000).to_bytes(4, "big")
    path.write_bytes(data)
