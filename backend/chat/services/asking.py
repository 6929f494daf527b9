"""What the model is asked: the branch up to the answer, the attached texts, and the wishes of the conversation."""

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from backend.chat.models import AIResponse, Message, Sender
from backend.chat.services import tree
from backend.engines.chatting import ChatModel, Source, Turn
from backend.engines.chatting.context import fit, tokens_of, tokens_of_turns

# Room for an answer whose length nobody has limited.
ANSWER_TOKENS: Final = 1000
CONTINUE: Final = "Go on exactly where you stopped. Repeat nothing."


@dataclass(frozen=True, slots=True)
class Question:
    """`wishes` are the keyword arguments of `ChatModel.answer`; `left_out` counts messages that did not fit, `tokens`
    are an estimate of what is sent.
    """

    turns: list[Turn]
    model: str
    wishes: dict[str, Any]
    left_out: int
    tokens: int


def of(response: AIResponse, engine: ChatModel, told: str) -> Question:
    """The question that an answer belongs to; `told` is what there is of the answer already."""
    conversation = response.message.conversation
    whole_path = tree.path_to(conversation, response.message.parent_id)
    path = [message for message in whole_path if not message.is_deleted]
    turns = [Turn("system", conversation.system_prompt)] if conversation.system_prompt else []
    turns += [_turn(message) for message in path]
    if told:
        turns += [Turn("assistant", told), Turn("user", CONTINUE)]
    limit = settings.CONFIG.chat_context_tokens
    kept, left_out = fit(turns, limit, min(conversation.max_tokens or ANSWER_TOKENS, limit // 2))
    wanted = conversation.model_version
    model = wanted if wanted and wanted in engine.models() else ""
    sources = [Source(one.title, one.text) for message in path for one in message.attachments.all()]
    wishes = {
        "model": model,
        "temperature": conversation.temperature,
        "max_tokens": conversation.max_tokens,
        "sources": sources,
    }
    tokens = tokens_of_turns(kept) + sum(tokens_of(source.text) for source in sources)
    return Question(list(kept), model, wishes, left_out, min(tokens, limit))


def _turn(message: Message) -> Turn:
    if message.sender == Sender.AI:
        response = getattr(message, "response", None)
        return Turn("assistant", response.response_content if response else message.content)
    quoted = message.reply_to
    before = f"> {quoted_text(quoted)}\n\n" if quoted is not None and not quoted.is_deleted else ""
    return Turn("user", before + message.content)


def quoted_text(message: Message) -> str:
    response = getattr(message, "response", None)
    text = response.response_content if response else message.content
    return text[:500].replace("\n", "\n> ")
