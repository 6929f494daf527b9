"""Text as people see it in a title, and as a search compares it."""

from typing import Final

MAX_TITLE: Final = 200


def title_of(text: str) -> str:
    """One line without characters that cannot be seen; some of them would not survive a header either."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:MAX_TITLE].rstrip()


def fold(text: str) -> str:
    """Without case, every run of white space one blank."""
    return " ".join(text.casefold().split())
