"""The addresses under `/api/`, and the same without it, as the service had them that this one replaces."""

from django.urls import path, re_path

from backend.chat.api import composing, files, openai_chat, rendering, ui_stream
from backend.chat.api.commands import COMMANDS
from backend.chat.api.downloads import Export
from backend.chat.api.seed import SEED_COMMANDS, SeedView
from backend.live.api import command_urls

urlpatterns = [
    re_path(files.PATH, files.AttachmentFiles.as_view()),
    *command_urls(*COMMANDS, *composing.COMMANDS, *rendering.COMMANDS),
    re_path(
        r"^api/conversations/(?P<conversation_id>[1-9][0-9]{0,17})/export/(?P<ending>[a-z]{1,8})/?$", Export.as_view()
    ),
    re_path(r"^v1/chat/completions/?$", openai_chat.Completions.as_view()),
    re_path(r"^api/chat/?$", ui_stream.Chat.as_view()),
    path("api/chat/<str:client_id>/stream", ui_stream.Stream.as_view()),
    path("api/chat/<str:client_id>/stop", ui_stream.Stop.as_view()),
    *command_urls(*SEED_COMMANDS, base=SeedView, documented=False),
]
