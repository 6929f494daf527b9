from django.urls import re_path

from backend.live.api import command_urls
from backend.speech.api import commands, downloads, seed, uploads

_ONE = r"^api/transcripts/(?P<transcript_id>[0-9a-f-]{36})"
