from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete


class PromptsConfig(AppConfig):
    name = "backend.prompts"
    label = "prompts"

    def ready(self) -> None:
        from backend.core.queues import Task
        from backend.jobs import kinds, quota
        from backend.live import commands, topics
        from backend.prompts.models import Batch, RequestFile
        from backend.prompts.services import batches, usage
        from backend.prompts.services.requests import beginning
        from backend.prompts.topics import BATCH

        per_user = settings.CONFIG.prompt_jobs_per_user
        for name in (batches.KIND, beginning.KIND):
            kinds.register(kinds.JobKind(name, Task.RUN_BATCH, per_user=per_user, ended=batches.job_ended))
        # Somebody looks at the form until it ends. Each person has one at most, and it is small.
        kinds.register(kinds.JobKind(batches.PREVIEW_KIND, Task.RUN_BATCH, listed=False, ended=batches.job_ended))
        quota.register(usage.tokens_since)
        topics.register(BATCH)
        commands.register("backend.prompts.api.commands.COMMANDS")
        post_delete.connect(_remove_files, sender=Batch)
        post_delete.connect(_remove_requests, sender=RequestFile)


def _remove_files(sender: object, *, instance: Any, **_: object) -> None:
    # A signal, since a batch also goes with its job and with its owner.
    from backend.prompts.services.batches import remove_files

    remove_files(instance)


def _remove_requests(sender: object, *, instance: Any, **_: object) -> None:
    # A signal, since a file of requests also goes with its owner.
    from backend.core.uploads import remove_file

    remove_file(instance.path)
