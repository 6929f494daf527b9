"""An answer that waits for a busy upstream says so, and says no more of it when it goes on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.chat.models import Message
from backend.chat.services import answering
from backend.jobs import recovery
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from tests.chat.talking import whole, work
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def waiting(asked, upstream):
    """The answer that waits for seven seconds."""
    upstream.scripts.append(Script(status=429, headers={"Retry-After": "7"}))
    return work(asked)


def told(read_log, message) -> list[dict]:
    """The response in each event of a message of the model."""
    events = read_log(message.conversation.topic)
    found = [event["data"]["response"] for event in events if event["event"] == "message"]
    return [response for response in found if response]


def come() -> None:
    """The time to try again has come."""
    Job.objects.update(retry_at=timezone.now())
    recovery.recover()


def test_the_wait_is_told_with_its_reason(asked, waiting, read_log):
    last = told(read_log, asked)[-1]

    assert (last["status"], last["error_code"], last["retry_count"]) == ("Generating", "upstream_busy", 1)
    assert last["error_message"]
    assert abs(waiting.retry_at - waiting.job.retry_at) < timedelta(seconds=2)
    assert last == whole(asked)["response"]


def test_the_wait_is_over_when_the_answer_goes_on(asked, waiting, upstream, read_log):
    upstream.scripts.append(Script(["Well", "."]))
    come()
    response = work(asked)

    going_on = told(read_log, asked)[2]
    assert (going_on["status"], going_on["retry_at"], going_on["error_code"]) == ("Generating", None, "")
    assert (response.status, response.error_code, response.error_message) == ("Completed", "", "")
    assert (response.retry_at, response.retry_count) == (None, 1)
    assert (response.prompt_tokens, response.completion_tokens) == (11, 7)


def test_a_second_wait_is_longer(asked, waiting, upstream):
    upstream.scripts.append(Script(status=503, headers={"Retry-After": "7"}))
    come()
    response = work(asked)

    assert response.retry_count == 2
    assert response.retry_at - timezone.now() > timedelta(seconds=8)
    assert abs(response.retry_at - response.job.retry_at) < timedelta(seconds=2)


def test_after_the_last_attempt_the_error_stays(asked, waiting, upstream):
    upstream.scripts += [Script(status=503) for _ in range(2)]
    for _ in range(2):
        come()
        response = work(asked)

    assert (response.status, response.error_code, response.retry_at) == ("Error", "upstream_busy", None)
    assert response.job.status == Status.FAILED


def test_an_answer_that_waits_can_be_stopped(owner, asked, waiting, read_log):
    answering.stop(owner, Message.objects.get(parent=asked))

    last = told(read_log, asked)[-1]
    assert (last["status"], last["finish_reason"]) == ("Completed", "stopped")
    assert (last["retry_at"], last["error_code"], last["error_message"]) == (None, "", "")


def test_a_failed_answer_whose_job_runs_again_is_made(owner, asked, upstream, read_log):
    upstream.scripts += [Script(status=401), Script(["Well", "."])]
    failed = work(asked)
    jobs.run_again(owner, failed.job_id)
    response = work(asked)

    assert failed.status == "Error"
    assert (response.status, response.response_content, response.error_code) == ("Completed", "Well.", "")
    assert [one["status"] for one in told(read_log, asked)] == ["Generating", "Error", "Generating", "Completed"]
