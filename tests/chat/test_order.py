"""Many who speak at once in one conversation: each message has its place, and one answer is made at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from backend.chat.models import Message, Sender
from backend.chat.services import answering, conversations, messages, tree
from backend.core.errors import AppError

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
THREADS = 8
EACH = 6


def in_threads(work):
    """The results of so many threads that begin together."""

    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_messages_of_many_threads_have_orders_without_a_hole(owner):
    conversation = conversations.create(owner)

    def add(number):
        for at in range(EACH):
            with transaction.atomic():
                held = conversations.lock(owner, conversation.pk)
                tree.add(held, Sender.USER, held.shown_id, content=f"{number}.{at}")

    in_threads(add)

    rows = list(Message.objects.filter(conversation=conversation).values_list("order", "pk", "parent"))
    assert [order for order, _, _ in rows] == list(range(1, THREADS * EACH + 1))
    # Each was said behind the one before it: nobody lost their turn.
    assert [parent for _, _, parent in rows] == [None, *(pk for _, pk, _ in rows[:-1])]


def test_of_many_who_ask_at_once_one_is_answered(owner):
    conversation = conversations.create(owner)

    def say(number):
        try:
            return messages.say(owner, conversation.pk, f"Question {number}").pk
        except AppError as error:
            return error.code

    said = in_threads(say)

    assert sorted(map(str, said))[1:] == ["conflict"] * (THREADS - 1)
    assert Message.objects.filter(conversation=conversation).count() == 2


def test_a_stop_and_a_continue_at_once_leave_one_answer(owner):
    conversation = conversations.create(owner)
    answer = messages.get(owner, Message.objects.get(parent=messages.say(owner, conversation.pk, "Well?")).pk)
    answering.stop(owner, answer)

    def go_on(_):
        try:
            answering.go_on(owner, answer)
        except AppError as error:
            return error.code
        return "going on"

    assert sorted(in_threads(go_on)) == ["conflict"] * (THREADS - 1) + ["going on"]
