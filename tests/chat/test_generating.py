"""An answer being made: what is told, what is kept, and how it ends."""

import threading
import time

import pytest

from backend.chat.models import AIResponse, Message
from backend.chat.services import answering, conversations, messages
from backend.core.redis_pools import sync_redis
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from tests.chat.talking import deltas, response_to, whole, work
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_an_answer_is_told_in_pieces_that_make_up_what_is_stored(asked, upstream, read_log):
    upstream.scripts.append(Script([f" word{number}" for number in range(60)], pause_s=0.01))

    response = work(asked)

    text = ""
    for delta in deltas(response, read_log):
        assert delta["offset"] == len(text)
        text += delta["text"]
    assert text == response.response_content == "".join(f" word{number}" for number in range(60))
    assert 2 < len(deltas(response, read_log)) < 60
    assert (response.status, response.finish_reason, response.job.status) == ("Completed", "stop", "completed")
    assert response.engine["name"] == "openai"
    assert response.prompt_tokens > 0
    assert response.completion_tokens > 0


def test_the_last_event_is_the_whole_message(asked, upstream, read_log):
    upstream.scripts.append(Script(["Well", "."]))
    response = work(asked)

    last = read_log(response.message.conversation.topic)[-1]
    assert last["event"] == "message"
    assert last["data"] == whole(asked)
    assert (last["data"]["content"], last["data"]["response"]["status"]) == ("Well.", "Completed")


def test_the_model_gets_the_branch_and_the_wishes(owner, upstream):
    conversation = conversations.create(owner, system_prompt="Be brief.", temperature=0.5, max_tokens=50)
    first = messages.say(owner, conversation.pk, "One?")
    upstream.scripts += [Script(["Two."]), Script(["Four."])]
    work(first)
    work(messages.say(owner, conversation.pk, "Three?"))

    sent = upstream.requests[-1]
    assert [(one["role"], one["content"]) for one in sent["messages"]] == [
        ("system", "Be brief."), ("user", "One?"), ("assistant", "Two."), ("user", "Three?"),
    ]  # fmt: skip
    assert sent["temperature"] == 0.5
    assert 50 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))


def test_an_error_in_the_middle_keeps_what_had_come(asked, upstream):
    upstream.scripts.append(Script(["Well", ", ", "you"], cut_at=2, pause_s=0.1))

    response = work(asked)

    assert (response.status, response.finish_reason) == ("Error", "error")
    assert response.response_content.startswith("Well")
    assert response.error_message
    assert response.job.status == Status.FAILED


def test_a_busy_upstream_is_asked_again_later_and_nothing_is_told(asked, upstream, read_log):
    upstream.scripts.append(Script(status=429, headers={"Retry-After": "7"}))

    response = work(asked)

    assert (response.status, response.job.status) == ("Generating", Status.QUEUED)
    assert response.job.retry_at is not None
    assert all(not delta["text"] for delta in deltas(response, read_log))


def test_a_refusal_is_final(asked, upstream):
    upstream.scripts.append(Script(status=401))

    response = work(asked)

    assert (response.status, response.error_code) == ("Error", "upstream_refused")
    assert response.job.status == Status.FAILED


def test_stopping_keeps_exactly_what_was_told_and_ends_the_request(owner, asked, upstream, read_log):
    upstream.scripts.append(Script([f" word{number}" for number in range(500)], pause_s=0.02))
    worker = threading.Thread(target=work, args=(asked,))
    worker.start()
    topic = asked.conversation.topic
    while sync_redis().xlen(f"live:{{{topic}}}:log") < 12:
        time.sleep(0.02)

    answer = Message.objects.get(parent=asked)
    answering.stop(owner, answer)
    worker.join(10)

    response = response_to(asked)
    told = "".join(delta["text"] for delta in deltas(response, read_log))
    assert response.response_content == told
    assert (response.status, response.finish_reason) == ("Completed", "stopped")
    assert upstream.wait_until_closed()
    assert response.job.status == Status.CANCELLED


def test_the_tokens_of_an_answer_that_broke_off_are_estimated(asked, upstream):
    upstream.scripts.append(Script(["Well", ", ", "you"], cut_at=2, pause_s=0.1))

    response = work(asked)

    assert response.is_estimated
    assert response.prompt_tokens > 0
    assert response.completion_tokens > 0


def test_an_answer_that_is_stopped_before_it_began_has_cost_nothing(owner, asked):
    answering.stop(owner, Message.objects.get(parent=asked))

    response = response_to(asked)
    assert (response.completion_tokens, response.is_estimated) == (None, False)


def test_what_the_model_has_counted_stays_exact_after_a_second_try(asked, upstream):
    upstream.scripts += [Script(status=503), Script(["Well."])]
    work(asked)
    Job.objects.update(retry_at=None)

    response = work(asked)

    assert (response.prompt_tokens, response.completion_tokens, response.is_estimated) == (11, 7, False)


def test_a_lost_worker_is_not_replaced_by_another_answer(asked, upstream):
    response = response_to(asked)
    AIResponse.objects.filter(pk=response.pk).update(response_content="Well, I")
    Job.objects.filter(pk=response.job_id).update(attempt=1)

    response = work(asked)

    assert (response.response_content, response.finish_reason) == ("Well, I", "interrupted")
    assert (response.status, response.error_code) == ("Error", "worker_lost")
    assert upstream.requests == []


def test_a_stopped_answer_goes_on_where_it_was(owner, asked, upstream, read_log):
    answering.stop(owner, Message.objects.get(parent=asked))
    AIResponse.objects.update(response_content="Well, I")
    upstream.scripts.append(Script([" am", " fine."]))

    answering.go_on(owner, Message.objects.get(parent=asked))
    response = work(asked)

    assert response.response_content == "Well, I am fine."
    assert [one["role"] for one in upstream.requests[-1]["messages"]][-2:] == ["assistant", "user"]
    assert (response.status, response.finish_reason) == ("Completed", "stop")


def test_without_an_upstream_the_embedded_model_answers_and_says_what_it_is(asked, configure):
    configure(chat_engine="auto", openai_base_url="")

    response = work(asked)

    assert (response.status, response.engine["name"]) == ("Completed", "embedded")
    assert response.response_content


def test_a_cancelled_job_is_a_stopped_answer(owner, asked):
    jobs.cancel(owner, response_to(asked).job_id)

    assert response_to(asked).status == "Completed"


def test_the_job_of_an_answer_that_has_ended_does_not_make_it_again(owner, asked, upstream):
    job = response_to(asked).job
    jobs.cancel(owner, job.pk)
    jobs.run_again(owner, job.pk)

    response = work(asked)

    assert (response.status, response.finish_reason) == ("Completed", "stopped")
    assert response.job.status == Status.COMPLETED
    assert upstream.requests == []
