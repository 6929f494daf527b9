"""Transcripts: who finds, reads, renames, shares and deletes them."""

from contextlib import closing
from uuid import uuid4

import pytest

from backend.core.errors import AppError
from backend.jobs.models import Job, Status
from backend.live import commands, topics
from backend.speech.models import Segment, Transcript
from backend.speech.services import sharing, transcripts
from tests.fixtures import media
from tests.needs import needs
from tests.speech.conftest import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def transcript(finished, owner, teammate):
    made = finished(owner, title="Garden talk")
    sharing.share(owner, made.pk, "teammate")
    return made


def run(name: str, user, **data):
    return commands.execute(commands.find(name), user, data, scopes=None)


def address(transcript, *rest: str) -> str:
    return "/".join(["/api/transcripts", str(transcript.pk), *rest])


def test_the_owner_reads_the_whole_transcript(as_user, owner, transcript):
    data = as_user(owner).get(address(transcript)).json()

    assert data["owner"] == "owner"
    assert data["shared_with"] == ["teammate"]
    assert data["segments"]
    assert {"id", "start", "end", "text", "confidence", "words", "speaker", "version"} == set(data["segments"][0])
    assert set(data["segments"][0]["words"][0]) == {"w", "s", "e", "p"}


def test_a_teammate_reads_but_does_not_change(as_user, teammate, transcript):
    client = as_user(teammate)

    assert client.get(address(transcript)).status_code == 200
    assert client.get(address(transcript, "export", "txt")).status_code == 200
    with closing(client.get(address(transcript, "audio"))) as answer:
        assert answer.status_code == 200
    assert client.patch(address(transcript), {"title": "Mine"}, format="json").status_code == 403
    assert client.delete(address(transcript)).status_code == 403
    assert client.post(address(transcript, "share"), {"user": "teammate"}, format="json").status_code == 403


def test_for_a_stranger_it_does_not_exist(as_user, stranger, transcript):
    client = as_user(stranger)
    answers = [
        client.get(address(transcript)),
        client.get(address(transcript, "audio")),
        client.get(address(transcript, "export", "srt")),
        client.patch(address(transcript), {"title": "Mine"}, format="json"),
        client.delete(address(transcript)),
        client.post(address(transcript, "share"), {"user": "stranger"}, format="json"),
        client.get(f"/api/batchtranscription/result?job_uuid={transcript.job_id}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert client.get("/api/transcripts/").json()["count"] == 0


def test_the_topic_is_for_those_who_may_read(owner, teammate, stranger, transcript):
    topics.authorize(owner, transcript.topic)
    topics.authorize(teammate, transcript.topic)
    with pytest.raises(AppError):
        topics.authorize(stranger, transcript.topic)
    with pytest.raises(AppError):
        topics.authorize(owner, "transcript:nonsense")


def test_what_was_shared_can_be_taken_back(as_user, owner, teammate, transcript):
    answer = as_user(owner).delete(address(transcript, "share"), {"user": "TEAMMATE@example.org"}, format="json")

    assert answer.json()["shared_with"] == []
    assert as_user(teammate).get(address(transcript)).status_code == 404


def test_sharing_with_nobody_known_is_refused(as_user, owner, transcript):
    answer = as_user(owner).post(address(transcript, "share"), {"user": "nobody"}, format="json")

    assert answer.status_code == 400
    assert "user" in answer.json()["fields"]


def test_a_rename_is_told_to_readers(as_user, owner, transcript, read_log):
    answer = as_user(owner).patch(address(transcript), {"title": " New\r\nname "}, format="json")

    assert answer.json()["title"] == "New name"
    last = read_log(transcript.topic)[-1]
    assert (last["event"], last["data"]["title"]) == ("details", "New name")


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, None, 7])
def test_a_title_must_be_one(as_user, owner, transcript, title):
    assert as_user(owner).patch(address(transcript), {"title": title}, format="json").status_code == 400


def test_deleting_removes_rows_files_and_job_and_tells_readers(as_user, owner, transcript, read_log):
    assert as_user(owner).delete(address(transcript)).status_code == 204

    assert not Transcript.objects.exists()
    assert not Segment.objects.exists()
    assert not Job.objects.exists()
    assert not transcript.directory.exists()
    assert read_log(transcript.topic)[-1]["event"] == "deleted"


def test_deleting_ends_a_job_that_waits(as_user, owner, upload, tiny_whisper):
    data = upload(owner)

    assert as_user(owner).delete(f"/api/transcripts/{data['transcript']['id']}").status_code == 204
    assert not Job.objects.exists()


def test_deleting_the_owner_removes_the_files_too(owner, transcript):
    owner.delete()

    assert not transcript.directory.exists()


def test_a_search_looks_at_titles_and_texts_in_any_case(as_user, owner, transcript):
    words = transcript.shown.segments.first().text.split()
    client = as_user(owner)

    def found(text: str) -> int:
        return client.get("/api/transcripts", {"search": text}).json()["count"]

    assert found("GARDEN") == 1
    assert found(" ".join(words[:2]).upper()) == 1
    assert found("no such words") == 0
    assert found("%") == 0


def test_a_title_that_grows_when_it_is_folded_is_kept(owner, transcript):
    kept = transcripts.rename(owner, transcript.pk, "\u0390" * 200)

    assert (len(kept.title), len(kept.folded_title)) == (200, 400)


def test_a_search_finds_letters_beyond_ascii_in_any_case(owner, transcript):
    transcripts.rename(owner, transcript.pk, "ÉTÉ à Nîmes")

    assert transcripts.search(owner, words="été À", page=1)["count"] == 1


def test_a_phrase_is_found_across_two_segments(owner, transcript):
    first, second = list(transcript.shown.segments.all())[:2]
    phrase = f"{first.text.split()[-1]} {second.text.split()[0]}"

    assert transcripts.search(owner, words=phrase, page=1)["count"] == 1


def test_the_list_comes_in_pages_newest_first(as_user, owner, upload, tiny_whisper):
    titles = [upload(owner, title=f"talk {number}")["transcript"]["title"] for number in range(3)]
    client = as_user(owner)

    first = client.get("/api/transcripts/?page_size=2").json()
    second = client.get(first["next"]).json()

    assert first["count"] == 3
    assert [row["title"] for row in first["results"] + second["results"]] == titles[::-1]
    assert first["previous"] is None
    assert second["next"] is None
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=1000", "colour=red", "search=%00"])
def test_a_wrong_page_is_refused(as_user, owner, query):
    assert as_user(owner).get(f"/api/transcripts/?{query}").status_code == 400


def test_a_page_behind_the_last_does_not_exist(as_user, owner):
    assert as_user(owner).get("/api/transcripts/?page=2").status_code == 404


def test_commands_answer_what_their_rest_twins_answer(as_user, owner, transcript):
    client = as_user(owner)

    assert run("transcript.get", owner, transcript_id=str(transcript.pk)) == client.get(address(transcript)).json()
    assert run("transcript.list", owner) == client.get("/api/transcripts/").json()
    assert run("engines.get", owner) == client.get("/api/engines").json()


def test_an_unknown_transcript_does_not_exist(as_user, owner):
    client = as_user(owner)

    assert client.get(f"/api/transcripts/{uuid4()}").status_code == 404
    assert client.get("/api/transcripts/17").status_code == 404


def test_the_engine_is_described_with_its_reason(as_user, owner, tiny_whisper):
    assert as_user(owner).get("/api/engines/").json()["transcriber"] == {
        "name": "faster-whisper",
        "model": "tiny-whisper",
        "reason": "faster-whisper: the model tiny-whisper is installed.",
        "can_translate": False,
        "can_use_hotwords": True,
        "languages": ["en"],
        "models": ["tiny-whisper"],
    }


@needs("flite")
def test_the_embedded_engine_does_the_same_work(as_user, owner, upload, configure, tmp_path):
    configure(transcriber="pocketsphinx")
    data = upload(owner, media.flite(tmp_path / "talk.wav", "the weather is fine today"))

    job = work(data["job"]["id"])

    transcript = Transcript.objects.get()
    assert job.status == Status.COMPLETED
    assert transcript.engine["name"] == "pocketsphinx"
    assert transcript.language == "en"
    assert "weather" in transcript.shown.segments.get().text


@pytest.mark.skipif(not media.SHARED_AUDIO.is_dir(), reason="the recordings of ../shared/audio are not on this machine")
def test_the_embedded_engine_hears_real_people(owner, upload, configure):
    configure(transcriber="pocketsphinx")
    work(upload(owner, media.SHARED_AUDIO / "librivox-0870.wav")["job"]["id"])

    words = set(" ".join(Segment.objects.values_list("text", flat=True)).split())
    said = "and mister john dashwood had then leisure to consider how much there might be prudently in his power"
    assert len(words & set(said.split())) >= 9
