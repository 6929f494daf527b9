"""Speakers and segments changed by the owner: what is kept, who is told, who is refused."""

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import AppError
from backend.jobs.models import Job, Status
from backend.live import commands, topics
from backend.speech.services import sharing
from backend.speech.services.editing import retimed
from tests.fixtures import media
from tests.speech import conversation
from tests.speech.conversation import applied

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
CHANGES = [
    ("transcript.rename_speaker", {"label": "S1", "name": "Ann"}),
    ("transcript.merge_speakers", {"label": "S2", "into": "S1"}),
    ("transcript.edit_segment", {"number": 2, "text": "Hello and thanks."}),
    ("transcript.edit_segment", {"number": 2, "speaker": "S1"}),
    ("transcript.edit_segment", {"number": 2, "speaker": "new"}),
]


@pytest.fixture
def transcript(finished, owner, teammate):
    made = conversation.give_speakers(finished(owner, media.RECORDINGS / conversation.NAME))
    sharing.share(owner, made.pk, "teammate")
    return made


@pytest.fixture
def run(transcript):
    def call(user, command: str, /, **data):
        return commands.execute(commands.find(command), user, {"transcript_id": transcript.pk, **data}, scopes=None)

    return call


def code_of(call, /, *args, **data) -> str:
    with pytest.raises(AppError) as refused:
        call(*args, **data)
    return refused.value.code


def test_each_segment_of_a_conversation_has_one_speaker(transcript):
    said = [(row.speaker, row.text) for row in transcript.shown.segments.all()]

    assert said == [
        (conversation.VOICES[one["voice"]], one["text"]) for one in media.transcripts()[conversation.NAME]["segments"]
    ]


@pytest.mark.parametrize(("name", "data"), CHANGES)
def test_a_snapshot_and_the_event_of_a_change_are_a_fresh_snapshot(run, owner, transcript, read_log, name, data):
    before = topics.snapshot(transcript.topic).data
    told = len(read_log(transcript.topic))

    run(owner, name, **data)

    after = topics.snapshot(transcript.topic).data
    assert after != before
    assert applied(before, read_log(transcript.topic)[told:]) == after


@pytest.mark.parametrize(("name", "data"), CHANGES)
def test_only_the_owner_changes_anything(run, teammate, stranger, transcript, name, data):
    before = topics.snapshot(transcript.topic).data

    assert code_of(run, teammate, name, **data) == "forbidden"
    assert code_of(run, stranger, name, **data) == "not_found"
    assert topics.snapshot(transcript.topic).data == before


def test_a_teammate_reads_what_was_changed_and_a_stranger_does_not(run, owner, teammate, stranger):
    run(owner, "transcript.edit_segment", number=1, text="Hi.")

    assert run(teammate, "transcript.segment_versions", number=1)["versions"][0]["text"] == "hello."
    assert code_of(run, stranger, "transcript.segment_versions", number=1) == "not_found"


def test_a_name_is_cleaned_of_what_cannot_be_seen(run, owner):
    assert (
        run(owner, "transcript.rename_speaker", label="S1", name=" Ann\n\u202e Lee ")["speakers"][0]["name"]
        == "Ann Lee"
    )
    assert run(owner, "transcript.rename_speaker", label="S1", name="")["speakers"][0]["name"] == ""


def test_merged_speakers_can_be_taken_apart_again(run, owner):
    assert run(owner, "transcript.merge_speakers", label="S2", into="S1")["speakers"][1]["merged_into"] == "S1"
    assert run(owner, "transcript.merge_speakers", label="S2", into="")["speakers"][1]["merged_into"] == ""


def test_speakers_are_not_merged_in_a_circle(run, owner):
    run(owner, "transcript.merge_speakers", label="S2", into="S1")

    assert code_of(run, owner, "transcript.merge_speakers", label="S1", into="S2") == "invalid"
    assert code_of(run, owner, "transcript.merge_speakers", label="S1", into="S1") == "invalid"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("transcript.rename_speaker", {"label": "S9", "name": "x"}),
        ("transcript.merge_speakers", {"label": "S1", "into": "S9"}),
        ("transcript.edit_segment", {"number": 99, "text": "x"}),
        ("transcript.edit_segment", {"number": 1, "speaker": "S9"}),
        ("transcript.segment_versions", {"number": 99}),
    ],
)
def test_what_does_not_exist_is_not_found(run, owner, name, data):
    assert code_of(run, owner, name, **data) == "not_found"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("transcript.rename_speaker", {"label": "nobody", "name": "x"}),
        ("transcript.rename_speaker", {"label": "S1", "name": "x" * 81}),
        ("transcript.rename_speaker", {"label": "S1", "name": "\x00"}),
        ("transcript.edit_segment", {"number": 1, "text": " \n"}),
        ("transcript.edit_segment", {"number": 1, "text": "a\x00"}),
        ("transcript.edit_segment", {"number": 1, "text": "x" * 5001}),
        ("transcript.edit_segment", {"number": 1, "speaker": "somebody"}),
    ],
)
def test_bad_values_are_refused(run, owner, name, data):
    assert code_of(run, owner, name, **data) == "invalid"


def test_an_edit_keeps_the_times_of_the_words_that_stay(run, owner, transcript):
    before = transcript.shown.segments.get(number=3)

    after = run(owner, "transcript.edit_segment", number=3, text="Where is the big green table?")

    old = {word["w"]: word for word in before.words}
    new = {word["w"]: word for word in after["words"]}
    assert [word["w"] for word in after["words"]] == ["Where", "is", "the", "big", "green", "table?"]
    assert all(new[word] == old[word] for word in ("is", "the", "green", "table?"))
    assert (new["Where"]["s"], new["Where"]["e"]) == (old["where"]["s"], old["where"]["e"])
    assert old["the"]["e"] <= new["big"]["s"] <= new["big"]["e"] <= old["green"]["s"]
    assert (after["start"], after["end"]) == (before.start, before.end)
    assert {word["speaker"] for word in after["words"]} == {"S1"}


def test_each_version_of_a_segment_is_kept(run, owner):
    run(owner, "transcript.edit_segment", number=1, text="Hi.")
    after = run(owner, "transcript.edit_segment", number=1, speaker="S2", version=2)

    versions = run(owner, "transcript.segment_versions", number=1)["versions"]
    assert after["version"] == 3
    assert [(one["number"], one["text"], one["speaker"], one["replaced_by"]) for one in versions] == [
        (1, "hello.", "S1", "owner"), (2, "Hi.", "S1", "owner"),
    ]  # fmt: skip


def test_an_edit_of_what_somebody_else_has_changed_is_a_conflict(run, owner):
    run(owner, "transcript.edit_segment", number=1, text="Hi.", version=1)

    assert code_of(run, owner, "transcript.edit_segment", number=1, text="Ho.", version=1) == "conflict"


def test_a_text_that_is_being_written_is_not_edited(run, owner, transcript):
    revision = transcript.shown
    revision.finished_at = None
    revision.save()
    Job.objects.filter(pk=transcript.job_id).update(status=Status.STARTED)

    assert code_of(run, owner, "transcript.edit_segment", number=1, text="Hi.") == "conflict"


def test_an_edited_word_is_found_by_the_search(run, owner, as_user):
    run(owner, "transcript.edit_segment", number=1, text="Salutations.")

    found = as_user(owner).get("/api/transcripts/", {"search": "salutations. hello and"}).json()["results"]
    assert len(found) == 1


def test_a_segment_is_given_to_a_new_speaker_or_to_nobody(run, owner, transcript):
    assert run(owner, "transcript.edit_segment", number=2, speaker="new")["speaker"] == "S3"
    assert [one["label"] for one in transcript.shown.speakers] == ["S1", "S2", "S3"]
    nobody = run(owner, "transcript.edit_segment", number=2, speaker="")
    assert nobody["speaker"] == ""
    assert not any("speaker" in word for word in nobody["words"])


def test_speakers_have_a_limit(run, owner, transcript):
    revision = transcript.shown
    revision.speakers = [{"label": f"S{number}", "name": "", "merged_into": ""} for number in range(1, 51)]
    revision.save()

    assert code_of(run, owner, "transcript.edit_segment", number=1, speaker="new") == "limit_reached"


def test_a_transcript_that_does_not_exist_is_not_found(owner):
    call = commands.find("transcript.edit_segment")

    with pytest.raises(AppError, match="no such transcript"):
        commands.execute(call, owner, {"transcript_id": uuid4(), "number": 1, "text": "x"}, scopes=None)


TEXTS = st.lists(st.sampled_from(["one", "two", "three", "four"]), min_size=1, max_size=12)


@given(TEXTS, TEXTS)
@settings(deadline=None, max_examples=200)
def test_the_words_of_any_edit_are_in_order_within_the_segment(old, new):
    words = [{"w": word, "s": 10.0 + at, "e": 10.8 + at, "p": 0.5} for at, word in enumerate(old)]

    result = retimed(words, " ".join(new), 10.0, 10.0 + len(old))

    assert [word["w"] for word in result] == new
    times = [time for word in result for time in (word["s"], word["e"])]
    assert times == sorted(times)
    assert 10.0 <= times[0] <= times[-1] <= 10.0 + len(old)
