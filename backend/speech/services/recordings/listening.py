"""The work of a live recording: frames to disk, acknowledged, decoded, heard, told; until it is stopped or left alone.

One attempt owns a recording at a time. The next one goes on from the last settled word: it plays the frames on disk
again up to where the one before stood, and hears the rest.
"""

import json
import time
from typing import Any, Final

import structlog
from django.conf import settings

from backend.engines import SAMPLE_RATE
from backend.engines.arriving import Samples, decoder_for
from backend.engines.choosing import choose_live_transcriber
from backend.jobs.errors import ClaimLost
from backend.jobs.running import Run
from backend.speech.models import Recording, Revision
from backend.speech.services.recordings import finishing, incoming, places
from backend.speech.services.recordings.framelog import FrameLog, payloads
from backend.speech.services.recordings.incoming import Item, Mark
from backend.speech.services.recordings.telling import Teller
from backend.speech.services.revisions import save_and_tell
from backend.speech.services.transcripts import discard

# About 5 s of sound: what is taken out of Redis in one go is heard before it is acknowledged further.
READ_AT_ONCE: Final = 50
WAIT_S: Final = 0.5
RENEW_PLACE_S: Final = 10.0
LAG_EVERY_S: Final = 1.0
STAGES: Final = {"listening": 98.0, "storing": 2.0}

log = structlog.get_logger(__name__)


def run(run: Run) -> None:
    """Listen to the recording of a job until it has ended, then store it. Raises `AppError`: it fails the job."""
    revision = Revision.objects.select_related("transcript__job", "transcript__recording").get(job=run.job)
    recording = revision.transcript.recording
    if recording.ended_at is not None:
        return
    run.stages(STAGES)
    run.progress(0, 0, stage="listening")
    ident = str(revision.transcript_id)
    if not incoming.claim(ident, run.fence):
        raise ClaimLost
    with FrameLog(revision.transcript.frames, run.fence) as frames:
        wanted = _Session(run, revision, frames).listen()
    if wanted:
        finishing.finish(run, revision)
    places.leave(ident)
    incoming.forget(ident)
    if not wanted:
        discard(revision.transcript)


class Ear:
    """Bytes in, words told: decoder, listener and teller of one attempt. `received` counts the samples so far."""

    def __init__(self, run: Run, revision: Revision) -> None:
        recording = revision.transcript.recording
        choice = choose_live_transcriber()
        engine, options = choice.engine, revision.options
        log.info("engine_chosen", engine=engine.name, model=engine.model, reason=choice.reason)
        described = {"name": engine.name, "model": engine.model, "reason": choice.reason}
        save_and_tell(run, revision, engine=described)
        self._run = run
        self._teller = Teller(run, revision)
        self._decoder = decoder_for(recording.encoding, recording.sample_rate)
        resume = self._teller.resume()
        self._heard_before = resume.sample if resume else 0
        self._listener = engine.listen(
            language=revision.language or options["language"],
            task=options["task"],
            hotwords=options["hotwords"],
            resume=resume,
        )
        self.received = 0

    @property
    def received_s(self) -> float:
        return self.received / SAMPLE_RATE

    @property
    def processed_s(self) -> float:
        return self._listener.processed_s

    def hear(self, data: bytes) -> None:
        self._feed(self._decoder.feed(data))

    def finalize(self) -> None:
        """Settle everything that was heard so far."""
        self._tell(self._listener.finalize())

    def end(self) -> None:
        self._feed(self._decoder.close())
        self.finalize()

    def tell_lag(self, received_s: float) -> None:
        self._teller.lag(received_s, self.processed_s)

    def _feed(self, samples: Samples) -> None:
        known = min(max(self._heard_before - self.received, 0), len(samples))
        self.received += len(samples)
        if known < len(samples):
            self._tell(self._listener.feed(samples[known:]))

    def _tell(self, outputs: Any) -> None:
        for output in outputs:
            self._teller.take(output, self._listener)
            # A pass may take a second: the claim is looked at between any two.
            self._run.raise_if_cancelled()


class _Session:
    def __init__(self, run: Run, revision: Revision, frames: FrameLog) -> None:
        self._run = run
        self._frames = frames
        self._transcript = revision.transcript
        self._ident = str(revision.transcript_id)
        self._begun = time.time()
        self._after = b"0"
        self._bytes = 0
        self._place_renewed = self._lag_told = 0.0
        self._lag: tuple[float, float] = (0.0, 0.0)
        self._ear: Ear | None = None
        self._revision = revision

    def listen(self) -> bool:
        """Until the client stops, stays away too long, or the recording is as long as one may be. False where nobody
        has ever said anything and nobody waits for the end: a client that lost its line before it began.
        """
        # Before the engine is loaded, which takes its time: what has been sent is safe from now on.
        waiting = self._take_in(0.01)
        self._acknowledge()
        ear = self._ear = Ear(self._run, self._revision)
        for data in payloads(self._transcript.frames):
            self._bytes += len(data)
            ear.hear(data)
            self._run.raise_if_cancelled()
        stopped = self._handle(waiting, heard=True)
        while not stopped and not self._is_left_alone() and not self._is_too_long():
            stopped = self._handle(self._take_in(WAIT_S))
            self._housekeeping()
        ear.end()
        return stopped or ear.received > 0

    def _take_in(self, wait_s: float) -> list[Item]:
        """The next frames and marks; the frames are on disk, and acknowledged, when this returns."""
        self._run.raise_if_cancelled()
        items = incoming.read(self._ident, self._after, limit=READ_AT_ONCE, wait_s=wait_s)
        if not items:
            return []
        self._after = items[-1].ident
        fresh = [item for item in items if item.mark or self._frames.append(item.number, item.data)]
        self._frames.flush()
        frames = [item for item in items if not item.mark]
        if frames:
            if not incoming.stored(self._ident, frames, self._run.fence):
                raise ClaimLost
            self._acknowledge()
        return fresh

    def _acknowledge(self) -> None:
        acknowledged = {"seq": self._frames.next_number - 1}
        self._run.publish_now(f"recording:{self._ident}", "ack", acknowledged, replaces="ack")

    def _handle(self, items: list[Item], *, heard: bool = False) -> bool:
        """Hear the frames and do what the marks say; True after "stop"."""
        assert self._ear is not None
        for item in items:
            match item.mark:
                case None:
                    if not heard:
                        self._bytes += len(item.data)
                        self._ear.hear(item.data)
                case Mark.FINALIZE | Mark.PAUSE:
                    self._ear.finalize()
                case Mark.STOP:
                    then = json.loads(item.data)
                    Recording.objects.filter(transcript=self._transcript).update(then=then or None)
                    self._done(item)
                    return True
            if item.mark:
                self._done(item)
        return False

    def _done(self, item: Item) -> None:
        incoming.stored(self._ident, [item], self._run.fence)

    def _housekeeping(self) -> None:
        assert self._ear is not None
        now = time.monotonic()
        if now - self._place_renewed >= RENEW_PLACE_S:
            self._place_renewed = now
            places.renew(self._ident)
        if now - self._lag_told >= LAG_EVERY_S:
            self._tell_lag(self._ear, now)

    def _tell_lag(self, ear: Ear, now: float) -> None:
        waiting = incoming.backlog(self._ident).bytes
        per_second = self._bytes / ear.received_s if ear.received else 0.0
        lag = (ear.received_s + (waiting / per_second if per_second else 0.0), ear.processed_s)
        if lag != self._lag:
            self._lag, self._lag_told = lag, now
            ear.tell_lag(lag[0])

    def _is_left_alone(self) -> bool:
        held_until = incoming.backlog(self._ident).held_until or self._begun
        return time.time() > held_until + settings.CONFIG.live_grace_s

    def _is_too_long(self) -> bool:
        assert self._ear is not None
        return self._ear.received_s >= settings.CONFIG.max_audio_hours * 3600
