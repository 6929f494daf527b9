"""What a cell asks the model: whole documents and parts of them, merged, and how often it is tried."""

import pytest

from backend.engines.chatting.context import tokens_of
from backend.prompts.models import Cell
from backend.prompts.services import asking
from tests.fixtures.upstream import Script
from tests.prompts.batching import begin, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

LONG = "\n\n".join(f"Paragraph {number} says what it says." for number in range(400))
REFUSED = Script(status=400, error={"message": "no", "code": "bad"})


def test_a_long_document_is_read_in_parts_and_the_answers_are_merged(upstream, owner, document, configure):
    configure(chat_context_tokens=2000)
    batch = work(begin(owner, [document("1", LONG)]))
    cell = Cell.objects.get(batch=batch)
    assert cell.parts > 2
    assert len(upstream.requests) == cell.parts + 1
    assert (cell.prompt_tokens, cell.completion_tokens) == (11 * (cell.parts + 1), 7 * (cell.parts + 1))
    parts = "".join(messages[-2]["content"] for messages in _questions(upstream)[: cell.parts])
    assert all(f"Paragraph {number} says" in parts for number in range(400))


def test_parts_that_were_answered_are_not_asked_again_and_their_tokens_count(upstream, owner, document, configure):
    configure(chat_context_tokens=2000)
    upstream.scripts.extend([Script(), Script(), Script(status=500), Script(), Script(cut_at=1)])
    batch = work(begin(owner, [document("1", LONG)]))
    cell = Cell.objects.get(batch=batch)
    answered = cell.parts + 1
    assert len(upstream.requests) == answered + 2
    assert (cell.status, cell.tries, cell.prompt_tokens, cell.completion_tokens) == (
        "done", 3, 11 * answered, 7 * answered,
    )  # fmt: skip


def test_what_was_paid_for_a_cell_that_fails_counts(upstream, owner, document, configure):
    configure(chat_context_tokens=2000, chat_prices={"large": (1.0, 10.0)})
    upstream.scripts.extend([Script(), Script(), REFUSED])
    batch = work(begin(owner, [document("1", LONG)], model="large"))
    cell = Cell.objects.get(batch=batch)
    assert (cell.status, cell.prompt_tokens, batch.completion_tokens) == ("failed", 22, 14)
    assert batch.cost == pytest.approx((22 * 1.0 + 14 * 10.0) / 1_000_000)


def test_long_answers_to_many_parts_become_one(upstream, owner, document, configure):
    configure(chat_context_tokens=2000)
    upstream.scripts.extend(Script(words=[f"{number} ", "word " * 1000]) for number in range(100))
    batch = work(begin(owner, [document("1", LONG)]))
    parts = Cell.objects.get(batch=batch).parts
    assert (batch.done, parts) == (1, 6)
    # Two at a time: three, two, one.
    assert len(upstream.requests) == parts + 3 + 2 + 1


def test_a_text_that_is_mentioned_twice_fits_twice(upstream, owner, document, configure):
    configure(chat_context_tokens=4000)
    work(begin(owner, [document("1", LONG)], [{"name": "p", "value": "{{document.text}} again {{document.text}}"}]))
    for messages in _questions(upstream):
        assert sum(tokens_of(message["content"]) for message in messages) <= 4000 - asking.ANSWER_TOKENS


def test_the_text_stands_where_the_prompt_wants_it(upstream, owner, document):
    work(begin(owner, [document("1", "Wind.")], [{"name": "p", "value": "Read: {{document.text}}. Done?"}]))
    (messages,) = _questions(upstream)
    assert [message["content"] for message in messages] == ["Read: Wind.. Done?"]


def test_how_the_model_answers_is_as_the_batch_wants(upstream, owner, document):
    wishes = {"model": "large", "temperature": 0.5, "max_tokens": 50, "system_prompt": "Be brief."}
    work(begin(owner, [document("1")], **wishes))
    (asked,) = upstream.requests
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("large", 0.5, 50)
    assert asked["messages"][0]["content"] == "Be brief."


def _questions(upstream) -> list[list[dict]]:
    return [request["messages"] for request in upstream.requests]
