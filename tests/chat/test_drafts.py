"""What a user is writing, kept and told."""

import pytest

from backend.chat.models import Conversation
from backend.chat.services import conversations
from backend.core.errors import AppError
from backend.live import commands, topics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def run(command: str, user, /, **data):
    return commands.execute(commands.find(command), user, data, scopes=None)


@pytest.fixture
def conversation(owner) -> Conversation:
    return conversations.create(owner, title="Plans")


def drafts(read_log, conversation) -> list[dict]:
    return [event["data"] for event in read_log(conversation.topic) if event["event"] == "draft"]


def test_a_draft_is_kept_and_told(owner, conversation, read_log, as_user):
    address = f"/api/conversations/{conversation.pk}/draft"
    answer = as_user(owner).put(address, {"content": "Dear M", "tab": "a"}, format="json")

    assert answer.status_code == 204
    assert drafts(read_log, conversation) == [{"content": "Dear M", "tab": "a"}]
    assert topics.snapshot(conversation.topic).data["draft"] == "Dear M"


def test_sending_empties_the_draft(owner, conversation, read_log):
    run("chat.draft", owner, conversation_id=conversation.pk, content="Dear M", tab="a")
    run("chat.send", owner, conversation_id=conversation.pk, content="Dear Mary!")

    assert drafts(read_log, conversation)[-1] == {"content": "", "tab": ""}
    assert run("chat.get", owner, conversation_id=conversation.pk)["draft"] == ""


def test_a_message_that_is_refused_leaves_the_draft(owner, conversation):
    run("chat.draft", owner, conversation_id=conversation.pk, content="Dear M")
    with pytest.raises(AppError):
        run("chat.send", owner, conversation_id=conversation.pk, content="Dear Mary!", attachments=[1])

    assert run("chat.get", owner, conversation_id=conversation.pk)["draft"] == "Dear M"


@pytest.mark.parametrize("data", [{"content": "x" * 32_001}, {"content": "a\0b"}, {"content": "x", "tab": "x" * 41}])
def test_what_is_no_draft_is_refused(owner, conversation, data):
    with pytest.raises(AppError) as error:
        run("chat.draft", owner, conversation_id=conversation.pk, **data)

    assert error.value.code == "invalid"


def test_nobody_else_writes_the_draft(teammate, stranger, conversation):
    for user in (teammate, stranger):
        with pytest.raises(AppError) as error:
            run("chat.draft", user, conversation_id=conversation.pk, content="x")
        assert error.value.code == "not_found"
