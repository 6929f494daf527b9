from typing import Any

from django.urls import path, re_path

from backend.live.api import command_urls
from backend.live.openai import models
from backend.speech.api import (
    commands,
    downloads,
    editing,
    engines,
    openai_audio,
    passes,
    seed,
    uploads,
)
from backend.speech.services import diarizing
from backend.speech.services.uploads import KIND

_ONE = r"^api/transcripts/(?P<transcript_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def _any_case(words: str) -> str:
    """The seed was called as `batchtranscription` and `batchTranscription`: whatever the case, it is meant."""
    return "".join(f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else letter for letter in words)


def _seed(service: str, kind: str) -> list[Any]:
    """The addresses for one kind of job: as the documents show them, and hidden from them the same in any case."""
    views = {"createJob": seed.CreateJob, "result": seed.Result, "delete/<str:job_uuid>": seed.Delete}
    patterns: list[Any] = []
    for words, view in views.items():
        fixed, parameter, _ = words.partition("<")
        anyhow = _any_case(f"api/{service}/{fixed}") + (r"(?P<job_uuid>[^/]{1,64})" if parameter else "")
        patterns.append(path(f"api/{service}/{words}", view.as_view(kind=kind)))
        patterns.append(re_path(rf"^{anyhow}/?$", view.as_view(kind=kind, schema=None)))
    return patterns


urlpatterns = [
    re_path(r"^api/transcripts/?$", uploads.Transcripts.as_view()),
    re_path(rf"{_ONE}/audio/?$", downloads.Audio.as_view()),
    re_path(rf"{_ONE}/export/(?P<ending>[a-z]{{1,8}})/?$", downloads.Export.as_view()),
    *command_urls(*commands.COMMANDS, *passes.COMMANDS, *editing.COMMANDS, *engines.COMMANDS),
    re_path(r"^v1/audio/transcriptions/?$", openai_audio.Transcriptions.as_view()),
    re_path(r"^v1/audio/translations/?$", openai_audio.Translations.as_view()),
    re_path(r"^v1/models/?$", models.Models.as_view()),
    path("v1/models/<path:model>", models.OneModel.as_view()),
    *_seed("batchTranscription", KIND),
    *_seed("diarization", diarizing.KIND),
]
