"""Text as people see it in a title, and as a search compares it."""

from typing import Final

MAX_TITLE: Final = 200
MAX_FOLDED_TITLE: Final = 400
# A pattern. PostgreSQL stores no NUL, and it is in nobody's words.
NO_NUL: Final = r"^[^\x00]*$"


def title_of(text: str) -> str:
    """One line without characters that cannot be seen; some of them would not survive a header either."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:MAX_TITLE].rstrip()


def title_of_file(name: str) -> str:
    """A file's name as a title, without the folders that some programs send; "" where nothing of it can be seen."""
    return title_of(name.replace("\\", "/").rsplit("/", maxsplit=1)[-1])


def fold(text: str) -> str:
    """Without case, every run of white space one blank."""
    return " ".join(text.casefold().split())


def folded_title(text: str, most: int = MAX_FOLDED_TITLE) -> str:
    """A folded text of at most so many characters: folding makes up to three out of one."""
    return fold(text)[:most]
