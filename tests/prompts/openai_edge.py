"""How tests of OpenAI's batch API talk: files of requests, batches of them, and what a worker does with these."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile

from backend.jobs.running import running
from backend.prompts.models import Batch, RequestFile
from backend.prompts.services import working
from backend.prompts.services.requests.ids import parse_batch_id

ENDPOINT = "/v1/chat/completions"


def request(custom_id="a", /, content="How are you?", *, method="POST", url=ENDPOINT, **body) -> dict:
    messages = [{"role": "user", "content": content}]
    return {"custom_id": custom_id, "method": method, "url": url, "body": {"messages": messages, **body}}


def lines(*requests: dict) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in requests)


def upload(client, content: bytes | None = None, *, name="requests.jsonl", purpose="batch", **fields):
    file = SimpleUploadedFile(name, lines(request()) if content is None else content)
    return client.post("/v1/files", {"file": file, "purpose": purpose, **fields}, format="multipart")


def begin(client, content: bytes | None = None, **wishes) -> dict:
    """A batch that waits, as its owner sees it."""
    file = upload(client, content).json()["id"]
    body = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h", **wishes}
    answer = client.post("/v1/batches", body, format="json")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def row_of(shown: dict) -> Batch:
    return Batch.objects.select_related("job").get(pk=parse_batch_id(shown["id"]))


def file_of(shown: dict) -> RequestFile:
    return RequestFile.objects.get(batches=row_of(shown))


def work(shown: dict) -> Batch:
    """What the task does."""
    with running(row_of(shown).pk) as run:
        working.work(run)
    return row_of(shown)


def content_of(client, file_id: str) -> list[dict]:
    answer = client.get(f"/v1/files/{file_id}/content")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]
