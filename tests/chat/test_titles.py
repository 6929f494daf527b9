"""Titles by the model."""

import pytest

from backend.chat.models import Conversation, Message
from backend.chat.services import answering, conversations, messages, titles
from backend.jobs.models import Job, Status
from tests.chat.talking import work
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
QUESTION = "What is the capital of France, and why?"


@pytest.fixture(autouse=True)
def _titles_are_made(upstream, configure):
    configure(chat_titles=True)


@pytest.fixture
def asked(owner):
    return messages.say(owner, conversations.create(owner).pk, QUESTION)


def title() -> str:
    return Conversation.objects.get().title


def test_the_first_answer_brings_a_title(asked, upstream, read_log):
    upstream.scripts += [Script(["Paris."]), Script(['"Capital', " of", ' France."\n'])]
    response = work(asked)

    assert title() == "Capital of France"
    assert not Conversation.objects.get().has_own_title
    assert conversations.search(asked.conversation.user, words="capital of france")["count"] == 1
    request = upstream.requests[-1]
    assert request.get("max_tokens") == 16
    assert [one["content"] for one in request["messages"][1:3]] == [QUESTION, "Paris."]
    assert (response.prompt_tokens, response.completion_tokens) == (22, 14)
    assert response.job.status == Status.COMPLETED
    events = [(event["event"], event["data"]) for event in read_log(asked.conversation.topic)]
    completed = [
        number
        for number, (name, data) in enumerate(events)
        if name == "message" and (data["response"] or {}).get("status") == "Completed"
    ]
    named = [number for number, (name, data) in enumerate(events) if name == "details" and "Capital" in data["title"]]
    assert completed[0] < named[0]


def test_a_title_that_grows_when_it_is_folded_is_kept(asked, upstream):
    upstream.scripts += [Script(["Paris."]), Script(["\u0390" * 200])]
    assert work(asked).job.status == Status.COMPLETED

    assert title() == "\u0390" * 200
    assert len(Conversation.objects.get().folded_title) == 400


def test_a_title_that_its_owner_has_given_stays(owner, upstream):
    work(messages.say(owner, conversations.create(owner, title="Mine").pk, QUESTION))

    assert (title(), len(upstream.requests)) == ("Mine", 1)


def test_a_title_that_its_owner_gives_meanwhile_stays(owner, asked, upstream, monkeypatch):
    ask = titles._ask

    def ask_and_rename(run, engine, response):
        found = ask(run, engine, response)
        conversations.update(owner, asked.conversation_id, {"title": "Mine"})
        return found

    monkeypatch.setattr(titles, "_ask", ask_and_rename)
    work(asked)

    assert title() == "Mine"


def test_later_answers_leave_the_title(owner, asked, upstream):
    work(asked)
    work(messages.say(owner, asked.conversation_id, "And why?"))

    assert len(upstream.requests) == 3


@pytest.mark.parametrize(
    "script",
    [
        Script(status=500),
        Script(status=401),
        Script(["Capital", " of"], cut_at=1),
        Script([" \n"]),
        Script(["Of course, here is a title for"], finish="length"),
    ],
)
def test_what_goes_wrong_leaves_the_title(asked, upstream, script):
    upstream.scripts += [Script(["Paris."]), script]
    response = work(asked)

    assert title() == QUESTION
    assert (response.status, response.job.status) == ("Completed", Status.COMPLETED)


def test_a_title_that_takes_too_long_is_given_up(asked, upstream, monkeypatch):
    monkeypatch.setattr(titles, "LONGEST_S", 0.3)
    upstream.scripts += [Script(["Paris."]), Script(["Capital"], before_s=60)]
    response = work(asked)

    assert (title(), response.job.status) == (QUESTION, Status.COMPLETED)
    assert upstream.wait_until_closed()


def test_the_setting_turns_titles_off(asked, upstream, configure):
    configure(chat_titles=False)
    work(asked)

    assert (title(), len(upstream.requests)) == (QUESTION, 1)


def test_the_embedded_engine_makes_no_titles(asked, configure):
    configure(openai_base_url="")
    work(asked)

    assert title() == QUESTION


def test_an_answer_that_goes_wrong_or_is_stopped_brings_no_title(owner, asked, upstream):
    upstream.scripts.append(Script(status=401))
    work(asked)
    again = answering.regenerate(owner, Message.objects.get(parent=asked))
    answering.stop(owner, again)

    assert (title(), len(upstream.requests)) == (QUESTION, 1)


def test_a_worker_that_is_lost_while_it_makes_the_title_costs_no_second_answer(asked, upstream):
    upstream.scripts += [Script(["Paris."]), Script(status=500)]
    work(asked)
    Job.objects.update(status=Status.QUEUED)
    upstream.scripts.append(Script(["Capital of France"]))
    response = work(asked)

    assert (title(), response.response_content) == ("Capital of France", "Paris.")
