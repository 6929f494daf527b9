"""A transcript as a file: plain text, subtitles in SRT and WebVTT, JSON."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from backend.core.errors import AppError
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe_whole
from backend.speech.services.subtitles import Cue, cues

# A pause of this length starts a paragraph in plain text.
PARAGRAPH_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    media_type: str
    text: str


def export(transcript: Transcript, ending: str) -> Export:
    """The transcript as `txt`, `srt`, `vtt` or `json`, whatever of it there is by now."""
    if ending not in _FORMATS:
        raise AppError("not_found", f"There is no such format; there are {', '.join(_FORMATS)}.")
    media_type, write = _FORMATS[ending]
    return Export(f"{file_name(transcript.title)}.{ending}", media_type, write(describe_whole(transcript)))


def file_name(title: str) -> str:
    """A title as a file name that no system trips over: without the ending of the recording's own name."""
    stem = re.sub(r"\.[A-Za-z0-9]{2,4}$", "", title)
    safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*;%]+', "_", stem).strip(" ._")
    return safe[:100] or "transcript"


def as_text(data: dict[str, Any]) -> str:
    parts: list[str] = []
    before: float | None = None
    for segment in data["segments"]:
        if before is not None:
            parts.append("\n\n" if segment["start"] - before >= PARAGRAPH_S else "\n")
        parts.append(" ".join(segment["text"].split()))
        before = segment["end"]
    return "".join(parts) + "\n"


def as_srt(data: dict[str, Any]) -> str:
    return "\n".join(
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{_lines(cue, _plain)}\n"
        for number, cue in enumerate(cues(data["segments"]), start=1)
    )


def as_vtt(data: dict[str, Any]) -> str:
    blocks = [
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{_lines(cue, _escaped)}\n"
        for cue in cues(data["segments"])
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


_FORMATS: Final[dict[str, tuple[str, Callable[[dict[str, Any]], str]]]] = {
    "txt": ("text/plain; charset=utf-8", as_text),
    "srt": ("application/x-subrip; charset=utf-8", as_srt),
    "vtt": ("text/vtt; charset=utf-8", as_vtt),
    "json": ("application/json", as_json),
}


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
