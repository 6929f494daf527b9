from django.urls import re_path

from backend.documents.api import downloads, uploads
from backend.documents.api.commands import COMMANDS
from backend.live.api import command_urls

_ONE = r"^api/documents/(?P<document_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

urlpatterns = [
    re_path(r"^api/documents/?$", uploads.Documents.as_view()),
    re_path(rf"{_ONE}/text/?$", downloads.Text.as_view()),
    *command_urls(*COMMANDS),
]
