from datetime import timedelta

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "backend.chat"
    label = "chat"

    def ready(self) -> None:
        from backend.chat.api.commands import COMMANDS
        from backend.chat.api.rendering import RENDER
        from backend.chat.services.answering import KIND, job_ended
        from backend.chat.topics import CONVERSATION
        from backend.core.queues import Task
        from backend.jobs import kinds
        from backend.live import commands, topics

        # Somebody waits for each word: a lost worker is missed sooner.
        lease = timedelta(seconds=8)
        kinds.register(kinds.JobKind(name=KIND, task=Task.ANSWER, lease=lease, listed=False, ended=job_ended))
        topics.register(CONVERSATION)
        commands.register(*COMMANDS, RENDER)
