"""The registry of job kinds: which task does the work, on which queue."""

from dataclasses import dataclass
from datetime import timedelta

from backend.core.queues import QUEUE_OF, Queue, Task


@dataclass(frozen=True, slots=True)
class JobKind:
    """`repeatable` work may be run again by itself after a worker was lost, up to `attempts` times in all; other
    work then ends as failed. A dead worker is noticed after at most `lease` plus one round of the sweeper (2 s).
    """

    name: str
    task: Task
    repeatable: bool = True
    lease: timedelta = timedelta(seconds=12)
    attempts: int = 3

    @property
    def queue(self) -> Queue:
        return QUEUE_OF[self.task]


_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> None:
    _kinds[kind.name] = kind


def find(name: str) -> JobKind:
    return _kinds[name]
