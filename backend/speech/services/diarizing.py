"""The work of finding out who speaks when, and of giving each word its speaker."""

from typing import Any

from numpy.typing import NDArray

from backend.jobs.running import Run
from backend.speech.models import Revision


def find_speakers(run: Run, revision: Revision, samples: NDArray[Any]) -> None:
    raise NotImplementedError
