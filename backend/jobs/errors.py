"""How a job's work can end other than well."""

from backend.core.errors import AppError


class JobFailed(AppError):
    """The work cannot succeed; trying again would not help."""


class TryLater(AppError):
    """The work may succeed later; it is tried again after `after_s` while attempts are left."""

    def __init__(self, code: str, message: str = "", *, after_s: float = 5.0) -> None:
        super().__init__(code, message)
        self.after_s = after_s

    def delay_s(self, attempt: int) -> float:
        """How long is waited after that attempt: after later ones longer."""
        return self.after_s * 2.0 ** (attempt - 1)


class JobStopped(Exception):
    """Raised inside the work to end it; `running` handles it."""


class ClaimLost(JobStopped):
    """The job was cancelled, or another worker holds it now: nothing of this attempt may be written any more."""


class WorkerStopping(JobStopped):
    """The worker shuts down; the job goes back to its queue."""


class NotClaimed(Exception):
    """The job is not waiting: another worker has it, or it has ended."""
