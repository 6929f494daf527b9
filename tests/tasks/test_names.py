"""Services start tasks by name: the names must be those that workers register."""

import subprocess
import sys

from backend.core.queues import QUEUE_OF, WORKER_FAMILIES, Queue, Task
from backend.jobs import kinds

HEAVY = (
    "torch",
    "faster_whisper",
    "ctranslate2",
    "pyannote",
    "pocketsphinx",
    "nornir",
    "netmiko",
    "openai",
    "sklearn",
    "openpyxl",
)
ANSWERING = ("backend.urls", "rest_framework.views", "drf_spectacular.plumbing")


def test_every_task_is_registered_by_a_worker_and_none_besides():
    code = (
        "from backend.celery import app; app.loader.import_default_modules();"
        "print(*(name for name in app.tasks if name.startswith('tasks.')))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(answer.stdout.split()) == {task.value for task in Task}


def test_every_task_has_a_queue():
    assert set(QUEUE_OF) == set(Task)


def test_every_queue_is_served_by_exactly_one_family():
    served = [queue for queues in WORKER_FAMILIES.values() for queue in queues]
    assert sorted(served) == sorted(Queue)


def test_no_batch_and_no_answer_waits_for_documents_that_are_read():
    mine = QUEUE_OF[Task.READ_DOCUMENTS]

    assert [task for task, queue in QUEUE_OF.items() if queue in WORKER_FAMILIES["documents"]] == [Task.READ_DOCUMENTS]
    assert WORKER_FAMILIES["documents"] == (mine,)


def test_all_tasks_of_a_queue_take_turns_or_none_does():
    # The sweeper tells by the order of jobs that a message was lost, unless turns are taken.
    for queue in Queue:
        tasks = {kind.task for kind in kinds._kinds.values() if kind.queue == queue}
        assert len({any(kind.per_user for kind in kinds.of(task)) for task in tasks}) < 2


def test_the_web_process_loads_no_heavy_library():
    code = (
        "import sys, backend.asgi; assert 'backend.chat.api.commands' in sys.modules;"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_worker_loads_no_heavy_library_before_its_first_task_and_nothing_that_answers_requests():
    code = (
        "import sys, backend.celery; backend.celery.app.loader.import_default_modules();"
        f"print([name for name in {(*HEAVY, *ANSWERING)} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
