"""Transcripts in the shapes of OpenAI's API. Pure functions of a transcript as clients see it."""

import math
import zlib
from collections.abc import Callable, Collection
from typing import Any, Final

from backend.speech.api.openai_languages import name_of


def text_of(whole: dict[str, Any]) -> str:
    return " ".join(segment["text"] for segment in whole["segments"])


def as_json(whole: dict[str, Any]) -> dict[str, Any]:
    return {"text": text_of(whole), "usage": _usage(whole)}


def as_verbose_json(whole: dict[str, Any], granularities: Collection[str]) -> dict[str, Any]:
    """With `segments`, `words` or both. What this server does not keep of a segment is empty or 0."""
    task = whole["options"]["task"]
    shape = {
        "task": task,
        "language": name_of("en" if task == "translate" else whole["language"]),
        "duration": whole["duration_s"] or 0.0,
        "text": text_of(whole),
        "usage": _usage(whole),
    }
    if "word" in granularities:
        words = [word for segment in whole["segments"] for word in segment["words"]]
        shape["words"] = [{"word": word["w"], "start": word["s"], "end": word["e"]} for word in words]
    if "segment" in granularities:
        shape["segments"] = [_segment(number, segment) for number, segment in enumerate(whole["segments"])]
    return shape


def as_diarized_json(whole: dict[str, Any]) -> dict[str, Any]:
    return {
        "task": "transcribe",
        "duration": whole["duration_s"] or 0.0,
        "text": text_of(whole),
        "segments": speaker_segments(whole),
        "usage": _usage(whole),
    }


def speaker_segments(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The segments of a transcript with the names of their speakers, or the labels of those without one."""
    shown = _shown_names(whole["speakers"])
    return [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{segment['id']}",
            "start": segment["start"],
            "end": segment["end"],
            "text": segment["text"],
            "speaker": shown(segment["speaker"]),
        }
        for segment in whole["segments"]
    ]


def delta(text: str, *, first: bool) -> dict[str, Any]:
    """The event for one more segment; all of them together are the text of `done`."""
    return {"type": "transcript.text.delta", "delta": text if first else f" {text}"}


def done(whole: dict[str, Any]) -> dict[str, Any]:
    return {"type": "transcript.text.done", "text": text_of(whole)}


def _segment(number: int, segment: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number,
        "seek": round(segment["start"] * 100),
        "start": segment["start"],
        "end": segment["end"],
        "text": segment["text"],
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _log_probability(segment),
        "compression_ratio": _compression_ratio(segment["text"]),
        "no_speech_prob": 0.0,
    }


# A word of probability 0 would make a segment infinitely unlikely, which JSON cannot say.
_LEAST: Final = 1e-4


def _log_probability(segment: dict[str, Any]) -> float:
    likely = [word["p"] for word in segment["words"]] or [segment["confidence"]]
    return round(sum(math.log(max(one, _LEAST)) for one in likely) / len(likely), 4)


def _compression_ratio(text: str) -> float:
    """How much shorter zlib makes the text, which is how Whisper finds text that goes round in circles."""
    data = text.encode()
    return round(len(data) / len(zlib.compress(data)), 4)


def _usage(whole: dict[str, Any]) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(whole["duration_s"] or 0.0)}


def _shown_names(speakers: list[dict[str, Any]]) -> Callable[[str], str]:
    by_label = {speaker["label"]: speaker for speaker in speakers}

    def shown(label: str) -> str:
        speaker = by_label.get(label)
        if speaker is None:
            return label
        merged = by_label.get(speaker["merged_into"], speaker)
        return str(merged["name"] or merged["label"])

    return shown
