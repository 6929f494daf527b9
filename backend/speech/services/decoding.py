"""The sound of a transcript as samples on disk, for the time of the work on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from numpy.typing import NDArray

from backend.engines import audio
from backend.jobs.errors import JobFailed, JobStopped
from backend.jobs.models import ENDED, Job
from backend.jobs.running import Run
from backend.speech.models import Transcript
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import lock


@contextmanager
def decoded(run: Run, transcript: Transcript) -> Iterator[NDArray[Any]]:
    """Decode the recording, as the stage "decoding" of a job, and remove the samples afterwards, unless another
    attempt goes on with them.
    """
    keep = False
    try:
        yield _decode(run, transcript)
    except FileNotFoundError as error:
        raise JobFailed("unreadable_audio", "The recording is no longer on this server.") from error
    except JobStopped:
        # Handed on to another attempt, which goes on with them; or cancelled, and nobody needs them.
        keep = not Job.objects.filter(pk=run.job.pk, status__in=ENDED).exists()
        raise
    finally:
        if not keep:
            transcript.samples.unlink(missing_ok=True)


def _decode(run: Run, transcript: Transcript) -> NDArray[Any]:
    length = transcript.duration_s or 0.0

    def report(share: float) -> None:
        run.raise_if_cancelled()
        run.progress(share * (length or 1.0), length or 1.0, stage="decoding", unit="s" if length else "")

    limit = settings.CONFIG.max_audio_hours * 3600
    seconds = audio.decode(transcript.source, transcript.samples, max_seconds=limit, report=report)
    if transcript.duration_s != seconds:
        with run.guarded():
            fresh = lock(transcript.pk)
            fresh.duration_s = transcript.duration_s = seconds
            fresh.save(update_fields=["duration_s"])
            run.publish(fresh.topic, "details", describe(fresh))
    return audio.open_samples(transcript.samples)
