"""What speakers are called. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any


def root_of(label: str, speakers: Iterable[Mapping[str, Any]]) -> str:
    """The speaker that `label` was merged into, through any number of steps; itself where it was not."""
    into = {speaker["label"]: speaker["merged_into"] for speaker in speakers}
    while into.get(label):
        label = into[label]
    return label


def shown_names(speakers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """For each label the name that people see: the given one, or "Speaker 2" for S2, of whom it was merged into."""
    known = {speaker["label"]: speaker for speaker in speakers}
    names = {}
    for label in known:
        root = root_of(label, known.values())
        names[label] = known[root]["name"] or f"Speaker {root.removeprefix('S')}"
    return names
