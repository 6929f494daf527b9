from typing import Any

from django.urls import path, re_path

from backend.live.api import command_urls
from backend.speech.api import commands, downloads, openai_audio, openai_models, seed, uploads

_ONE = r"^api/transcripts/(?P<transcript_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def _any_case(words: str) -> str:
    """The seed was called as `batchtranscription` and `batchTranscription`: whatever the case, it is meant."""
    return "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in words)


def _seed(view: Any, words: str, parameter: str = "", pattern: str = "") -> list[Any]:
    """The address as the documents show it, and hidden from them the same in any case."""
    route, converter = f"api/batchTranscription/{words}", f"<str:{parameter}>" if parameter else ""
    anyhow = rf"^{_any_case('api/batchtranscription/' + words)}{pattern}/?$"
    return [path(route + converter, view.as_view()), re_path(anyhow, view.as_view(schema=None))]


urlpatterns = [
    re_path(r"^api/transcripts/?$", uploads.Transcripts.as_view()),
    re_path(rf"{_ONE}/audio/?$", downloads.Audio.as_view()),
    re_path(rf"{_ONE}/export/(?P<ending>[a-z]{{1,8}})/?$", downloads.Export.as_view()),
    *command_urls(*commands.COMMANDS),
    re_path(r"^v1/audio/transcriptions/?$", openai_audio.Transcriptions.as_view()),
    re_path(r"^v1/audio/translations/?$", openai_audio.Translations.as_view()),
    re_path(r"^v1/models/?$", openai_models.Models.as_view()),
    path("v1/models/<path:model>", openai_models.OneModel.as_view()),
    *_seed(seed.CreateJob, "createJob"),
    *_seed(seed.Result, "result"),
    *_seed(seed.Delete, "delete/", "job_uuid", r"(?P<job_uuid>[^/]{1,64})"),
]
