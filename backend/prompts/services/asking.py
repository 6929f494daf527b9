"""One cell: a prompt over a document, asked of the model. A document that is longer than the model's context is read
in parts, whose answers are merged by the model (map and reduce).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from django.conf import settings

from backend.core.errors import AppError
from backend.engines.chatting import ChatModel, Delta, Finished, Source, Turn, Usage
from backend.engines.chatting.context import shorten, tokens_of, tokens_of_turns
from backend.prompts.services.splitting import LEAST, split
from backend.prompts.services.templates import TEXT, fill, mentions

# Room for an answer whose length nobody has limited, and for what is said around a document.
ANSWER_TOKENS: Final = 1024
AROUND_TOKENS: Final = 200
AROUND_PART_TOKENS: Final = 50
PART: Final = (
    "The document is longer than you can read at once. You see part {number} of {count}. Answer from this part only, "
    "in full: your answer is merged with those to the other parts."
)
MERGE: Final = (
    "The document was read in parts. The sources are the answers to the request of the user, one for each part, in "
    "order. Merge them into one answer to the request. Do not speak of parts."
)
THE_DOCUMENT: Final = "the document"


class Stopped(Exception):
    """Nobody wants the answer any more."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a batch wants its cells to be answered."""

    model: str = ""
    system_prompt: str = ""
    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question; `parts` is into how many the document was split, 1: it was not."""

    text: str
    finish_reason: str
    usage: Usage
    parts: int = 1


@dataclass(slots=True)
class Asker:
    """Asks the model for one cell, however often that is tried: what was answered before is not asked again.

    `model` is the one that was asked.
    """

    engine: ChatModel
    should_stop: Callable[[], bool]
    model: str = ""
    _replies: dict[tuple[tuple[Turn, ...], tuple[Source, ...]], Reply] = field(default_factory=dict)

    def ask(self, turns: list[Turn], sources: list[Source], wishes: Wishes) -> Reply:
        """Have a question answered. Raises `Stopped` and what `ChatModel.answer` raises."""
        self.model = wishes.model
        question = tuple(turns), tuple(sources)
        if question not in self._replies:
            self._replies[question] = self._answer(turns, sources, wishes)
        return self._replies[question]

    @property
    def used(self) -> Usage:
        """The tokens of all that was answered."""
        used = [reply.usage for reply in self._replies.values()]
        return Usage(
            sum(usage.prompt_tokens for usage in used),
            sum(usage.completion_tokens for usage in used),
            any(usage.estimated for usage in used),
        )

    def _answer(self, turns: list[Turn], sources: list[Source], wishes: Wishes) -> Reply:
        said: list[str] = []
        answer = self.engine.answer(
            turns,
            model=wishes.model,
            temperature=wishes.temperature,
            max_tokens=wishes.max_tokens,
            sources=sources,
            should_stop=self.should_stop,
        )
        for item in answer:
            if isinstance(item, Delta):
                said.append(item.text)
            elif isinstance(item, Finished):
                if item.reason == "stopped":
                    raise Stopped
                return Reply("".join(said), item.reason, item.usage)
        raise AppError("upstream_cut", "The model ended without saying so.")


def ask_about(asker: Asker, prompt: str, values: Mapping[str, str], wishes: Wishes) -> Reply:
    """Have a prompt answered for the document whose `values` there are for every name that a prompt may mention.

    Raises `AppError("too_large")` where the prompt leaves no room for a document, and what `Asker.ask` raises.
    """
    parts = split(values[TEXT], room_for_text(prompt, values, wishes)) or [""]
    if len(parts) == 1:
        return asker.ask(*_question(prompt, values, wishes, values[TEXT], ""), wishes)
    partial = []
    for number, part in enumerate(parts, start=1):
        note = PART.format(number=number, count=len(parts))
        partial.append(asker.ask(*_question(prompt, values, wishes, part, note), wishes).text)
    return replace(_merge(asker, prompt, values, wishes, partial), parts=len(parts))


def room_for_text(prompt: str, values: Mapping[str, str], wishes: Wishes) -> int:
    """How many tokens of a document go with a prompt, which has it as often as it mentions it. Raises
    `AppError("too_large")` where hardly any do.
    """
    room = _room(prompt, values, wishes) // max(1, mentions(prompt, TEXT))
    if room < LEAST:
        raise AppError("too_large", "The prompt and the longest answer leave no room for a document.")
    return room


def _room(prompt: str, values: Mapping[str, str], wishes: Wishes) -> int:
    """How many tokens are left beside a prompt and its answer."""
    without_text = fill(prompt, {**values, TEXT: THE_DOCUMENT})
    asked = tokens_of_turns([Turn("system", wishes.system_prompt), Turn("user", without_text)])
    taken = asked + tokens_of(PART) + tokens_of(values["document.title"]) + AROUND_TOKENS
    return int(settings.CONFIG.chat_context_tokens) - (wishes.max_tokens or ANSWER_TOKENS) - taken


def _question(
    prompt: str, values: Mapping[str, str], wishes: Wishes, text: str, note: str
) -> tuple[list[Turn], list[Source]]:
    turns = _system(wishes, note)
    if mentions(prompt, TEXT):
        return [*turns, Turn("user", fill(prompt, {**values, TEXT: text}))], []
    sources = [Source(values["document.title"], text)] if text else []
    return [*turns, Turn("user", fill(prompt, values))], sources


def _merge(asker: Asker, prompt: str, values: Mapping[str, str], wishes: Wishes, partial: list[str]) -> Reply:
    """One answer out of those to the parts, in rounds where they are too long to be read at once."""
    turns = [*_system(wishes, MERGE), Turn("user", fill(prompt, {**values, TEXT: THE_DOCUMENT}))]
    room = _room(prompt, values, wishes) - tokens_of(MERGE)
    # Any two of them fit together, so that each round leaves about half of them, and the last one a single one.
    longest = room // 2 - AROUND_PART_TOKENS
    while True:
        groups = _grouped([shorten(text, longest) for text in partial], room)
        replies = [asker.ask(turns, _numbered(group), wishes) for group in groups]
        if len(replies) == 1:
            return replies[0]
        partial = [reply.text for reply in replies]


def _grouped(texts: list[str], room: int) -> list[list[str]]:
    """Neighbours that fit together, with what is said around each."""
    groups: list[list[str]] = [[]]
    left = room
    for text in texts:
        size = tokens_of(text) + AROUND_PART_TOKENS
        if size > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(text)
        left -= size
    return groups


def _numbered(texts: list[str]) -> list[Source]:
    return [Source(f"Part {number}", text) for number, text in enumerate(texts, start=1)]


def _system(wishes: Wishes, note: str) -> list[Turn]:
    said = [text for text in (wishes.system_prompt, note) if text]
    return [Turn("system", "\n\n".join(said))] if said else []
