"""Results as downloads, under WSGI and ASGI."""

import asyncio
from contextlib import ExitStack
from uuid import uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler

from backend.accounts import services as accounts
from backend.accounts import tokens
from backend.jobs import services as jobs
from backend.prompts.models import Batch
from tests.prompts.tables import table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def batch(owner) -> Batch:
    return table(owner, [["One", None], ["é" * 700_000, "Four"]], status="started", title="Réviews")


@pytest.fixture
def fetch(as_user, owner, batch):
    with ExitStack() as answers:

        def get(ending="csv", person=owner, method="get", **headers):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = getattr(as_user(person), method)(f"/api/batches/{batch.pk}/results/{ending}", headers=named)
            answers.callback(answer.close)
            return answer

        yield get


@pytest.fixture
def whole(fetch) -> bytes:
    return fetch().getvalue()


@pytest.fixture
def asked(owner, batch) -> dict:
    """The request for the CSV, as a server of ASGI hands it over."""
    return {
        "type": "http",
        "method": "GET",
        "path": f"/api/batches/{batch.pk}/results/csv",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"authorization", f"Bearer {tokens.token_pair(owner)['access']}".encode()),
        ],
    }


@pytest.mark.parametrize(
    ("ending", "media_type", "start"),
    [
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("csv", "text/csv; charset=utf-8", "\ufeffcollection".encode()),
        ("jsonl", "application/jsonl", b'{"row": 0'),
    ],
)
def test_a_file_comes_whole_with_its_type_and_name(fetch, ending, media_type, start):
    answer = fetch(ending)
    content = answer.getvalue()

    assert answer.status_code == 200
    assert content.startswith(start)
    assert answer["Content-Type"] == media_type
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Disposition"] == f"attachment; filename*=utf-8''R%C3%A9views.{ending}"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Accept-Ranges"] == "bytes"


def test_the_person_that_a_batch_is_shared_with_gets_the_same(fetch, batch, owner, teammate):
    jobs.share(owner, batch.pk, teammate)

    assert fetch(person=teammate).getvalue() == fetch().getvalue()


def test_for_a_stranger_there_is_nothing(fetch, stranger):
    assert fetch(person=stranger).status_code == 404


def test_an_unknown_ending_or_batch_is_not_found(fetch, as_user, owner):
    assert fetch("pdf").status_code == 404
    assert as_user(owner).get(f"/api/batches/{uuid4()}/results/csv").status_code == 404


def test_a_key_for_something_else_is_refused(client, batch, owner):
    for scopes, status in (["chat"], 403), (["prompts"], 200):
        _, secret = accounts.create_key(user=owner, name="key", scopes=scopes)
        answer = client.get(f"/api/batches/{batch.pk}/results/csv", headers={"X-API-KEY": secret})
        answer.close()
        assert answer.status_code == status


def test_head_tells_the_length(fetch):
    answer = fetch(method="head")

    assert answer["Content-Length"] == fetch()["Content-Length"]
    assert answer.content == b""


def test_an_interrupted_download_goes_on_where_it_ended(fetch):
    whole = fetch()
    content = whole.getvalue()
    rest = fetch(Range="bytes=1000-", If_Range=whole["ETag"])

    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 1000-{len(content) - 1}/{len(content)}"
    assert rest.getvalue() == content[1000:]


def test_after_a_new_cell_it_begins_again(fetch, batch):
    tag = fetch()["ETag"]
    batch.cells.filter(row=0, column=0).update(text="Another one")
    Batch.objects.filter(pk=batch.pk).update(version=1)
    again = fetch(Range="bytes=10-", If_Range=tag)

    assert again.status_code == 200
    assert again["ETag"] != tag
    assert "Another one" in again.getvalue().decode()


def test_a_range_behind_the_end_is_refused(fetch):
    answer = fetch(Range="bytes=99999999-")

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{fetch()['Content-Length']}"


def test_what_a_client_has_already_is_not_sent_again(fetch):
    tag = fetch()["ETag"]

    assert fetch(If_None_Match=tag).status_code == 304
    assert fetch(method="head", If_None_Match=tag).status_code == 304
    assert fetch(If_None_Match='"other"').status_code == 200


async def test_under_asgi_the_same_bytes_come_in_blocks(asked, whole):
    server = ApplicationCommunicator(ASGIHandler(), asked)
    await server.send_input({"type": "http.request", "body": b""})
    start = await server.receive_output(timeout=10)
    blocks = []
    while (part := await server.receive_output(timeout=10)).get("more_body"):
        blocks.append(part["body"])
    await server.wait()

    assert start["status"] == 200
    assert b"".join(blocks) + part.get("body", b"") == whole
    assert len(blocks) > 3


async def test_a_client_that_leaves_leaves_no_open_file(asked):
    server = ApplicationCommunicator(ASGIHandler(), asked)
    await server.send_input({"type": "http.request", "body": b""})
    await server.receive_output(timeout=10)
    await server.send_input({"type": "http.disconnect"})
    async with asyncio.timeout(10):
        await server.wait()
