"""The embedded answerer: no language model, it quotes what fits from the documents and the conversation."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backend.core.errors import AppError
from backend.engines.chatting import Delta, Finished, Reason, Source, Turn, Usage
from backend.engines.chatting.context import tokens_of, tokens_of_turns

MODEL: Final = "embedded"
LONGEST: Final = 200_000
LONGEST_SENTENCE: Final = 600
MOST_SENTENCES: Final = 5
LEAST_SCORE: Final = 0.12
NEAR_BEST: Final = 0.5
CONVERSATION: Final = "earlier in this conversation"
MESSAGE: Final = "from your message"
QUESTION_MARKS: Final = ("?", "？", "؟")
# What it says of itself stands behind the quotations: a table shows the beginning of an answer.
SIGNED: Final = "— quoted by the built-in assistant, which has no language model"
CENTRAL: Final = f"Nothing fits the question word by word; these sentences say most of what there is {SIGNED}"
NOTHING: Final = (
    "I am the built-in assistant: I have no language model and only quote. I found nothing that fits your question. "
    "Attach a document that speaks of it, or ask with other words."
)
MOST_CENTRAL: Final = 3
_END: Final = re.compile(r"(?<=[.!?…؟।])[\"'”’»)\]]*\s+|(?<=[。！？])|\n\s*\n|\n(?=\s*[-*•\d])|[\r\v\f]+")
_WORD: Final = re.compile(r"[^\W_]+")
_CJK: Final = re.compile(r"[\u2E80-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF]")
_PIECE: Final = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+")


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    title: str


class ExtractiveChat:
    """Quotes one to five sentences, chosen by the cosine of their TF-IDF vectors with the question's."""

    name = "embedded"

    def __init__(self, model: str = "") -> None:
        self.model = model or MODEL

    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    def answer(
        self,
        turns: Sequence[Turn],
        *,
        model: str,
        temperature: float | None,
        max_tokens: int | None,
        sources: Sequence[Source],
        should_stop: Callable[[], bool],
    ) -> Iterator[Delta | Finished]:
        if model not in ("", MODEL):
            raise AppError("unsupported_option", f"This server does not offer the model {model!r}.")
        last = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=-1)
        question = turns[last].text if last >= 0 else ""
        sentences = _sentences(sources, turns[: max(last, 0)])
        if not sources:
            question, told = _asked_and_told(question[:LONGEST])
            sentences += [_Sentence(text, MESSAGE) for text in told]
        found, signature = _best(question[:LONGEST], sentences), SIGNED
        if not found and sources:
            found, signature = _central(sentences), CENTRAL
        prompt_tokens = tokens_of_turns(turns) + sum(tokens_of(source.text) for source in sources)
        return _spoken(_wording(found, signature), prompt_tokens, max_tokens, should_stop)


def split(text: str) -> list[str]:
    """The sentences of a text in any script; a longer one than 600 characters is divided."""
    found = []
    for part in _END.split(text):
        sentence = " ".join(part.split())
        found += [sentence[at : at + LONGEST_SENTENCE] for at in range(0, len(sentence), LONGEST_SENTENCE)]
    return [sentence for sentence in found if _WORD.search(sentence)]


def _asked_and_told(message: str) -> tuple[str, list[str]]:
    """The questions of a message and its other sentences; one without a question mark is all question."""
    sentences = split(message)
    asked = [sentence for sentence in sentences if sentence.endswith(QUESTION_MARKS)]
    if not asked:
        return message, []
    return " ".join(asked), [sentence for sentence in sentences if sentence not in asked]


def _sentences(sources: Sequence[Source], earlier: Sequence[Turn]) -> list[_Sentence]:
    said = [Source(CONVERSATION, turn.text) for turn in earlier if turn.role != "system" and not _own(turn)]
    left = LONGEST
    found: dict[str, _Sentence] = {}
    for source in (*sources, *said):
        said_in = _said_in(source)
        for text in split(said_in[:left]):
            found.setdefault(text, _Sentence(text, source.title))
        left -= min(left, len(said_in))
    return list(found.values())


def _own(turn: Turn) -> bool:
    return turn.role == "assistant" and _is_own(turn.text)


def _is_own(text: str) -> bool:
    return text.startswith(NOTHING) or text.endswith((f"*{SIGNED}*", f"*{CENTRAL}*"))


def _said_in(source: Source) -> str:
    """The text of a source; of an answer of this engine what it quotes."""
    if not _is_own(source.text):
        return source.text
    quoted = (line.removeprefix("> ") for line in source.text.splitlines() if line.startswith("> "))
    return "\n\n".join(line for line in quoted if not line.startswith("— "))


def _terms(text: str) -> list[str]:
    """Words without case, longer ones also by their first five letters; of CJK text each sign and each pair."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    terms: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if _CJK.search(word):
            terms += list(word) + [word[at : at + 2] for at in range(len(word) - 1)]
        elif word not in ENGLISH_STOP_WORDS:
            terms += [word, word[:5] + "…"] if len(word) > 5 else [word, word + "…"]
    return terms


def _best(question: str, sentences: list[_Sentence]) -> list[_Sentence]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not sentences or not _terms(question):
        return []
    vectors = TfidfVectorizer(analyzer=_terms, sublinear_tf=True)
    try:
        matrix = vectors.fit_transform([sentence.text for sentence in sentences])
    except ValueError:  # nothing but stop words
        return []
    scores = (matrix @ vectors.transform([question]).T).toarray().ravel()
    least = max(LEAST_SCORE, NEAR_BEST * float(scores.max()))
    ranked = sorted((index for index in range(len(sentences)) if scores[index] >= least), key=lambda i: -scores[i])
    return [sentences[index] for index in sorted(ranked[:MOST_SENTENCES])]


def _central(sentences: list[_Sentence]) -> list[_Sentence]:
    """The sentences that are most like all of them together: nearest to the centroid of their TF-IDF vectors
    (Radev et al., 2004), in the order of the text.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not sentences:
        return []
    try:
        matrix = TfidfVectorizer(analyzer=_terms, sublinear_tf=True).fit_transform([one.text for one in sentences])
    except ValueError:  # nothing but stop words
        return []
    scores = (matrix @ matrix.sum(axis=0).T).A1
    nearest = sorted(range(len(sentences)), key=lambda index: -scores[index])[:MOST_CENTRAL]
    return [sentences[index] for index in sorted(nearest)]


def _wording(found: Sequence[_Sentence], signature: str) -> str:
    if not found:
        return NOTHING
    quotations = "\n\n".join(f"> {sentence.text}\n> — {sentence.title}" for sentence in found)
    return f"{quotations}\n\n*{signature}*"


def _spoken(
    text: str, prompt_tokens: int, max_tokens: int | None, should_stop: Callable[[], bool]
) -> Iterator[Delta | Finished]:
    said = ""
    reason: Reason = "stop"
    for word in _PIECE.findall(text):
        if should_stop():
            reason = "stopped"
            break
        if max_tokens is not None and tokens_of(said + word) > max_tokens:
            reason = "length"
            break
        said += word
        yield Delta(word)
    yield Finished(reason, Usage(prompt_tokens, tokens_of(said), estimated=True))
