"""The registry of job kinds: which task does the work, on which queue."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from backend.core.queues import QUEUE_OF, Queue, Task
from backend.jobs.models import Job


def _nothing(job: Job) -> None:
    """What most kinds do when a job of theirs has ended."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """`repeatable` work may be run again by itself after a worker was lost, up to `attempts` times in all; other
    work then ends as failed. A dead worker is noticed after at most `lease` plus one round of the sweeper (2 s).
    Work that is not `listed` shows where its result does, and nowhere among the jobs of its owner.
    A kind with a number of jobs `per_user` waits while about so many of its owner's run in its queue, and users take
    turns: see `turns`. Its task does its work by `serving`. Other kinds in such a queue come first.
    `ended` is called with each job that has come to its end, however that came, inside the transaction of it.
    """

    name: str
    task: Task
    repeatable: bool = True
    lease: timedelta = timedelta(seconds=12)
    attempts: int = 3
    listed: bool = True
    per_user: int = 0
    ended: Callable[[Job], None] = _nothing

    @property
    def queue(self) -> Queue:
        return QUEUE_OF[self.task]


_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> None:
    _kinds[kind.name] = kind


def find(name: str) -> JobKind:
    return _kinds[name]


def of(task: Task) -> list[JobKind]:
    """The kinds whose work a task does."""
    return [kind for kind in _kinds.values() if kind.task is task]


def taking_turns() -> list[JobKind]:
    """The kinds of which only so many jobs of one user run at a time."""
    return [kind for kind in _kinds.values() if kind.per_user]


def unlisted() -> list[str]:
    """The names of the kinds that lists of jobs leave out."""
    return [name for name, kind in _kinds.items() if not kind.listed]
