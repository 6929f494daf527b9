"""A transcript as a file: plain text, subtitles in SRT and WebVTT, turns of speakers in RTTM, JSON."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from backend.core.downloads import TextFile, file_stem
from backend.core.errors import AppError
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe_whole
from backend.speech.services.speakers.names import shown_names
from backend.speech.services.subtitles import Cue, cues

# A pause of this length starts a paragraph in plain text.
PARAGRAPH_S: Final = 2.0


def export(transcript: Transcript, ending: str, number: int | None = None) -> TextFile:
    """The transcript as `txt`, `srt`, `vtt`, `rttm` or `json`, whatever of it there is by now; with `number` another
    of its revisions. Raises `not_found`, and `conflict` for `rttm` while nobody knows who speaks.
    """
    if ending not in _FORMATS:
        raise AppError("not_found", f"There is no such format; there are {', '.join(_FORMATS)}.")
    media_type, write = _FORMATS[ending]
    text = write(describe_whole(transcript, number))
    return TextFile(f"{file_name(transcript.title)}.{ending}", media_type, text)


def file_name(title: str) -> str:
    """A title as a file name, without the ending of the recording's own name."""
    return file_stem(re.sub(r"\.[A-Za-z0-9]{2,4}$", "", title), "transcript")


def as_text(data: dict[str, Any]) -> str:
    """Paragraphs: a new one after a pause, and with its name for each speaker."""
    names = shown_names(data["speakers"])
    parts: list[str] = []
    before: dict[str, Any] | None = None
    for segment in data["segments"]:
        name = names.get(segment["speaker"], "")
        changed = before is None or name != names.get(before["speaker"], "")
        if before is not None:
            pause = segment["start"] - before["end"] >= PARAGRAPH_S
            parts.append("\n\n" if pause or changed else "\n")
        label = f"{name}: " if name and changed else ""
        parts.append(label + " ".join(segment["text"].split()))
        before = segment
    return "".join(parts) + "\n"


def as_srt(data: dict[str, Any]) -> str:
    names = shown_names(data["speakers"])
    blocks, before = [], ""
    for number, cue in enumerate(cues(data["segments"]), start=1):
        name = names.get(cue.speaker, "")
        label = f"{_plain(name)}: " if name and name != before else ""
        times = f"{_time(cue.start, ',')} --> {_time(cue.end, ',')}"
        blocks.append(f"{number}\n{times}\n{label}{_lines(cue, _plain)}\n")
        before = name
    return "\n".join(blocks)


def as_vtt(data: dict[str, Any]) -> str:
    names = shown_names(data["speakers"])
    blocks = []
    for cue in cues(data["segments"]):
        voice = f"<v {_escaped(names[cue.speaker])}>" if cue.speaker in names else ""
        blocks.append(f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{voice}{_lines(cue, _escaped)}\n")
    return "\n".join(["WEBVTT\n", *blocks])


def as_rttm(data: dict[str, Any]) -> str:
    """Who spoke when, in the format of the NIST evaluations: one line for each turn, names without blanks."""
    if not data["turns"]:
        raise AppError("conflict", "Nobody has found out yet who speaks in this recording.")
    names = shown_names(data["speakers"])
    names = {label: _unbroken(name) for label, name in names.items()}
    file = _unbroken(file_name(data["title"]))
    return "".join(
        f"SPEAKER {file} 1 {turn['start']:.3f} {turn['end'] - turn['start']:.3f} <NA> <NA> "
        f"{names[turn['speaker']]} <NA> <NA>\n"
        for turn in data["turns"]
    )


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


_FORMATS: Final[dict[str, tuple[str, Callable[[dict[str, Any]], str]]]] = {
    "txt": ("text/plain; charset=utf-8", as_text),
    "srt": ("application/x-subrip; charset=utf-8", as_srt),
    "vtt": ("text/vtt; charset=utf-8", as_vtt),
    "rttm": ("text/plain; charset=utf-8", as_rttm),
    "json": ("application/json", as_json),
}


def _unbroken(text: str) -> str:
    return re.sub(r"\s+", "_", text)


def _time(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def _lines(cue: Cue, write: Callable[[str], str]) -> str:
    return "\n".join(write(line) for line in cue.lines)


def _plain(line: str) -> str:
    # An arrow would end the subtitle for a parser; SRT has no way to escape it.
    return line.replace("-->", "→")


def _escaped(line: str) -> str:
    return _plain(line).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
