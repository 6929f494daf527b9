"""The addresses of batches, and those of the service that this one replaces."""

from django.urls import re_path

from backend.live.api import command_urls
from backend.prompts.api import openai_urls
from backend.prompts.api.commands import COMMANDS
from backend.prompts.api.downloads import Results
from backend.prompts.api.seed import COMMANDS as SEED_COMMANDS

_RESULTS = r"^api/batches/(?P<batch_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/results/(?P<ending>[a-z]{1,8})/?$"

urlpatterns = [
    *command_urls(*COMMANDS),
    re_path(_RESULTS, Results.as_view()),
    *command_urls(*SEED_COMMANDS),
    *openai_urls.urlpatterns,
]
