"""The work of finding out who speaks when, and of giving each word its speaker."""

from dataclasses import asdict
from typing import Any, Final

import structlog
from numpy.typing import NDArray

from backend.engines import SAMPLE_RATE
from backend.engines.choosing_diarizer import choose_diarizer
from backend.engines.diarizing import Diarization, Speakers
from backend.jobs.running import Run
from backend.speech.models import Revision, Segment
from backend.speech.services import revisions
from backend.speech.services.decoding import decoded
from backend.speech.services.schemas import describe, describe_segment
from backend.speech.services.speakers.merging import speakers_of, split_all
from backend.speech.services.transcripts import lock

KIND: Final = "diarization"
STAGE: Final = "finding speakers"
STAGES: Final = {"decoding": 6.0, STAGE: 94.0}

log = structlog.get_logger(__name__)


def run(run: Run) -> None:
    """Find the speakers of a recording, as a new revision of the text that is shown. Raises `AppError`: it fails the
    job.
    """
    revision = Revision.objects.select_related("transcript__job").get(job=run.job)
    run.stages(STAGES)
    with decoded(run, revision.transcript) as samples:
        find_speakers(run, revision, samples, of=revision.transcript.shown)
    with run.guarded():
        revisions.finish(revision)
        transcript = lock(revision.transcript_id)
        if transcript.revision != revision.number:
            run.publish(transcript.topic, "revised", revisions.show(transcript, revision), restart=True)


def find_speakers(run: Run, revision: Revision, samples: NDArray[Any], *, of: Revision | None = None) -> None:
    """Give the words of a revision their speakers; with `of`, those of another revision, which is copied."""
    choice = choose_diarizer()
    engine, options = choice.engine, revision.options
    log.info("diarizer_chosen", engine=engine.name, model=engine.model, reason=choice.reason)
    seconds = len(samples) / SAMPLE_RATE

    def report(share: float) -> None:
        run.raise_if_cancelled()
        run.progress(share * seconds, seconds, stage=STAGE, unit="s")

    report(0.0)
    wanted = Speakers(options.get("speakers", 0), options.get("min_speakers", 0), options.get("max_speakers", 0))
    found = engine.diarize(samples, speakers=wanted, report=report)
    revision.diarizer = {"name": engine.name, "model": engine.model, "reason": choice.reason}
    _store(run, revision, found, of or revision)


def _store(run: Run, revision: Revision, found: Diarization, of: Revision) -> None:
    revision.speakers = speakers_of(found)
    revision.turns = [asdict(turn) for turn in found.exclusive]
    revision.overlapping = [asdict(turn) for turn in found.turns]
    if of.pk != revision.pk:
        revision.engine, revision.language = of.engine, of.language
    parts = split_all([describe_segment(row) for row in of.segments.all()], found)
    with run.guarded():
        revision.segments.all().delete()
        Segment.objects.bulk_create([_segment(revision, number, part) for number, part in enumerate(parts, start=1)])
        revision.save(update_fields=["speakers", "turns", "overlapping", "diarizer", "engine", "language"])
        transcript = lock(revision.transcript_id)
        if transcript.revision == revision.number:
            run.publish(transcript.topic, "revised", describe(transcript), restart=True)


def _segment(revision: Revision, number: int, part: dict[str, Any]) -> Segment:
    names = ("start", "end", "text", "confidence", "words", "speaker")
    return Segment(revision=revision, number=number, **{name: part[name] for name in names})
