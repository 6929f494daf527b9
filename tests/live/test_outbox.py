"""Events that go with the transaction of their change."""

from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.live import outbox
from backend.live.models import OutboxRow
from backend.live.publish import publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
TOPIC = "user:1"


class Failed(Exception):
    pass


@pytest.fixture
def numbers(read_log):
    """The numbers of the events that were sent, in their order."""
    return lambda topic=TOPIC: [one["data"]["n"] for one in read_log(topic)]


def tell(*numbers, topic=TOPIC):
    for n in numbers:
        publish(topic, "job", {"n": n})


def lose(*numbers, topic=TOPIC):
    """Tell within a savepoint that is rolled back."""
    with suppress(Failed), transaction.atomic():
        tell(*numbers, topic=topic)
        raise Failed


def test_all_events_of_a_topic_in_a_transaction_are_sent_at_once(numbers):
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        tell(*range(20))
        tell(100, topic="user:2")
        tell(*range(20, 30))

    assert (numbers(), numbers("user:2")) == ([*range(30)], [100])
    assert len([query for query in queries.captured_queries if query["sql"].startswith("SELECT")]) == 2


def test_more_events_than_are_sent_at_once_are_all_sent(numbers, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 10)
    with transaction.atomic():
        tell(*range(25))

    assert numbers() == [*range(25)]
    assert not OutboxRow.objects.exists()


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_events_away(numbers):
    with transaction.atomic():
        lose(1)
        tell(2)
        lose(3)
        with transaction.atomic():
            tell(4)
            lose(5)
        lose(6)
    with transaction.atomic():
        with transaction.atomic():
            tell(7)
        with suppress(Failed), transaction.atomic():
            with transaction.atomic():
                tell(8)
            tell(9)
            raise Failed
    with transaction.atomic():
        with suppress(Failed), transaction.atomic():
            with transaction.atomic():
                tell(10)
            raise Failed
        tell(11)

    assert numbers() == [2, 4, 7, 11]
    assert not OutboxRow.objects.exists()


def test_an_event_outside_of_a_transaction_is_sent_at_once(numbers):
    tell(1)
    assert numbers() == [1]
    tell(2)
    assert numbers() == [1, 2]


def test_what_cannot_be_sent_does_not_fail_the_change_that_is_made(numbers, monkeypatch):
    def fail(topic):
        raise DatabaseError

    monkeypatch.setattr(outbox, "_send_batch", fail)
    with transaction.atomic():
        tell(1)
    monkeypatch.undo()

    assert OutboxRow.objects.count() == 1
    tell(2)
    assert numbers() == [1, 2]
