"""The broker, on a real Redis."""

import pytest

from backend.core import queues
from backend.core.queues import BrokerUnavailable, Queue, Task


def test_a_sent_task_waits_in_its_queue():
    assert queues.waiting(Queue.BATCH) == 0
    queues.send(Task.TRANSCRIBE, task_id="one", job_id="x")
    assert queues.waiting(Queue.BATCH) == 1
    assert queues.waiting(Queue.DEFAULT) == 0


def test_a_broker_that_is_away_is_said_at_once(redis_server):
    redis_server.kill()
    try:
        with pytest.raises(BrokerUnavailable):
            queues.send(Task.TRANSCRIBE, task_id="one", job_id="x")
        with pytest.raises(BrokerUnavailable):
            queues.waiting(Queue.BATCH)
    finally:
        redis_server.start()
