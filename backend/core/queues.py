"""Queue names, task names, and which worker family serves which queue."""

from enum import StrEnum
from typing import Any, Final

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError


class BrokerUnavailable(Exception):
    """The broker did not take the task; it was not sent."""


class Queue(StrEnum):
    BATCH = "batch_queue"
    STREAMING = "streaming_queue"
    DIARIZATION = "diarization_queue"
    CHAT = "chat_queue"
    DOCUMENTS = "documents_queue"
    PROMPTS = "prompts_queue"
    AUTOMATION = "automation_queue"
    DEFAULT = "default"


class Task(StrEnum):
    """Every task that a service may start, by the name that its worker registers."""

    TRANSCRIBE = "tasks.batch.transcribe"
    LISTEN = "tasks.streaming.listen"
    DIARIZE = "tasks.diarization.diarize"
    ANSWER = "tasks.chat.answer"
    READ_ATTACHMENT = "tasks.chat.read_attachment"
    READ_DOCUMENTS = "tasks.documents.read"
    RUN_BATCH = "tasks.prompts.run_batch"
    SWEEP = "tasks.maintenance.sweep"
    PURGE = "tasks.maintenance.purge"


QUEUE_OF: Final[dict[Task, Queue]] = {
    Task.TRANSCRIBE: Queue.BATCH,
    Task.LISTEN: Queue.STREAMING,
    Task.DIARIZE: Queue.DIARIZATION,
    Task.ANSWER: Queue.CHAT,
    Task.READ_ATTACHMENT: Queue.CHAT,
    Task.READ_DOCUMENTS: Queue.DOCUMENTS,
    Task.RUN_BATCH: Queue.PROMPTS,
    Task.SWEEP: Queue.DEFAULT,
    Task.PURGE: Queue.DEFAULT,
}

# Worker processes and the queues that each serves: work that must not wait for other work has its own.
WORKER_FAMILIES: Final[dict[str, tuple[Queue, ...]]] = {
    "speech": (Queue.BATCH, Queue.DIARIZATION),
    "live": (Queue.STREAMING,),
    "chat": (Queue.CHAT,),
    "documents": (Queue.DOCUMENTS,),
    "work": (Queue.PROMPTS, Queue.AUTOMATION),
    "default": (Queue.DEFAULT,),
}


def send(task: Task, *, task_id: str, **arguments: str | int) -> None:
    """Hand a task to the broker now. Services start tasks by `backend.live.outbox.enqueue`, which calls this on commit.

    Raises `BrokerUnavailable` at once where the broker does not answer: whoever calls tries again later.
    """
    try:
        current_app.send_task(task.value, kwargs=arguments, task_id=task_id, queue=QUEUE_OF[task].value, retry=False)
    except (OperationalError, RedisError) as error:
        raise BrokerUnavailable(str(error)) from error


def waiting(queue: Queue) -> int:
    """How many messages wait at the broker in a queue; raises `BrokerUnavailable`."""
    try:
        with current_app.connection_for_read() as connection:
            channel: Any = connection.default_channel
            return int(channel.queue_declare(queue.value).message_count)
    except (OperationalError, RedisError) as error:
        raise BrokerUnavailable(str(error)) from error
