"""The speech service that this one replaces: its addresses, envelope and words, for the clients that it has."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import User
from backend.core.api import answer_problem
from backend.core.errors import AppError
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.speech.api.uploads import MultipartView, receive
from backend.speech.models import Revision
from backend.speech.services import diarizing
from backend.speech.services.transcripts import text_of, turns_of
from backend.speech.services.uploads import KIND

QUEUED: Final = "Votre demande est dans la file d'attente"
_WORDS: Final = {
    Status.QUEUED: "PENDING",
    Status.STARTED: "STARTED",
    Status.COMPLETED: "COMPLETED",
    Status.FAILED: "FAILED",
    Status.CANCELLED: "CANCELLED",
}


class SeedView(MultipartView):
    """Answers in that service's envelope, errors too. `kind` is that of the jobs which are meant."""

    kind = KIND

    def job(self, request: Request, ident: str) -> Job:
        if not ident:
            raise AppError("invalid", "The parameter job_uuid is missing.")
        try:
            job = jobs.get_readable(_user(request), UUID(ident))
        except ValueError:
            raise AppError("not_found", "There is no such job, or it is not yours to see.") from None
        if job.kind != self.kind:
            raise AppError("not_found", "There is no such job, or it is not yours to see.")
        return job

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return _answer_error


class CreateJob(SeedView):
    @extend_schema(summary="Queue the work on `audioFile`", request=None, responses={200: dict[str, Any]})
    def post(self, request: Request) -> Response:
        job = receive(request, "audioFile", self.kind)["job"]
        return _success({"job_uuid": job["id"], "status": QUEUED})


class Result(SeedView):
    @extend_schema(
        summary="The state of a job, and its text and speakers when they are there",
        parameters=[OpenApiParameter("job_uuid", str)],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        job = self.job(request, request.query_params.get("job_uuid", ""))
        data: dict[str, Any] = {"job_id": str(job.id), "status": _WORDS[Status(job.status)]}
        if job.status == Status.COMPLETED:
            data |= _found(job)
        return _success(data)


class Delete(SeedView):
    @extend_schema(summary="Cancel a job", responses={200: dict[str, Any]})
    def delete(self, request: Request, job_uuid: str) -> Response:
        job = self.job(request, job_uuid)
        if not job.has_ended:
            job = jobs.cancel(_user(request), job.id)
        return _success({"job_id": str(job.id), "status": _WORDS[Status(job.status)]})

    @extend_schema(summary="Cancel a job", request=None, responses={200: dict[str, Any]})
    def post(self, request: Request, job_uuid: str) -> Response:
        return self.delete(request, job_uuid)


def _found(job: Job) -> dict[str, Any]:
    """What a job was asked for: the text, or who speaks when in seconds, or both."""
    if job.kind == diarizing.KIND:
        return {"turns": turns_of(job)}
    wanted = Revision.objects.filter(job=job, options__diarize=True).exists()
    return {"transcription": text_of(job), **({"turns": turns_of(job)} if wanted else {})}


def _user(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def _success(data: dict[str, Any]) -> Response:
    return Response({"data": data, "status": "success"})


def _answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    response = answer_problem(error, context)
    if response is not None:
        details = [text for texts in response.data.get("fields", {}).values() for text in texts]
        message = " ".join([response.data["detail"], *details])
        response.data = {"status": "error", "message": message}
        response.content_type = "application/json"
    return response
