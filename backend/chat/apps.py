from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class ChatConfig(AppConfig):
    name = "backend.chat"
    label = "chat"

    def ready(self) -> None:
        from backend.chat.api import openai_models
        from backend.chat.models import Attachment
        from backend.chat.services import answering, files, usage
        from backend.chat.topics import CONVERSATION
        from backend.core.queues import Task
        from backend.jobs import kinds, quota
        from backend.live import commands, topics
        from backend.live.openai import listing

        # Somebody waits for each word: a lost worker is missed sooner.
        lease = timedelta(seconds=8)
        answers = kinds.JobKind(answering.KIND, Task.ANSWER, lease=lease, listed=False, ended=answering.job_ended)
        kinds.register(answers)
        kinds.register(kinds.JobKind(files.KIND, Task.READ_ATTACHMENT, listed=False, ended=files.job_ended))
        topics.register(CONVERSATION)
        topics.announce_on("user", "conversation", scope="chat")
        commands.register(
            "backend.chat.api.commands.COMMANDS",
            "backend.chat.api.composing.COMMANDS",
            "backend.chat.api.rendering.COMMANDS",
        )
        listing.register("chat", openai_models.listed)
        quota.register(usage.tokens_since)
        post_delete.connect(_remove_file, sender=Attachment)


def _remove_file(sender: object, *, instance: Any, **_: object) -> None:
    # A signal, since an attachment also goes with its conversation and with its owner.
    from backend.chat.services.files import remove_file

    remove_file(instance)
