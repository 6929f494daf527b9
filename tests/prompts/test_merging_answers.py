"""How the answers to the parts of a long document become one, in rounds."""

from collections.abc import Iterator, Sequence

import pytest

from backend.engines.chatting import Delta, Finished, Source, Turn, Usage
from backend.engines.chatting.context import tokens_of, tokens_of_turns
from backend.prompts.services import asking
from backend.prompts.services.asking import Asker, Reply, Wishes
from backend.prompts.services.templates import TEXT

CONTEXT = 2500
PROMPT = "What does it say?"
LONG = "\n\n".join(f"Paragraph {number} says what it says." for number in range(500))
WORDS = 2000


class Talker:
    """A model whose answers are far too long, each with its number at the beginning."""

    name = "talker"

    def __init__(self, *, estimates: int = 0) -> None:
        self.estimates = estimates
        self.asked: list[tuple[list[Turn], list[Source]]] = []

    def models(self) -> tuple[str, ...]:
        return ("talker",)

    def answer(self, turns: Sequence[Turn], *, sources: Sequence[Source], **_: object) -> Iterator[Delta | Finished]:
        assert len(self.asked) < 50, "it would go on without end"
        self.asked.append((list(turns), list(sources)))
        number = len(self.asked)
        yield Delta(f"{number}: " + "word " * WORDS)
        yield Finished("stop", Usage(number, 1000, estimated=number == self.estimates))

    @property
    def merges(self) -> list[tuple[list[Turn], list[Source]]]:
        return [(turns, sources) for turns, sources in self.asked if asking.MERGE in turns[0].text]


@pytest.fixture(autouse=True)
def _a_small_context(configure) -> None:
    configure(chat_context_tokens=CONTEXT)


def answered_by(talker: Talker) -> tuple[Reply, Asker]:
    asker = Asker(talker, lambda: False)
    values = {"document.title": "Long", TEXT: LONG}
    return asking.ask_about(asker, PROMPT, values, Wishes(system_prompt="Be brief.")), asker


def test_each_answer_is_read_once_and_in_order_until_there_is_one():
    talker = Talker()
    reply, _ = answered_by(talker)

    assert reply.parts > 3
    assert len(talker.merges) > 2
    read = [source.text.split(":")[0] for _, sources in talker.merges for source in sources]
    assert read == [str(number) for number in range(1, len(talker.asked))]
    assert reply.text.startswith(f"{len(talker.asked)}: ")
    assert talker.asked[-1] == talker.merges[-1]


def test_each_round_leaves_room_for_its_answer():
    talker = Talker()
    answered_by(talker)

    for turns, sources in talker.merges:
        read = sum(tokens_of(source.title) + tokens_of(source.text) for source in sources)
        assert tokens_of_turns(turns) + read + asking.ANSWER_TOKENS <= CONTEXT


def test_answers_that_do_not_fit_together_keep_their_beginnings_and_their_ends():
    talker = Talker()
    answered_by(talker)

    texts = [source.text for _, sources in talker.merges for source in sources]
    assert all("[… shortened …]" in text and text.endswith("word ") for text in texts)


def test_the_request_is_told_at_each_merge():
    talker = Talker()
    answered_by(talker)

    assert {turns[-1].text for turns, _ in talker.merges} == {PROMPT}
    assert all(turns[0].text.startswith("Be brief.") for turns, _ in talker.merges)


def test_the_tokens_of_all_parts_and_rounds_are_counted():
    talker = Talker()
    _, asker = answered_by(talker)

    count = len(talker.asked)
    assert (asker.used.prompt_tokens, asker.used.completion_tokens) == (count * (count + 1) // 2, count * 1000)


@pytest.mark.parametrize(("number", "estimated"), [(0, False), (1, True), (2, True)])
def test_tokens_are_estimated_where_those_of_one_answer_are(number, estimated):
    _, asker = answered_by(Talker(estimates=number))

    assert asker.used.estimated is estimated
