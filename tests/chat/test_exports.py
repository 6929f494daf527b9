"""Conversations as files, answers as HTML, and where the jobs behind answers are shown."""

import json

import pytest

from backend.accounts.models import User
from backend.chat.models import Message
from backend.chat.services import messages
from backend.jobs import topics as job_topics
from backend.live import commands
from backend.live.models import CommandAnswer
from tests.chat.talking import finish, refused, run, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def address(conversation, ending: str) -> str:
    return f"/api/conversations/{conversation.pk}/export/{ending}"


def test_markdown_holds_the_branch_that_is_shown(as_user, owner, conversation):
    first = say(owner, conversation, "What is *this*?")
    say(owner, conversation, "And that?", reply_to=first["id"])
    other = run("chat.branch", owner, message_id=first["id"], content="Something else.")
    finish(other["id"], "Another answer.")

    answer = as_user(owner).get(address(conversation, "md"))
    text = answer.content.decode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Plans.md"'
    assert text.startswith("# Plans\n\n## owner, ")
    assert "Something else.\n" in text
    assert "Another answer.\n" in text
    assert "And that?" not in text


def test_a_quoted_message_stands_before_the_reply(as_user, owner, conversation):
    first = say(owner, conversation, "What is *this*?")
    say(owner, conversation, "And that?", reply_to=first["id"])

    text = as_user(owner).get(address(conversation, "md")).content.decode()
    assert "> What is *this*?\n\nAnd that?" in text


def test_deleted_words_are_in_no_file(as_user, owner, conversation):
    said = say(owner, conversation, "A secret.")
    run("chat.mark_deleted", owner, message_id=said["id"])

    for ending in ("md", "json"):
        assert "A secret." not in as_user(owner).get(address(conversation, ending)).content.decode()


def test_json_holds_all_branches(as_user, owner, conversation):
    first = say(owner, conversation, "One way")
    run("chat.branch", owner, message_id=first["id"], content="Another way")

    data = json.loads(as_user(owner).get(address(conversation, "json")).content)
    assert [one["content"] for one in data["messages"] if one["sender"] == "user"] == ["One way", "Another way"]


@pytest.mark.parametrize(
    ("who", "ending", "status"),
    [("owner", "md", 200), ("owner", "exe", 404), ("teammate", "md", 404), ("stranger", "json", 404)],
)
def test_only_the_user_takes_a_conversation_away(as_user, request, conversation, who, ending, status):
    user: User = request.getfixturevalue(who)
    assert as_user(user).get(address(conversation, ending)).status_code == status


def test_an_answer_is_rendered_as_safe_html(as_user, owner):
    answer = as_user(owner).post("/api/render", {"text": "**Hi** <script>\n\n- a"}, format="json")

    assert answer.json() == {
        "blocks": [
            {"at": 0, "html": "<p><strong>Hi</strong> &lt;script&gt;</p>\n"},
            {"at": 17, "html": "<ul>\n<li>a</li>\n</ul>\n"},
        ]
    }


def test_too_much_text_to_render_is_refused(owner):
    assert refused("chat.render", owner, text="x" * 60_001) == "invalid"


def test_answers_are_not_among_the_jobs_of_their_owner(as_user, owner, conversation, read_log):
    said = messages.say(owner, conversation.pk, "Hello?")

    assert as_user(owner).get("/api/jobs/").json()["results"] == []
    assert job_topics.USER.snapshot(str(owner.pk)).data == {"jobs": []}
    assert "job" not in [one["event"] for one in read_log(f"user:{owner.pk}")]
    answers = as_user(owner).get("/api/jobs/?kind=answer").json()["results"]
    assert [one["subject"] for one in answers] == [Message.objects.get(pk=said.pk).conversation.topic]


def test_reading_leaves_no_trace_of_a_key(owner, conversation):
    read = commands.find("chat.get")
    commands.execute(read, owner, {"conversation_id": conversation.pk}, key="k", scopes=None)
    assert not CommandAnswer.objects.exists()
