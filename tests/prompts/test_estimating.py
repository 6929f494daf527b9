"""What a batch would take."""

import pytest

from backend.documents.models import DocumentStatus
from backend.engines.chatting.context import tokens_of
from backend.prompts.services import usage
from tests.prompts.batching import SUMMARY, TONE, begin, refused, run, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def estimate(user, documents, prompts=(SUMMARY,), **wishes) -> dict:
    return run("batch.estimate", user, documents=[str(one.pk) for one in documents], prompts=list(prompts), **wishes)


def test_cells_and_tokens_are_counted(upstream, owner, document):
    found = estimate(owner, [document("1", "word " * 100), document("2")], [SUMMARY, TONE])
    assert (found["documents"], found["prompts"], found["cells"], found["problems"]) == (2, 2, 4, [])
    texts = tokens_of("word " * 100) + tokens_of("It speaks of sails.")
    assert found["prompt_tokens"] == 2 * texts + 2 * tokens_of(SUMMARY["value"]) + 2 * tokens_of(TONE["value"])
    assert (found["cost"], found["seconds"]) == (None, None)
    assert found["engine"]["name"] == "openai"


def test_a_text_that_is_mentioned_twice_is_paid_twice(upstream, owner, document):
    prompt = {"name": "Twice", "value": "{{document.text}} and {{document.text}}"}
    found = estimate(owner, [document("1", "word " * 100)], [prompt])
    assert found["prompt_tokens"] == 2 * tokens_of("word " * 100) + tokens_of(prompt["value"])


def test_the_cost_is_told_where_the_price_is_known(upstream, owner, document, configure):
    configure(chat_prices={"small": (2.0, 4.0)}, chat_currency="EUR")
    found = estimate(owner, [document("1")], model="small", max_tokens=100)
    assert found["cost"] == pytest.approx((found["prompt_tokens"] * 2 + 100 * 4) / 1_000_000)
    assert found["currency"] == "EUR"


def test_earlier_cells_tell_how_long_and_how_much(upstream, owner, document):
    work(begin(owner, [document("1")], model="small"))
    found = estimate(owner, [document("2")], model="small")
    assert found["completion_tokens"] == 7
    assert 0 < found["seconds"] < 30


def test_documents_that_are_split_and_those_without_text_are_counted(upstream, owner, document, configure):
    configure(chat_context_tokens=2000)
    found = estimate(
        owner, [document("1", "word " * 5000), document("2"), document("3", "", status=DocumentStatus.ERROR)]
    )
    assert (found["split"], found["not_ready"], found["cells"]) == (1, 1, 3)


def test_what_is_wrong_is_told_without_refusing(upstream, owner, document):
    found = estimate(owner, [document("1")], [{"name": "p", "value": "{{x}}"}])
    assert "{{x}}" in found["problems"][0]
    assert estimate(owner, [])["problems"]


def test_what_a_batch_would_be_refused_for_is_told(upstream, owner, document, configure):
    ready, waiting = document("1"), document("2", "", status=DocumentStatus.READING)
    usage.count(owner.pk, 10)
    for documents, wishes, settings in (
        ([ready], {"model": "nowhere"}, {}),
        ([ready], {"max_tokens": 99_999}, {}),
        ([ready, waiting], {}, {}),
        ([ready], {}, {"chat_tokens_per_day": 10}),
        ([], {}, {}),
    ):
        configure(**{"chat_tokens_per_day": 0, **settings})
        error = refused(
            "batch.create", owner, documents=[str(one.pk) for one in documents], prompts=[SUMMARY], **wishes
        )
        assert estimate(owner, documents, **wishes)["problems"][0] == error.message


def test_what_can_be_counted_is_counted_whatever_is_wrong(upstream, owner, document):
    found = estimate(owner, [document("1")], [SUMMARY, {"name": "p", "value": "{{x}}"}], model="nowhere")
    assert found["prompt_tokens"] == tokens_of("It speaks of sails.") + tokens_of(SUMMARY["value"])


def test_what_there_is_to_choose_from_is_told(upstream, owner, configure):
    configure(chat_prices={"small": (2.0, 4.0)})
    offer = run("batch.models", owner)
    assert (sorted(offer["models"]), offer["prices"]) == (["large", "small"], {"small": [2.0, 4.0]})
    assert "document.title" in [variable["name"] for variable in offer["variables"]]
    assert offer["limits"]["cells"] == 50_000
