"""The work of a transcription: decode, find the voice, hear chunk by chunk.

Each finished chunk is stored and announced at once, under the claim of the attempt that heard it; an attempt
begins at the first chunk that has not been heard. Neither text nor hotwords are logged.
"""

from typing import Any, Final

import structlog
from django.conf import settings
from django.db.models import F, Max, Value
from django.db.models.functions import Concat
from numpy.typing import NDArray

from backend.core.text import fold
from backend.engines import SAMPLE_RATE, Heard, Transcriber, audio, chunks, voice
from backend.engines import Segment as HeardSegment
from backend.engines.choosing import choose_transcriber
from backend.jobs.running import Run
from backend.speech.models import Chunk, Revision, Segment, Transcript
from backend.speech.services import diarizing, revisions
from backend.speech.services.decoding import decoded
from backend.speech.services.revisions import NO_SPEECH, save_and_tell
from backend.speech.services.schemas import describe, describe_segment
from backend.speech.services.transcripts import lock

# About how the time divides on a machine without a GPU.
STAGES: Final = {"decoding": 4.0, "detecting speech": 6.0, "transcribing": 90.0}
SPEAKER_STAGES: Final = {diarizing.STAGE: 40.0}

log = structlog.get_logger(__name__)


def run(run: Run) -> None:
    """Transcribe the recording of a job, and find its speakers where that is wished. Raises `AppError` where that
    cannot be done: it fails the job.
    """
    revision = Revision.objects.select_related("transcript__job").get(job=run.job)
    wants_speakers = bool(revision.options.get("diarize"))
    run.stages(STAGES | SPEAKER_STAGES if wants_speakers else STAGES)
    engine = _choose(run, revision)
    with decoded(run, revision.transcript) as samples:
        if not revision.is_cut:
            _cut(run, revision, engine, samples)
        _hear(run, revision, engine, samples)
        if wants_speakers:
            diarizing.find_speakers(run, revision, samples)
    _finish(run, revision)


def _choose(run: Run, revision: Revision) -> Transcriber:
    choice = choose_transcriber(revision.options["model"])
    engine = choice.engine
    log.info("engine_chosen", engine=engine.name, model=engine.model, reason=choice.reason)
    described = {"name": engine.name, "model": engine.model, "reason": choice.reason}
    save_and_tell(run, revision, engine=described)
    return engine


def _cut(run: Run, revision: Revision, engine: Transcriber, samples: NDArray[Any]) -> None:
    seconds = len(samples) / SAMPLE_RATE

    def report(share: float) -> None:
        run.raise_if_cancelled()
        run.progress(share * seconds, seconds, stage="detecting speech", unit="s")

    likely = voice.probabilities(samples, report)
    pieces = chunks.cut(
        voice.speech(likely, len(samples)),
        likely,
        longest=int(min(settings.CONFIG.transcribe_chunk_s, engine.longest_s) * SAMPLE_RATE),
        silence=int(chunks.LONGEST_SILENCE_S * SAMPLE_RATE),
        window=voice.WINDOW,
    )
    rows = [
        Chunk(revision=revision, number=number, start=piece.start, end=piece.end) for number, piece in enumerate(pieces)
    ]
    with run.guarded():
        Chunk.objects.bulk_create(rows)
        revision.is_cut = True
        revision.save(update_fields=["is_cut"])


def _hear(run: Run, revision: Revision, engine: Transcriber, samples: NDArray[Any]) -> None:
    """Hear what has not been heard, as many chunks in one call as the engine likes, each stored by itself."""
    rows = list(revision.chunks.all())
    total = sum(row.end - row.start for row in rows) / SAMPLE_RATE
    done = sum(row.end - row.start for row in rows if row.heard) / SAMPLE_RATE
    missing = [row for row in rows if not row.heard]
    run.progress(done, total or 1.0, stage="transcribing", unit="s")
    for first in range(0, len(missing), engine.batch_size):
        run.raise_if_cancelled()
        batch = missing[first : first + engine.batch_size]
        for row, heard in zip(batch, _ask(engine, revision, samples, batch), strict=True):
            _store(run, revision, row, heard)
            done += (row.end - row.start) / SAMPLE_RATE
            run.progress(done, total, stage="transcribing", unit="s")


def _ask(engine: Transcriber, revision: Revision, samples: NDArray[Any], batch: list[Chunk]) -> list[Heard]:
    options = revision.options
    return engine.transcribe_many(
        [audio.as_float(samples[row.start : row.end]) for row in batch],
        # Found out once, from the first chunk: a recording does not change its language with every pause.
        language=revision.language or options["language"],
        task=options["task"],
        hotwords=options["hotwords"],
    )


def _store(run: Run, revision: Revision, row: Chunk, heard: Heard) -> None:
    transcript = revision.transcript
    with run.guarded():
        last = revision.segments.aggregate(last=Max("number"))["last"] or 0
        segments = [
            _segment(revision, last + position, row.start / SAMPLE_RATE, item)
            for position, item in enumerate(heard.segments, start=1)
        ]
        Segment.objects.bulk_create(segments)
        Chunk.objects.filter(pk=row.pk).update(heard=True)
        if heard.text and revision.is_shown:
            more = Concat(F("folded_text"), Value(f"{fold(heard.text)} "))
            Transcript.objects.filter(pk=transcript.pk).update(folded_text=more)
        for segment in segments if revision.is_shown else ():
            run.publish(transcript.topic, "segment", describe_segment(segment))
    if heard.segments and not revision.language:
        save_and_tell(run, revision, language=heard.language)


def _segment(revision: Revision, number: int, offset: float, item: HeardSegment) -> Segment:
    words = [
        {
            "w": word.text.strip(),
            "s": round(offset + word.start, 3),
            "e": round(offset + word.end, 3),
            "p": word.probability,
        }
        for word in item.words
    ]
    return Segment(
        revision=revision,
        number=number,
        start=round(offset + item.start, 3),
        end=round(offset + item.end, 3),
        text=item.text,
        confidence=item.confidence,
        words=words,
    )


def _finish(run: Run, revision: Revision) -> None:
    with run.guarded():
        revisions.finish(revision)
        transcript = lock(revision.transcript_id)
        shown = transcript.revision == revision.number
        if shown and not revision.segments.exists():
            transcript.note = NO_SPEECH
            transcript.save(update_fields=["note"])
            run.publish(transcript.topic, "details", describe(transcript))
        if not shown:
            run.publish(transcript.topic, "revised", revisions.show(transcript, revision), restart=True)
