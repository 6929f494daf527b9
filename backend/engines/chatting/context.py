"""How much fits into a model's context: an estimate of tokens, and what of a conversation is left out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from backend.engines.chatting import Turn

TURN_TOKENS: Final = 5
LEAST_TOKENS: Final = 16
MARK: Final = "\n[… shortened …]\n"
_EMOJI: Final = re.compile(r"[\U0001F000-\U0010FFFF]")
_WIDE: Final = re.compile(r"[\u1100-\u11FF\u2E80-\uFFFF\U00010000-\U0001EFFF]")
_DENSE: Final = re.compile(r"[0-9!-/:-@\[-`{-~\u0250-\u10FF\u1200-\u2E7F]")


def tokens_of(text: str) -> int:
    """An estimate meant to be rather too high: a token is 3.6 Latin letters, 2 digits, signs or letters of other
    alphabets, or one CJK sign; a sign beyond the basic plane, as an emoji, is three tokens.
    """
    rare = len(_EMOJI.findall(text))
    wide = len(_WIDE.findall(text))
    dense = len(_DENSE.findall(text))
    return ceil(3 * rare + wide + dense / 2 + (len(text) - rare - wide - dense) / 3.6)


def tokens_of_turns(turns: Sequence[Turn]) -> int:
    """The same for whole turns, with what each costs besides its text."""
    return sum(TURN_TOKENS + tokens_of(turn.text) for turn in turns)


def shorten(text: str, tokens: int) -> str:
    """The text if it fits, else its beginning and end around a mark, as much as fits into so many tokens."""
    if tokens_of(text) <= tokens:
        return text
    low, high = 0, len(text) // 2
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens_of(_ends(text, middle)) <= tokens else (low, middle - 1)
    return _ends(text, low)


def fit(turns: Sequence[Turn], limit: int, reserve: int) -> tuple[list[Turn], int]:
    """The turns to send within `limit` tokens less `reserve` for the answer, and how many were left out.

    System turns and the last question with what follows it always stay, cut in their middle where they are too
    long; the oldest exchanges go first, question and answer together. Every turn that stays may keep 16 tokens,
    even beyond the limit.
    """
    budget = limit - reserve
    system = _squeezed([turn for turn in turns if turn.role == "system"], budget // 2)
    exchanges = _exchanges([turn for turn in turns if turn.role != "system"])
    if not exchanges:
        return system, 0
    room = budget - tokens_of_turns(system)
    kept = _squeezed(exchanges.pop(), room)
    while exchanges and tokens_of_turns(exchanges[-1]) + tokens_of_turns(kept) <= room:
        kept = exchanges.pop() + kept
    return system + kept, sum(len(exchange) for exchange in exchanges)


def _exchanges(turns: Sequence[Turn]) -> list[list[Turn]]:
    found: list[list[Turn]] = []
    for turn in turns:
        if turn.role == "user" or not found:
            found.append([])
        found[-1].append(turn)
    return found


def _squeezed(turns: list[Turn], budget: int) -> list[Turn]:
    squeezed = list(turns)
    for index in sorted(range(len(turns)), key=lambda index: -len(turns[index].text)):
        excess = tokens_of_turns(squeezed) - budget
        if excess <= 0:
            break
        allowed = max(LEAST_TOKENS - TURN_TOKENS, tokens_of(squeezed[index].text) - excess)
        squeezed[index] = replace(squeezed[index], text=shorten(squeezed[index].text, allowed))
    return squeezed


def _ends(text: str, length: int) -> str:
    return text[:length] + MARK + text[len(text) - length :]
