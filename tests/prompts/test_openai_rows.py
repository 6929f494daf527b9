"""What reading a file of requests leaves in its batch, and what those who look on see of it."""

import pytest

from backend.jobs.services import run_again
from backend.live import topics
from backend.prompts.models import Row
from backend.prompts.services.requests import beginning
from backend.prompts.services.requests import lines as request_lines
from tests.fixtures.upstream import Script
from tests.prompts.batching import run
from tests.prompts.openai_edge import begin, content_of, lines, request, row_of, work
from tests.prompts.watching import epoch_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def client(as_user, owner):
    return as_user(owner)


@pytest.mark.parametrize(("more", "status"), [(0, "completed"), (1, "failed")])
def test_a_last_line_without_an_end_may_be_as_long_as_any(client, monkeypatch, more, status):
    line = lines(request("a")).rstrip(b"\n")
    monkeypatch.setattr(request_lines, "MAX_LINE_BYTES", len(line) - more)

    assert work(begin(client, line)).job.status == status


def test_rows_before_a_line_that_cannot_be_used_go_again(client, monkeypatch):
    monkeypatch.setattr(beginning, "CHUNK_ROWS", 1)
    shown = begin(client, lines(request("a"), request("b")) + b"{\n")

    assert work(shown).job.status == "failed"
    assert not Row.objects.exists()


def test_whoever_looks_on_takes_a_new_snapshot_when_there_are_rows(client):
    shown = begin(client, lines(request("a"), request("b")))
    batch = row_of(shown)
    assert topics.snapshot(batch.topic).data["states"] == ""
    before = epoch_of(batch)
    work(shown)

    assert epoch_of(batch) != before
    assert topics.snapshot(batch.topic).data["states"] == "dd"


def test_what_was_wrong_with_a_file_is_not_kept_when_it_can_be_read(client, owner, monkeypatch):
    shown = begin(client, lines(request("a"), request("b")))
    with monkeypatch.context() as patched:
        patched.setattr(request_lines, "MAX_REQUESTS", 1)
        assert work(shown).errors
    run_again(owner, row_of(shown).pk)

    assert work(shown).errors == []


def test_the_size_of_results_is_that_of_the_newest(client, owner, upstream):
    upstream.scripts.append(Script(status=400))
    shown = begin(client, lines(request("a"), request("b")))
    work(shown)
    output = client.get(f"/v1/batches/{shown['id']}").json()["output_file_id"]
    before = client.get(f"/v1/files/{output}").json()["bytes"]
    run("batch.retry_failed", owner, batch_id=str(row_of(shown).pk))
    work(shown)

    content = client.get(f"/v1/files/{output}/content").getvalue()
    assert client.get(f"/v1/files/{output}").json()["bytes"] == len(content) > before


def test_there_are_no_results_before_a_batch_has_ended(client, owner, upstream):
    upstream.scripts.append(Script(status=400))
    shown = begin(client, lines(request("a"), request("b")))
    work(shown)
    ended = client.get(f"/v1/batches/{shown['id']}").json()
    run("batch.retry_failed", owner, batch_id=str(row_of(shown).pk))

    for name in (ended["output_file_id"], ended["error_file_id"]):
        assert client.get(f"/v1/files/{name}").status_code == 404
        assert client.get(f"/v1/files/{name}/content").status_code == 404
    assert [one["id"] for one in client.get("/v1/files").json()["data"]] == [shown["input_file_id"]]
    work(shown)
    assert len(content_of(client, ended["output_file_id"])) == 2
