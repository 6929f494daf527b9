"""The end of a live recording: its sound becomes a file to play, and what was asked for afterwards is begun."""

import shutil
from collections.abc import Iterator

from django.utils import timezone

from backend.engines import SAMPLE_RATE, audio
from backend.engines.arriving import Samples, decoder_for
from backend.jobs.running import Run
from backend.speech.models import Recording, Revision
from backend.speech.services import passes, revisions
from backend.speech.services.recordings.framelog import payloads
from backend.speech.services.revisions import NO_SPEECH
from backend.speech.services.schemas import describe
from backend.speech.services.transcripts import lock


def finish(run: Run, revision: Revision) -> None:
    """Store the recording, note that it has ended, and begin the second pass where one was asked for."""
    transcript = revision.transcript
    unfinished = transcript.directory / f"source.{run.fence}.partial"
    try:
        samples = audio.encode_flac(unfinished, _sound(run, transcript.recording))
        if samples:
            unfinished.replace(transcript.source)
    finally:
        unfinished.unlink(missing_ok=True)
    _conclude(run, revision, samples / SAMPLE_RATE)
    shutil.rmtree(transcript.frames, ignore_errors=True)


def _sound(run: Run, recording: Recording) -> Iterator[Samples]:
    run.progress(0, 1, stage="storing")
    decoder = decoder_for(recording.encoding, recording.sample_rate)
    for data in payloads(recording.transcript.frames):
        run.raise_if_cancelled()
        yield decoder.feed(data)
    yield decoder.close()


def _conclude(run: Run, revision: Revision, seconds: float) -> None:
    with run.guarded():
        transcript = lock(revision.transcript_id)
        transcript.duration_s = seconds
        transcript.has_audio = seconds > 0
        if not revision.segments.exists():
            transcript.note = NO_SPEECH
        transcript.save(update_fields=["duration_s", "has_audio", "note"])
        recording = Recording.objects.get(transcript=transcript)
        recording.ended_at = timezone.now()
        recording.save(update_fields=["ended_at"])
        revisions.finish(revision)
        if recording.then and seconds:
            passes.after_recording(transcript, recording.then)
        run.publish(transcript.topic, "details", describe(transcript))
