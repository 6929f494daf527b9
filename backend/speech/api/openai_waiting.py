"""Waiting for the end of a transcription: for the whole of it, or telling its text while it grows.

Whoever goes away ends the waiting, not the job.
"""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async

from backend.core.database import released
from backend.core.errors import KINDS, AppError
from backend.jobs.models import Job, Status
from backend.live.openai.errors import describe, envelope
from backend.live.openai.streaming import DONE, SILENCE_S, comment, event
from backend.live.waiting import changes
from backend.speech.api.openai_shapes import delta
from backend.speech.models import Segment

# A stream says something all the time, so that it may take as long as the work on a long recording.
STREAM_S: Final = 4 * 3600.0


async def wait_for_end(job_id: UUID, seconds: float) -> bool:
    """Whether the job has come to a good end within `seconds`. Raises `AppError` for a bad one."""
    async with aclosing(changes(f"job:{job_id}", ("status",), seconds=seconds, silence=SILENCE_S)) as waiting:
        async for _ in waiting:
            finished, _ = await sync_to_async(_look)(job_id, None)
            if finished:
                return True
    return False


async def tell(
    job_id: UUID, transcript_id: UUID, last_words: Callable[[], Iterable[dict[str, Any]]]
) -> AsyncGenerator[bytes, None]:
    """The text of a job as server-sent events, segment by segment as it is heard; `last_words` at its end."""
    # The first bytes take the headers along, long before the first text is there.
    yield comment("listening")
    told, events = 0, ("status", "progress")
    try:
        async with aclosing(changes(f"job:{job_id}", events, seconds=STREAM_S, silence=SILENCE_S)) as waiting:
            async for happened in waiting:
                finished, fresh = await sync_to_async(_look)(job_id, told)
                for number, text in fresh:
                    yield event(delta(text, first=told == 0))
                    told = number
                if finished:
                    for one in await sync_to_async(released(last_words))():
                        yield event(one)
                    yield DONE
                    return
                if not happened:
                    yield comment("listening")
        yield event(took_too_long(transcript_id))
    except AppError as error:
        yield event(describe(error))


def took_too_long(transcript_id: UUID) -> dict[str, Any]:
    """The error for those who have waited as long as they may."""
    message = f"The transcription goes on. Its text will be in /api/transcripts/{transcript_id}/."
    return envelope(504, message, code="timeout")


@released
def _look(job_id: UUID, told: int | None) -> tuple[bool, list[tuple[int, str]]]:
    """Whether the job has finished, and its segments after the number `told`; None: without them.

    The state is read first, so that the text of a finished job is all there.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise AppError("not_found", "The transcript was deleted before it was finished.")
    if job.status == Status.CANCELLED:
        raise AppError("conflict", "The transcription was cancelled.")
    if job.status == Status.FAILED:
        error = job.error or {}
        code = error.get("code", "")
        raise AppError(code if code in KINDS else "engine_failed", error.get("message", ""))
    if told is None:
        return job.status == Status.COMPLETED, []
    segments = Segment.objects.filter(revision__job=job_id, number__gt=told).order_by("number")
    return job.status == Status.COMPLETED, list(segments.values_list("number", "text"))
