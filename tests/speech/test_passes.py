"""Further texts of a recording: heard again, with speakers, and which of them is shown."""

import pytest

from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.running import running
from backend.live import commands, topics
from backend.speech.models import Recording, Transcript
from backend.speech.services import diarizing, passes, sharing, transcripts
from tests.fixtures import dialogues, media
from tests.needs import needs
from tests.speech.conftest import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def transcript(finished, owner, teammate):
    made = finished(owner)
    sharing.share(owner, made.pk, "teammate")
    return made


def run(command: str, user, transcript, **data):
    return commands.execute(commands.find(command), user, {"transcript_id": transcript.pk, **data}, scopes=None)


def refused(command: str, user, transcript, **data) -> str:
    with pytest.raises(AppError) as error:
        run(command, user, transcript, **data)
    return error.value.code


def find_speakers(job_id) -> Job:
    """What the task does with a job."""
    with running(job_id) as claimed:
        diarizing.run(claimed)
    return Job.objects.get(pk=job_id)


def whole(transcript) -> dict:
    return topics.snapshot(transcript.topic).data


def test_a_recording_is_heard_again_beside_the_text_that_is_there(owner, transcript):
    run("transcript.edit_segment", owner, transcript, number=1, text="Something else.")
    job = run("transcript.revise", owner, transcript)["job"]
    assert whole(transcript)["segments"][0]["text"] == "Something else."

    work(job["id"])

    after = whole(transcript)
    assert after["revision"] == 2
    assert [(one["number"], one["kind"]) for one in after["revisions"]] == [(1, "batch"), (2, "batch")]
    assert all(one["finished_at"] for one in after["revisions"])
    assert after["segments"][0]["text"] != "Something else."
    assert run("transcript.get", owner, transcript, revision=1)["segments"][0]["text"] == "Something else."


def test_who_follows_a_transcript_gets_the_new_text_whole(owner, transcript, read_log):
    work(run("transcript.revise", owner, transcript)["job"]["id"])

    revised = [event for event in read_log(transcript.topic) if event["event"] == "revised"]
    assert len(revised) == 1
    assert revised[0]["data"]["revision"] == 2


def test_the_first_text_is_shown_again_when_the_owner_says_so(owner, transcript):
    run("transcript.edit_segment", owner, transcript, number=1, text="Something else.")
    work(run("transcript.revise", owner, transcript)["job"]["id"])

    run("transcript.show_revision", owner, transcript, number=1)

    assert whole(transcript)["segments"][0]["text"] == "Something else."
    assert transcripts.search(owner, words="something else", page=1)["count"] == 1


def test_a_text_that_is_not_finished_is_not_shown(owner, transcript):
    run("transcript.revise", owner, transcript)

    assert refused("transcript.show_revision", owner, transcript, number=2) == "not_found"
    assert refused("transcript.show_revision", owner, transcript, number=3) == "not_found"
    assert refused("transcript.get", owner, transcript, revision=3) == "not_found"


def test_one_thing_is_done_with_a_recording_at_a_time(owner, transcript):
    run("transcript.revise", owner, transcript)

    assert refused("transcript.revise", owner, transcript) == "conflict"
    assert refused("transcript.diarize", owner, transcript) == "conflict"


def test_without_its_recording_nothing_more_can_be_done(owner, transcript):
    Transcript.objects.update(has_audio=False)

    assert refused("transcript.revise", owner, transcript) == "conflict"
    assert refused("transcript.diarize", owner, transcript) == "conflict"


def test_what_the_engine_cannot_do_is_refused_at_once(owner, transcript):
    assert refused("transcript.revise", owner, transcript, model="huge") == "unsupported_option"
    assert refused("transcript.revise", owner, transcript, speakers=2, min_speakers=1) == "invalid"
    assert refused("transcript.diarize", owner, transcript, min_speakers=3, max_speakers=2) == "invalid"
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("command", "data"),
    [("transcript.revise", {}), ("transcript.diarize", {}), ("transcript.show_revision", {"number": 1})],
)
def test_only_the_owner_begins_further_work(teammate, stranger, transcript, command, data):
    assert refused(command, teammate, transcript, **data) == "forbidden"
    assert refused(command, stranger, transcript, **data) == "not_found"


def test_whoever_might_read_before_may_watch_the_new_work(owner, teammate, transcript):
    job = run("transcript.revise", owner, transcript)["job"]

    assert jobs.get_readable(teammate, job["id"])
    assert transcripts.get(teammate, transcript.pk)


def test_unsharing_takes_away_past_work_too(owner, teammate, transcript):
    run("transcript.revise", owner, transcript)

    sharing.unshare(owner, transcript.pk, "teammate")

    assert not jobs.readable_by(teammate).exists()


def test_deleting_takes_away_all_work(owner, transcript):
    work(run("transcript.revise", owner, transcript)["job"]["id"])

    transcripts.delete(owner, transcript.pk)

    assert not Job.objects.exists()
    assert not Transcript.objects.exists()


def test_a_cancelled_second_pass_leaves_the_first_text(owner, transcript):
    before = whole(transcript)["segments"]
    job = run("transcript.revise", owner, transcript)["job"]
    jobs.cancel(owner, job["id"])

    assert whole(transcript)["segments"] == before
    assert run("transcript.revise", owner, transcript)["job"]["status"] == "queued"


def test_the_speakers_of_a_text_are_found_as_a_new_revision(owner, transcript):
    run("transcript.edit_segment", owner, transcript, number=1, text="Something else.")

    job = find_speakers(run("transcript.diarize", owner, transcript, speakers=1)["job"]["id"])

    after = whole(transcript)
    assert job.status == Status.COMPLETED
    assert after["revisions"][1]["kind"] == "speakers"
    assert after["segments"][0]["text"] == "Something else."
    assert {row["speaker"] for row in after["segments"]} == {"S1"}
    assert after["speakers"] == [{"label": "S1", "name": "", "merged_into": ""}]
    assert after["turns"]
    assert (after["diarizer"]["name"], bool(after["diarizer"]["reason"])) == ("embedded", True)
    assert run("transcript.get", owner, transcript, revision=1)["speakers"] == []


def test_text_and_speakers_in_one_go_are_two_stages_of_one_bar(finished, owner, read_log):
    transcript = finished(owner, diarize="true", speakers="1")

    told = [event["data"] for event in read_log(f"job:{transcript.job_id}")]
    assert [data["stage"] for data in told][-1] == "finding speakers"
    assert [data["percent"] for data in told] == sorted(data["percent"] for data in told)
    data = whole(transcript)
    assert " ".join(row["text"] for row in data["segments"]) == media.text_of("05_three_sentences_m1.flac")
    assert {word["speaker"] for row in data["segments"] for word in row["words"]} == {"S1"}


@needs("flite")
def test_two_people_are_told_apart_word_by_word(upload, owner, tmp_path, configure):
    configure(transcriber="pocketsphinx")
    said = {
        "slt": "the weather is nice today and we go to the park",
        "rms": "please close the door and open the window",
    }
    clips = {
        voice: (dialogues.without_edges(media.samples_of(media.flite(tmp_path / f"{voice}.wav", text, voice))),)
        for voice, text in said.items()
    }
    talk = dialogues.conversation(clips, gap=(0.6, 0.6))
    media.encode(tmp_path / "talk.flac", talk.samples, codec="flac", container="flac")

    job = work(upload(owner, tmp_path / "talk.flac", diarize="true")["job"]["id"])

    change = max(turn.end for turn in talk.turns if turn.speaker == talk.turns[0].speaker) + 0.3
    words = [word for row in job.revision.segments.all() for word in row.words]
    assert len(words) > 12
    assert [word["speaker"] for word in words] == ["S1" if word["s"] < change else "S2" for word in words]


def test_a_recording_without_speech_has_no_speakers(finished, owner, tmp_path):
    media.encode(tmp_path / "hush.flac", media.tone(3) * 0, codec="flac", container="flac")

    transcript = finished(owner, tmp_path / "hush.flac", diarize="true")

    data = whole(transcript)
    assert (data["segments"], data["speakers"], data["note"]) == ([], [], "No speech was found.")


def test_what_was_asked_for_when_a_recording_stopped_is_begun(transcript):
    Recording.objects.create(transcript=transcript, encoding="pcm16", sample_rate=16_000)
    counts = {"speakers": 1, "min_speakers": 0, "max_speakers": 0}

    job = passes.after_recording(transcript, {"second_pass": True, "model": "", "diarize": True, **counts})

    work(job.pk)
    assert whole(transcript)["revisions"][1]["kind"] == "batch"
    assert {row["speaker"] for row in whole(transcript)["segments"]} == {"S1"}
