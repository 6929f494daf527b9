"""Diarization by pyannote.audio: a pipeline in a directory, or from the Hugging Face hub."""

import os
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from backend.core.errors import AppError
from backend.engines import SAMPLE_RATE
from backend.engines.diarizing import Diarization, Speakers, Turn, by_appearance, renamed
from backend.engines.diarizing.pipelines import Pipeline, find_pipeline, own_cache

# Where each step begins and ends in the share of the work: the voice prints take most of the time.
_SHARES: Final = {"segmentation": (0.0, 0.15), "embeddings": (0.15, 0.95)}
# On a CPU larger batches are no faster, and nothing can be stopped within one.
_CPU_BATCH: Final = 4
# More CPU threads do not help networks of this size.
_USEFUL_THREADS: Final = 4
_BROKEN: Final = (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, ImportError)


class PyannoteDiarizer:
    """`model` is a directory with a pipeline, or its name on the hub.

    Raises `AppError("engine_failed")` where it is neither on this machine nor can be fetched.
    """

    name = "pyannote"

    def __init__(self, model: str = "") -> None:
        found = find_pipeline(model)
        if found is None:
            raise AppError("engine_failed", "The diarization model is not installed; see DIARIZATION_MODEL.")
        self.model = found.name
        self._found = found
        self._lock = threading.Lock()
        self._loaded: Any = None

    def diarize(
        self, samples: NDArray[np.int16], *, speakers: Speakers, report: Callable[[float], None]
    ) -> Diarization:
        """The whole recording is held in memory, about 230 MB for each hour."""
        turns: list[Turn] = []
        exclusive: list[Turn] = []
        if len(samples):
            pipeline = self._load()
            _limit_threads()
            with _failures("pyannote.audio failed"):
                output = pipeline(_sound(samples), hook=_Progress(report), **_numbers(speakers))
            seconds = len(samples) / SAMPLE_RATE
            turns = _turns(output.speaker_diarization, seconds)
            exclusive = _turns(output.exclusive_speaker_diarization, seconds)
        report(1.0)
        names = by_appearance([*turns, *exclusive])
        return Diarization(renamed(turns, names), renamed(exclusive, names))

    def _load(self) -> Any:
        with self._lock:
            if self._loaded is None:
                with _failures(f"The diarization model {self.model} cannot be loaded"):
                    self._loaded = _load(self._found)
            return self._loaded


class _Progress:
    """pyannote's hook as a share that never falls."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report = report
        self._share = 0.0

    def __call__(
        self,
        step: str,
        artifact: object,
        file: object = None,
        total: float | None = None,
        completed: float | None = None,
    ) -> None:
        if step in _SHARES and total and completed is not None:
            start, end = _SHARES[step]
            # The counts may be numpy's, and more may be completed than there is.
            done = min(1.0, float(completed) / float(total))
            self._share = max(self._share, start + (end - start) * done)
        self._report(self._share)


@contextmanager
def _failures(what: str) -> Iterator[None]:
    """What pyannote and torch raise becomes an error with a code. Its text may hold paths and addresses: only its kind
    is told.
    """
    with warnings.catch_warnings():
        # It warns of what does not matter here: decoders that are not used, voices that were too short.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"pyannote\.")
        try:
            yield
        except (*_BROKEN, pickle.UnpicklingError) as error:
            raise AppError("engine_failed", f"{what} ({type(error).__name__}).") from error


def _load(found: Pipeline) -> Any:
    import torch
    from pyannote.audio import Pipeline as Loader

    token = settings.CONFIG.hf_token.get_secret_value() or None
    pipeline = Loader.from_pretrained(found.directory or found.name, token=token, cache_dir=own_cache())
    if pipeline is None:
        raise AppError("engine_failed", f"The hub does not give out the diarization model {found.name}.")
    if torch.cuda.is_available():
        pipeline.to(torch.device("cuda"))
    else:
        pipeline.embedding_batch_size = min(_CPU_BATCH, pipeline.embedding_batch_size)
        pipeline.segmentation_batch_size = min(_CPU_BATCH, pipeline.segmentation_batch_size)
    return pipeline


def _limit_threads() -> None:
    import torch

    # Set for each recording: it holds for the calling thread.
    torch.set_num_threads(settings.CONFIG.whisper_threads or min(_USEFUL_THREADS, len(os.sched_getaffinity(0))))


def _sound(samples: NDArray[np.int16]) -> dict[str, Any]:
    import torch

    # One copy, changed in place: a recording of hours takes gigabytes.
    sound = samples.astype(np.float32)
    sound /= np.float32(32768.0)
    return {"waveform": torch.from_numpy(sound)[None], "sample_rate": SAMPLE_RATE, "uri": "recording"}


def _numbers(speakers: Speakers) -> dict[str, int]:
    wishes = {"num_speakers": speakers.exact, "min_speakers": speakers.least, "max_speakers": speakers.most}
    return {name: number for name, number in wishes.items() if number}


def _turns(annotation: Any, seconds: float) -> list[Turn]:
    """The turns within the recording: pyannote fills a short one with silence, and may hear a voice in it."""
    tracks = annotation.itertracks(yield_label=True)
    return [
        Turn(float(segment.start), min(float(segment.end), seconds), str(label))
        for segment, _, label in tracks
        if segment.start < seconds
    ]
