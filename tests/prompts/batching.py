"""How tests run batches: commands by name, the work as its task does it, and what was told."""

import pytest
from django.utils import timezone

from backend.core.errors import AppError
from backend.core.text import fold, folded_title
from backend.documents.models import Document, DocumentStatus
from backend.engines.chatting.context import tokens_of
from backend.jobs.running import running
from backend.live import commands, topics
from backend.prompts.models import Batch
from backend.prompts.services import working

SUMMARY = {"name": "Summary", "value": "Give me a summary of the document"}
TONE = {"name": "Tone", "value": "What is the tone of {{document.title}}?"}


def run(command: str, user, /, **data):
    return commands.execute(commands.find(command), user, data, scopes=None)


def refused(command: str, user, /, **data) -> AppError:
    with pytest.raises(AppError) as error:
        run(command, user, **data)
    return error.value


def make_document(owner, external_id: str, text: str, *, collection: str = "ic01", **values) -> Document:
    now = timezone.now()
    title = values.pop("title", f"Document {external_id}")
    return Document.objects.create(
        owner=owner,
        collection=collection,
        external_id=external_id,
        title=title,
        folded_title=folded_title(title),
        text=text,
        folded_text=fold(text),
        characters=len(text),
        tokens=tokens_of(text),
        status=values.pop("status", DocumentStatus.READY),
        created_at=now,
        updated_at=now,
        **values,
    )


def begin(owner, documents, prompts=(SUMMARY,), **wishes) -> Batch:
    made = run("batch.create", owner, documents=[str(one.pk) for one in documents], prompts=list(prompts), **wishes)
    return Batch.objects.get(pk=made["id"])


def work(batch: Batch) -> Batch:
    """What the task does."""
    with running(batch.pk) as claimed:
        working.work(claimed)
    return Batch.objects.select_related("job").get(pk=batch.pk)


def table(batch: Batch) -> list[list[str | None]]:
    """The texts of all cells; None for one that is not done."""
    rows = run("batch.rows", batch.job.owner, batch_id=str(batch.pk))["rows"]
    return [[cell["preview"] if cell and cell["status"] == "done" else None for cell in row["cells"]] for row in rows]


def snapshot(batch: Batch) -> dict:
    return topics.snapshot(batch.topic).data
