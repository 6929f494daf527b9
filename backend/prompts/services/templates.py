"""Names in prompts, as `{{document.title}}`, that stand for something of the document at hand. Pure functions."""

import re
import string
from collections.abc import Mapping
from typing import Final

VARIABLES: Final[dict[str, str]] = {
    "document.title": "its title",
    "document.text": "its text, at this place instead of behind the prompt",
    "document.external_id": "the name by which other systems know it",
    "document.collection": "the collection that it is in",
    "batch.title": "the title of the batch",
    "date": "today's date",
}
TEXT: Final = "document.text"


class _Template(string.Template):
    delimiter = "{{"
    pattern = r"""
    \{\{(?:
      \s*(?P<named>[a-z_]+(?:\.[a-z_]+)*)\s*\}\} |
      (?P<escaped>(?!)) |
      (?P<braced>(?!)) |
      (?P<invalid>)
    )
    """  # type: ignore[assignment]  # the base class compiles it


def problems(prompt: str) -> list[str]:
    """What is wrong with a prompt, in words; nothing where it can be filled."""
    template = _Template(prompt)
    if not template.is_valid():
        return ["{{ begins a name and has to be closed, as in {{document.title}}."]
    unknown = [name for name in template.get_identifiers() if name not in VARIABLES]
    return [f"There is nothing called {{{{{name}}}}}. There are: {', '.join(VARIABLES)}." for name in unknown]


def mentions(prompt: str, name: str) -> int:
    """How often a prompt without problems mentions a name."""
    return sum(found["named"] == name for found in re.finditer(_Template.pattern, prompt))


def fill(prompt: str, values: Mapping[str, str]) -> str:
    """The prompt with the values for its names; what looks like a name in a value stays as it is."""
    return _Template(prompt).substitute(values)
