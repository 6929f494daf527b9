"""`POST /api/conversations/<id>/attachments/file`: a file to attach, by multipart form."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.chat.api.commands import OneConversation
from backend.chat.services import files
from backend.chat.services.schemas import AttachmentOut
from backend.core.uploads import BoundedFileUploadHandler, measure_body, uploaded_file, uploaded_form
from backend.live.api import CommandView, key_of
from backend.live.commands import Command, execute

PATH: Final = r"^api/conversations/(?P<conversation_id>[0-9]{1,18})/attachments/file/?$"
_FORM: Final = inline_serializer("AttachedFile", {"file": serializers.FileField()})


class AttachmentUploadHandler(BoundedFileUploadHandler):
    @property
    def megabytes(self) -> int:
        return int(settings.CONFIG.max_attachment_mb)


class AttachmentFiles(CommandView):
    scope = "chat"
    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        measure_body(request)
        request.upload_handlers = [AttachmentUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="chat.attach_file",
        summary="Attach a file to your next message: plain text, HTML, PDF, Word or Excel; its text is read by a job",
        request={"multipart/form-data": _FORM},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={201: AttachmentOut},
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        file = uploaded_file(uploaded_form(request))
        key = key_of(request)

        def attach(user: User, data: OneConversation) -> dict[str, Any]:
            return files.attach(user, data.conversation_id, Path(file.temporary_file_path()), file.name or "")

        command = Command("chat.attach_file", OneConversation, attach, "POST", "", "chat", status=201)
        assert isinstance(request.user, User)
        answer = execute(command, request.user, {"conversation_id": int(conversation_id)}, key=key, scopes=None)
        return Response(answer, status=201)
