"""`POST /v1/audio/transcriptions` and `/v1/audio/translations` as OpenAI's clients call them.

A recording that comes this way is a transcript like any other: in its owner's list, with a job that can be watched.
"""

from typing import Any, Final
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.core.api import AnyAccept
from backend.core.database import release_connections
from backend.core.uploads import uploaded_form
from backend.live.api import key_of
from backend.live.openai.error_answers import answer_error
from backend.live.openai.streaming import patience, streamed
from backend.speech.api import openai_shapes as shapes
from backend.speech.api.openai_requests import Asked, Format, TranscriptionForm, TranslationForm, read_asked
from backend.speech.api.openai_waiting import tell, took_too_long, wait_for_end
from backend.speech.api.uploads import MultipartView
from backend.speech.models import Transcript
from backend.speech.services import transcripts, uploads
from backend.speech.services.exports import export
from backend.speech.services.schemas import describe_whole

_PARAMETERS: Final = [OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)]
_ANSWERS: Final = {(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/plain"): OpenApiTypes.STR}


class _AudioView(MultipartView):
    content_negotiation_class = AnyAccept
    task = "transcribe"
    transcript_id: UUID | None = None

    def get_exception_handler(self) -> Any:
        return answer_error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.transcript_id is not None:
            final.headers["X-Stentor-Transcript"] = str(self.transcript_id)
            if final.status_code >= 400:
                # OpenAI's clients would send the recording again, and it would be heard again.
                final.headers["X-Should-Retry"] = "false"
        return final

    def answer(self, request: Request) -> HttpResponseBase:
        """Take the recording in and answer with its text, or with the stream of it."""
        user = request.user
        assert isinstance(user, User)
        asked = read_asked(uploaded_form(request), self.task)
        taken = uploads.take_in(user, asked.path, asked.wishes, name=asked.name, key=key_of(request))
        job_id, self.transcript_id = UUID(taken["job"]["id"]), UUID(taken["transcript"]["id"])
        release_connections()
        if asked.stream:
            told = tell(job_id, self.transcript_id, lambda: _last_words(user, taken["transcript"]["id"], asked))
            return streamed(told)
        if not async_to_sync(wait_for_end)(job_id, patience(request)):
            return Response(took_too_long(self.transcript_id), status=504)
        return _whole(transcripts.get(user, self.transcript_id), asked)


class Transcriptions(_AudioView):
    @extend_schema(
        operation_id="openai_transcription",
        summary="Transcribe a recording and wait for its text, as OpenAI's clients ask for it",
        request={"multipart/form-data": TranscriptionForm},
        parameters=_PARAMETERS,
        responses={**_ANSWERS, (200, "text/event-stream"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


class Translations(_AudioView):
    task = "translate"

    @extend_schema(
        operation_id="openai_translation",
        summary="Translate a recording into English and wait for its text, as OpenAI's clients ask for it",
        request={"multipart/form-data": TranslationForm},
        parameters=_PARAMETERS,
        responses=_ANSWERS,
    )
    def post(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


def _last_words(user: User, transcript_id: str, asked: Asked) -> list[dict[str, Any]]:
    whole = describe_whole(transcripts.get(user, transcript_id))
    speakers = shapes.speaker_segments(whole) if asked.format is Format.DIARIZED else []
    return [*speakers, shapes.done(whole)]


def _whole(transcript: Transcript, asked: Asked) -> HttpResponse:
    if asked.format in (Format.SRT, Format.VTT):
        return _plain(export(transcript, asked.format.value).text)
    whole = describe_whole(transcript)
    if asked.format is Format.TEXT:
        return _plain(shapes.text_of(whole) + "\n")
    if asked.format is Format.VERBOSE:
        return Response(shapes.as_verbose_json(whole, asked.granularities))
    return Response(shapes.as_diarized_json(whole) if asked.format is Format.DIARIZED else shapes.as_json(whole))


def _plain(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
