from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


class DocumentsConfig(AppConfig):
    name = "backend.documents"
    label = "documents"

    def ready(self) -> None:
        from backend.core.queues import Task
        from backend.documents.models import Document
        from backend.documents.services import reading, referring
        from backend.jobs import kinds
        from backend.live import commands, references, topics

        kinds.register(kinds.JobKind(reading.KIND, Task.READ_DOCUMENTS, per_user=1, ended=reading.job_ended))
        topics.announce_on("user", "document", "document_removed", scope="documents")
        references.register("document", referring.read)
        commands.register("backend.documents.api.commands.ALL_COMMANDS")
        post_delete.connect(_remove_file, sender=Document)


def _remove_file(sender: object, *, instance: Any, **_: object) -> None:
    # A signal, since a document also goes with its owner.
    from backend.documents.services.documents import remove_file

    remove_file(instance)
