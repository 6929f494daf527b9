"""The Celery application. The broker only carries task names and ids; the truth about a job is its row."""

import os

from celery import Celery
from celery.signals import setup_logging
from kombu import Queue as KombuQueue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# A worker answers no requests: to check every address would load all that does, in each process.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

import django
from django.apps import apps
from django.conf import settings

from backend.core.loading import loading
from backend.core.queues import QUEUE_OF, Queue, Task

# A message comes back after this time when its worker does not acknowledge it; it then finds the job claimed.
VISIBILITY_TIMEOUT_S = 3600


def _broker_url(url: str) -> str:
    return url.replace("unix://", "redis+socket://", 1)


TASKS = [
    "tasks.batch",
    "tasks.chat",
    "tasks.diarization",
    "tasks.documents",
    "tasks.maintenance",
    "tasks.prompts",
    "tasks.signals",
    "tasks.streaming",
]
app = Celery("stentor", include=TASKS)
app.conf.update(
    broker_url=_broker_url(settings.REDIS_URL),
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        "global_keyprefix": "celery:",
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
    },
    visibility_timeout=VISIBILITY_TIMEOUT_S,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    # A killed worker's job is handed on by its lease, not by the broker.
    task_reject_on_worker_lost=False,
    task_queues=[KombuQueue(queue.value) for queue in Queue],
    task_routes={task.value: {"queue": queue.value} for task, queue in QUEUE_OF.items()},
    task_create_missing_queues=False,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_max_tasks_per_child=200,
    timezone="UTC",
    beat_schedule={
        "sweep": {"task": Task.SWEEP.value, "schedule": 2.0, "options": {"expires": 4}},
        "purge": {"task": Task.PURGE.value, "schedule": 600.0, "options": {"expires": 300}},
    },
)
app.set_default()


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery must not replace the logging that the settings configured."""


if not apps.apps_ready:
    with loading():
        django.setup()
