"""One cell: a prompt over a document, asked of the model. A document that is longer than the model's context is read
in parts, whose answers are merged by the model (map and reduce).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from django.conf import settings

from backend.core.errors import AppError
from backend.engines.chatting import ChatModel, Delta, Finished, Source, Turn
from backend.engines.chatting.context import shorten, tokens_of, tokens_of_turns
from backend.prompts.services.splitting import LEAST, split
from backend.prompts.services.templates import TEXT, fill, names_in

# Room for an answer whose length nobody has limited, and for what is said around a document.
ANSWER_TOKENS: Final = 1024
AROUND_TOKENS: Final = 200
ROUNDS: Final = 6
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
    prompt_tokens: int
    completion_tokens: int
    is_estimated: bool
    parts: int = 1


@dataclass(slots=True)
class _Asker:
    """Asks the model, and counts."""

    engine: ChatModel
    wishes: Wishes
    should_stop: Callable[[], bool]
    replies: list[Reply] = field(default_factory=list)

    def ask(self, turns: list[Turn], sources: list[Source]) -> Reply:
        said: list[str] = []
        answer = self.engine.answer(
            turns,
            model=self.wishes.model,
            temperature=self.wishes.temperature,
            max_tokens=self.wishes.max_tokens,
            sources=sources,
            should_stop=self.should_stop,
        )
        for item in answer:
            if isinstance(item, Delta):
                said.append(item.text)
            elif isinstance(item, Finished):
                return self._counted("".join(said), item)
        raise AppError("upstream_cut", "The model ended without saying so.")

    def _counted(self, text: str, finished: Finished) -> Reply:
        if finished.reason == "stopped":
            raise Stopped
        usage = finished.usage
        reply = Reply(text, finished.reason, usage.prompt_tokens, usage.completion_tokens, usage.estimated)
        self.replies.append(reply)
        return reply

    def all_of(self, last: Reply, parts: int) -> Reply:
        """The last reply with the tokens of all."""
        return replace(
            last,
            parts=parts,
            prompt_tokens=sum(reply.prompt_tokens for reply in self.replies),
            completion_tokens=sum(reply.completion_tokens for reply in self.replies),
            is_estimated=any(reply.is_estimated for reply in self.replies),
        )


def ask(engine: ChatModel, turns: list[Turn], wishes: Wishes, should_stop: Callable[[], bool]) -> Reply:
    """Have a question answered that is no document's. Raises `Stopped` and what `ChatModel.answer` raises."""
    return _Asker(engine, wishes, should_stop).ask(turns, [])


def ask_about(
    engine: ChatModel, prompt: str, values: Mapping[str, str], wishes: Wishes, should_stop: Callable[[], bool]
) -> Reply:
    """Have a prompt answered for the document whose `values` there are for every name that a prompt may mention.

    Raises `Stopped`, `AppError("too_large")` where the prompt leaves no room for a document, and what
    `ChatModel.answer` raises.
    """
    asker = _Asker(engine, wishes, should_stop)
    parts = split(values[TEXT], room_for_text(prompt, values, wishes)) or [""]
    if len(parts) == 1:
        return asker.ask(*_question(prompt, values, wishes, values[TEXT], ""))
    partial = []
    for number, part in enumerate(parts, start=1):
        note = PART.format(number=number, count=len(parts))
        partial.append(asker.ask(*_question(prompt, values, wishes, part, note)).text)
    return asker.all_of(_merge(asker, prompt, values, partial), len(parts))


def room_for_text(prompt: str, values: Mapping[str, str], wishes: Wishes) -> int:
    """How many tokens of a document go with a prompt. Raises `AppError("too_large")` where hardly any do."""
    without_text = fill(prompt, {**values, TEXT: ""})
    asked = tokens_of_turns([Turn("system", wishes.system_prompt), Turn("user", without_text)])
    taken = asked + tokens_of(PART) + tokens_of(values["document.title"]) + AROUND_TOKENS
    room = int(settings.CONFIG.chat_context_tokens) - (wishes.max_tokens or ANSWER_TOKENS) - taken
    if room < LEAST:
        raise AppError("too_large", "The prompt and the longest answer leave no room for a document.")
    return room


def _question(
    prompt: str, values: Mapping[str, str], wishes: Wishes, text: str, note: str
) -> tuple[list[Turn], list[Source]]:
    turns = _system(wishes, note)
    if TEXT in names_in(prompt):
        return [*turns, Turn("user", fill(prompt, {**values, TEXT: text}))], []
    sources = [Source(values["document.title"], text)] if text else []
    return [*turns, Turn("user", fill(prompt, values))], sources


def _merge(asker: _Asker, prompt: str, values: Mapping[str, str], partial: list[str]) -> Reply:
    """One answer out of those to the parts, in rounds where they are too long to be read at once."""
    request = fill(prompt, {**values, TEXT: THE_DOCUMENT})
    turns = [*_system(asker.wishes, MERGE), Turn("user", request)]
    room = room_for_text(prompt, values, asker.wishes) - tokens_of(MERGE)
    for _ in range(ROUNDS):
        groups = _grouped([shorten(text, room // 2) for text in partial], room)
        replies = [asker.ask(turns, _numbered(group)) for group in groups]
        if len(replies) == 1:
            return replies[0]
        partial = [reply.text for reply in replies]
    raise AppError("too_large", "The answers to the parts of this document are too long to be merged.")


def _grouped(texts: list[str], room: int) -> list[list[str]]:
    """Neighbours that fit together, with what is said around each."""
    groups: list[list[str]] = [[]]
    left = room
    for text in texts:
        size = tokens_of(text) + AROUND_TOKENS // 4
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
