"""Conversations and their messages: who may do what, what is kept, in which order."""

import pytest
from django.db import IntegrityError, transaction

from backend.chat.models import Conversation, Message
from backend.core.errors import AppError
from backend.jobs.models import Job
from backend.live import topics
from tests.chat.talking import finish, refused, run, say

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_a_message_gets_an_answer_that_is_being_made(owner, conversation):
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Hello?")

    whole = run("chat.get", owner, conversation_id=conversation.pk)
    assert [(one["sender"], one["order"], one["parent"]) for one in whole["messages"]] == [
        ("user", 1, None), ("ai", 2, said["id"]),
    ]  # fmt: skip
    assert whole["messages"][1]["response"]["status"] == "Generating"
    assert whole["shown"] == whole["messages"][1]["id"]
    assert Job.objects.get().kind == "answer"


def test_a_second_message_waits_for_the_answer_to_the_first(owner, conversation):
    run("chat.send", owner, conversation_id=conversation.pk, content="Hello?")

    assert refused("chat.send", owner, conversation_id=conversation.pk, content="Hello??") == "conflict"


def test_the_title_is_made_of_the_first_words_unless_somebody_gave_one(owner):
    whole = run("chat.start", owner, content="What is the capital of France, and why?\nTell me.")

    assert whole["title"] == "What is the capital of France, and why? Tell me."
    run("chat.update", owner, conversation_id=whole["id"], title="Paris")
    assert run("chat.get", owner, conversation_id=whole["id"])["title"] == "Paris"


def test_a_title_that_grows_when_it_is_folded_is_kept(owner):
    made = run("chat.create", owner, title="\u0390" * 200)
    run("chat.update", owner, conversation_id=made["id"], title="\u0390" * 199)

    kept = Conversation.objects.get()
    assert (len(kept.title), len(kept.folded_title)) == (199, 400)


def test_only_the_user_sees_a_conversation(owner, stranger, conversation):
    said = say(owner, conversation, "Hello?")

    assert run("chat.list", stranger)["count"] == 0
    assert run("chat.messages", stranger)["count"] == 0
    for command, data in (
        ("chat.get", {"conversation_id": conversation.pk}),
        ("chat.update", {"conversation_id": conversation.pk, "title": "Mine"}),
        ("chat.send", {"conversation_id": conversation.pk, "content": "x"}),
        ("chat.messages", {"conversation": conversation.pk}),
        ("chat.edit_message", {"message_id": said["id"], "content": "x"}),
        ("chat.mark_deleted", {"message_id": said["id"]}),
        ("chat.branch", {"message_id": said["id"], "content": "x"}),
        ("chat.regenerate", {"message_id": said["id"]}),
        ("chat.continue", {"message_id": said["id"]}),
        ("chat.stop", {"message_id": said["id"]}),
        ("chat.show", {"message_id": said["id"]}),
    ):
        assert refused(command, stranger, **data) == "not_found", command
    with pytest.raises(AppError):
        topics.authorize(stranger, conversation.topic)


def test_titles_are_searched_without_case_and_deleted_conversations_are_apart(owner, conversation):
    run("chat.create", owner, title="ÜBUNG eins")
    run("chat.update", owner, conversation_id=conversation.pk, status="Deleted")

    assert [one["title"] for one in run("chat.list", owner, search="übung")["results"]] == ["ÜBUNG eins"]
    assert [one["title"] for one in run("chat.list", owner, status="Deleted")["results"]] == ["Plans"]
    assert refused("chat.send", owner, conversation_id=conversation.pk, content="x") == "conflict"


def test_the_list_has_ten_to_a_page_and_a_hundred_at_most(owner):
    for number in range(12):
        run("chat.create", owner, title=str(number))

    first = run("chat.list", owner)
    assert (first["count"], len(first["results"]), first["previous"]) == (12, 10, None)
    assert first["next"] == "/api/conversations/?page=2"
    assert [one["title"] for one in run("chat.list", owner, page=2)["results"]] == ["1", "0"]
    assert refused("chat.list", owner, page_size=101) == "invalid"


def test_only_a_message_of_ones_own_that_is_there_can_be_edited(owner, conversation):
    said = say(owner, conversation, "Helo?")
    answer = Message.objects.get(parent=said["id"])

    edited = run("chat.edit_message", owner, message_id=said["id"], content="Hello?")
    assert (edited["content"], edited["is_edited"]) == ("Hello?", True)
    assert refused("chat.edit_message", owner, message_id=answer.pk, content="x") == "invalid"
    run("chat.mark_deleted", owner, message_id=said["id"])
    assert refused("chat.edit_message", owner, message_id=said["id"], content="x") == "invalid"
    assert Job.objects.count() == 1


def test_a_deleted_message_keeps_its_place_and_loses_its_words(owner, conversation):
    said = say(owner, conversation, "A secret.")
    run("chat.mark_deleted", owner, message_id=said["id"])

    first = run("chat.get", owner, conversation_id=conversation.pk)["messages"][0]
    assert (first["is_deleted"], first["content"]) == (True, "")


def test_an_answer_that_is_being_made_is_not_deleted(owner, conversation):
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Hello?")
    answer = Message.objects.get(parent=said["id"])

    assert refused("chat.mark_deleted", owner, message_id=answer.pk) == "conflict"


def test_saying_something_else_makes_a_branch_and_both_stay(owner, conversation):
    first = say(owner, conversation, "One?")
    other = run("chat.branch", owner, message_id=first["id"], content="Two?")
    finish(other["id"])

    whole = run("chat.get", owner, conversation_id=conversation.pk)
    assert [one["parent"] for one in whole["messages"]] == [None, first["id"], None, other["id"]]
    assert whole["shown"] == whole["messages"][3]["id"]
    shown = run("chat.show", owner, message_id=first["id"])["shown"]
    assert shown == whole["messages"][1]["id"]


def test_another_answer_stands_beside_the_first(owner, conversation):
    said = say(owner, conversation, "Hello?")
    answer = Message.objects.get(parent=said["id"])

    again = run("chat.regenerate", owner, message_id=answer.pk)

    assert again["parent"] == said["id"]
    assert Message.objects.filter(parent=said["id"]).count() == 2
    assert refused("chat.regenerate", owner, message_id=answer.pk) == "conflict"
    assert refused("chat.regenerate", owner, message_id=said["id"]) == "invalid"


def test_stopping_ends_the_answer_and_its_job_and_may_be_repeated(owner, conversation):
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Hello?")
    answer = Message.objects.get(parent=said["id"])

    stopped = run("chat.stop", owner, message_id=answer.pk)

    assert (stopped["response"]["status"], stopped["response"]["finish_reason"]) == ("Completed", "stopped")
    assert Job.objects.get().status == "cancelled"
    assert run("chat.stop", owner, message_id=answer.pk)["response"] == stopped["response"]


def test_no_two_messages_have_the_same_order(owner, conversation):
    say(owner, conversation, "Hello?")
    first = Message.objects.first()
    first.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)
