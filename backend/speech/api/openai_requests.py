"""What a client of OpenAI's audio API asks for, in this server's words."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import QueryDict
from rest_framework import serializers

from backend.core.errors import AppError
from backend.engines.choosing import choose_transcriber
from backend.speech.api.openai_models import installed_name
from backend.speech.services.uploads import MAX_HOTWORDS, Wishes, read_wishes


class Format(StrEnum):
    JSON = "json"
    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"
    VERBOSE = "verbose_json"
    DIARIZED = "diarized_json"


GRANULARITIES: Final = ("segment", "word")
_GRANULARITIES_FIELD: Final = "timestamp_granularities[]"


class TranslationForm(serializers.Serializer[Any]):
    """The fields as the OpenAPI document shows them. Others are ignored, as OpenAI ignores them."""

    file = serializers.FileField()
    model = serializers.CharField(help_text="one of /v1/models; OpenAI's own names mean the default model")
    prompt = serializers.CharField(required=False, help_text="hotwords, where the engine takes them")
    response_format = serializers.ChoiceField([one.value for one in Format], required=False)
    temperature = serializers.FloatField(required=False, help_text="without effect")


class TranscriptionForm(TranslationForm):
    language = serializers.CharField(required=False, help_text="a code; none: find out")
    stream = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, Any]:
        words = f"for verbose_json: {' and '.join(GRANULARITIES)}"
        granularities = serializers.ListField(child=serializers.CharField(), required=False, help_text=words)
        return {**super().get_fields(), _GRANULARITIES_FIELD: granularities}


@dataclass(frozen=True, slots=True)
class Asked:
    """A recording at `path`, called `name` by its owner, and how the answer should look."""

    path: Path
    name: str
    wishes: Wishes
    format: Format
    granularities: frozenset[str]
    stream: bool


def read_asked(form: QueryDict, task: str) -> Asked:
    """Raises `AppError` whose `fields` name what is at fault."""
    file: Any = form.get("file")
    if not isinstance(file, TemporaryUploadedFile):
        raise _invalid("file", "The recording is missing.")
    wanted = _format(_text(form, "response_format") or Format.JSON)
    transcribes = task == "transcribe"
    if wanted is Format.DIARIZED and not transcribes:
        raise _invalid("response_format", "A translation has no speakers.")
    return Asked(
        path=Path(file.temporary_file_path()),
        name=file.name or "",
        wishes=_wishes(form, task, diarize=wanted is Format.DIARIZED),
        format=wanted,
        granularities=_granularities(form),
        stream=transcribes and _text(form, "stream").lower() in {"true", "1"},
    )


def _wishes(form: QueryDict, task: str, *, diarize: bool) -> Wishes:
    model = installed_name(_text(form, "model").strip())
    wishes: dict[str, Any] = {"model": model, "task": task, "diarize": diarize}
    if task == "transcribe":
        wishes["language"] = _text(form, "language")
    if choose_transcriber(model).engine.can_use_hotwords:
        # Of a prompt that is too long OpenAI, too, takes the end.
        wishes["hotwords"] = _text(form, "prompt")[-MAX_HOTWORDS:]
    return read_wishes(wishes)


def _text(form: QueryDict, name: str) -> str:
    value: Any = form.get(name)
    return value if isinstance(value, str) else ""


def _format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise _invalid("response_format", f"There is no such format; there are {', '.join(Format)}.") from None


def _granularities(form: QueryDict) -> frozenset[str]:
    found = frozenset(form.getlist(_GRANULARITIES_FIELD)) or frozenset({"segment"})
    if not found <= set(GRANULARITIES):
        raise _invalid("timestamp_granularities", f"There are {' and '.join(GRANULARITIES)}.")
    return found


def _invalid(name: str, message: str) -> AppError:
    return AppError("invalid", message, fields={name: [message]})
