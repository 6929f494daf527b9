from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class SpeechConfig(AppConfig):
    name = "backend.speech"
    label = "speech"

    def ready(self) -> None:
        from backend.core.queues import Task
        from backend.jobs import kinds
        from backend.live import commands, references, topics
        from backend.live.openai import listing
        from backend.speech.api import openai_models
        from backend.speech.models import Transcript
        from backend.speech.services import diarizing, referring
        from backend.speech.services.recordings import sessions
        from backend.speech.services.uploads import KIND
        from backend.speech.topics import RECORDING, TRANSCRIPT

        kinds.register(kinds.JobKind(name=KIND, task=Task.TRANSCRIBE, repeatable=True))
        kinds.register(kinds.JobKind(name=diarizing.KIND, task=Task.DIARIZE, repeatable=True))
        # Somebody is speaking: a lost worker is missed sooner, and as often as need be.
        live = kinds.JobKind(name=sessions.KIND, task=Task.LISTEN, lease=timedelta(seconds=8), attempts=20)
        kinds.register(live)
        topics.register(TRANSCRIPT)
        topics.register(RECORDING)
        references.register("transcript", referring.read)
        commands.register(
            "backend.speech.api.commands.ALL_COMMANDS",
            "backend.speech.api.passes.COMMANDS",
            "backend.speech.api.editing.COMMANDS",
            "backend.speech.api.engines.COMMANDS",
        )
        listing.register("speech", openai_models.listed)
        post_delete.connect(_remove_files, sender=Transcript)


def _remove_files(sender: object, *, instance: Any, **_: object) -> None:
    # A signal, since a transcript also goes with its job and with its owner.
    from backend.speech.services.transcripts import remove_files

    remove_files(instance)
