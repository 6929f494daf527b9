from django.urls import re_path

from backend.live.api import command_urls
from backend.speech.api import commands, downloads, seed, uploads

_ONE = r"^api/transcripts/(?P<transcript_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
# The service before this one was called with both `batchtranscription` and `batchTranscription`.
_SEED = r"(?i)^api/batchtranscription"

urlpatterns = [
    re_path(r"^api/transcripts/?$", uploads.Transcripts.as_view()),
    re_path(rf"{_ONE}/audio/?$", downloads.Audio.as_view()),
    re_path(rf"{_ONE}/export/(?P<ending>[a-z]{{1,8}})/?$", downloads.Export.as_view()),
    *command_urls(*commands.COMMANDS),
    re_path(rf"{_SEED}/createJob/?$", seed.CreateJob.as_view()),
    re_path(rf"{_SEED}/result/?$", seed.Result.as_view()),
    re_path(rf"{_SEED}/delete/(?P<job_uuid>[^/]{{1,64}})/?$", seed.Delete.as_view()),
]
