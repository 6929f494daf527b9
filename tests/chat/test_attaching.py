"""Texts that other domains hold, attached to a message by their reference."""

import pytest

from backend.chat.services import conversations
from backend.speech.services import sharing
from tests.chat.talking import refused, run, work
from tests.fixtures import media
from tests.fixtures.upstream import Script
from tests.speech.conftest import RECORDING

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def transcript(finished, owner):
    return finished(owner, title="Garden talk")


def test_the_model_reads_a_transcript_that_was_attached(owner, transcript, upstream):
    conversation = conversations.create(owner)
    made = run("chat.attach", owner, conversation_id=conversation.pk, reference=transcript.topic)
    said = run("chat.send", owner, conversation_id=conversation.pk, content="What was said?", attachments=[made["id"]])
    upstream.scripts.append(Script(["Much."]))
    work(said["id"])

    assert said["attachments"] == [{**made, "message": said["id"]}]
    assert made["title"] == "Garden talk"
    sent = " ".join(" ".join(str(one["content"]).split()) for one in upstream.requests[-1]["messages"])
    assert media.text_of(RECORDING.name) in sent


def test_only_what_one_may_read_can_be_attached(owner, teammate, stranger, transcript):
    sharing.share(owner, transcript.pk, "teammate")
    for user, code in ((teammate, None), (stranger, "not_found")):
        data = {"conversation_id": conversations.create(user).pk, "reference": transcript.topic}
        assert (refused("chat.attach", user, **data) if code else run("chat.attach", user, **data)["title"]) == (
            code or "Garden talk"
        )


@pytest.mark.parametrize("reference", ["nothing:1", "transcript:1", "transcript:7f0c3e1a-0000-4000-8000-000000000001"])
def test_what_does_not_exist_is_not_found(owner, reference):
    conversation = conversations.create(owner)

    assert refused("chat.attach", owner, conversation_id=conversation.pk, reference=reference) == "not_found"


def test_what_is_attached_taken_back_and_sent_is_told(owner, transcript, read_log):
    conversation = conversations.create(owner)
    about = {"conversation_id": conversation.pk}
    first, second = (run("chat.attach", owner, **about, reference=transcript.topic) for _ in range(2))
    run("chat.detach", owner, **about, attachment_id=first["id"])
    said = run("chat.send", owner, **about, content="Read this.", attachments=[second["id"]])

    events = [(one["event"], one["data"]) for one in read_log(conversation.topic) if "attachment" in one["event"]]
    assert events == [
        ("attachment", first),
        ("attachment", second),
        ("attachment_removed", {"id": first["id"]}),
        ("attachment", {**second, "message": said["id"]}),
    ]
    assert (first["status"], first["message"], first["characters"] > 0) == ("Ready", None, True)


def test_an_attachment_is_sent_once_and_may_be_taken_back_before(owner, transcript):
    conversation = conversations.create(owner)
    about = {"conversation_id": conversation.pk}
    first, second = (run("chat.attach", owner, **about, reference=transcript.topic)["id"] for _ in range(2))
    run("chat.detach", owner, **about, attachment_id=first)
    run("chat.send", owner, **about, content="Read this.", attachments=[second])

    assert refused("chat.detach", owner, **about, attachment_id=first) == "not_found"
    assert refused("chat.detach", owner, **about, attachment_id=second) == "not_found"
