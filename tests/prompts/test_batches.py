"""Batches begun, found, previewed, repeated and deleted; what is refused, and how it is said."""

import threading
import time

import pytest
from django.db import connection, transaction

from backend.core.errors import AppError
from backend.documents.models import DocumentStatus
from backend.jobs import services as jobs
from backend.jobs.models import Job
from backend.prompts.models import Batch, Row
from backend.prompts.services import batches, choosing
from backend.prompts.services.choosing import chosen
from backend.prompts.services.wishes import BatchIn
from tests.fixtures.upstream import Script
from tests.prompts.batching import SUMMARY, TONE, begin, make_document, refused, run, work

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_documents_are_chosen_by_id_by_scope_and_by_collection_each_once(owner, document):
    one, two = document("ic01_1"), document("ic01_2")
    other = make_document(owner, "x", "Text.", collection="letters")
    make_document(owner, "y", "", collection="letters", status=DocumentStatus.READING)
    made = run(
        "batch.create",
        owner,
        documents=[str(two.pk)],
        scope={"ic01_list": ["ic01_1", "ic01_2"]},
        collections=["letters"],
        prompts=[SUMMARY],
    )
    rows = Row.objects.filter(batch=made["id"]).values_list("document", flat=True)
    assert list(rows) == [two.pk, one.pk, other.pk]


def test_a_collection_is_in_the_order_in_which_people_count(owner, document):
    for number in (10, 9, 1, 100):
        document(f"ic01_{number}")
    made = run("batch.create", owner, collections=["ic01"], prompts=[SUMMARY])
    names = Row.objects.filter(batch=made["id"]).values_list("external_id", flat=True)
    assert list(names) == ["ic01_1", "ic01_9", "ic01_10", "ic01_100"]


def test_a_collection_that_is_named_twice_is_looked_at_once(owner, document, django_assert_num_queries):
    document("ic01_1")
    wishes = BatchIn(collections=["ic01"] * 100, prompts=[SUMMARY])
    with django_assert_num_queries(1):
        found = chosen(owner, wishes)
    assert [one.external_id for one in found] == ["ic01_1"]


def test_collections_are_looked_at_until_there_are_too_many_documents(owner, document, monkeypatch):
    monkeypatch.setattr(choosing, "MOST_DOCUMENTS", 2)
    for name in ("a", "b", "c"):
        for number in range(4):
            document(f"{name}{number}", collection=name)
    found = chosen(owner, BatchIn(collections=["a", "b", "c"], prompts=[SUMMARY]))
    assert [one.external_id for one in found] == ["a0", "a1", "a2"]


def test_a_batch_waits_with_its_place_in_the_queue(owner, document):
    made = run("batch.create", owner, scope={"ic01_list": [document("1").external_id]}, prompts=[SUMMARY])
    assert (made["job"]["status"], made["job"]["queue_rank"], made["job"]["queue"]) == ("queued", 1, "prompts_queue")
    assert made["job"]["subject"] == f"batch:{made['id']}"
    assert (made["rows"], made["title"]) == (1, "Summary: Document 1")


@pytest.mark.parametrize(
    ("wishes", "code", "field"),
    [
        ({"scope": {"ic01_list": ["ic01_9"]}}, "unknown_document", "ic01_list"),
        ({"scope": {"ic01": ["1"]}}, "invalid", "scope.ic01.[key]"),
        ({"scope": {"_list": ["1"]}}, "invalid", "scope._list.[key]"),
        ({"scope": {"ic\0_list": ["1"]}}, "invalid", "scope.ic\0_list.[key]"),
        ({"scope": {"i" * 65 + "_list": ["1"]}}, "invalid", f"scope.{'i' * 65}_list.[key]"),
        ({"documents": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"]}, "unknown_document", "documents"),
        ({}, "invalid", "documents"),
        ({"scope": {"ic01_list": ["1"]}, "model": "huge"}, "invalid", "model"),
        ({"scope": {"ic01_list": ["1"]}, "max_tokens": 99_999}, "invalid", "max_tokens"),
        ({"scope": {"ic01_list": ["1"]}, "temperature": 3}, "invalid", "temperature"),
        ({"scope": {"ic01_list": ["1"]}, "prompts": []}, "invalid", "prompts"),
        ({"scope": {"ic01_list": ["1"]}, "prompts": [SUMMARY, SUMMARY]}, "invalid", "data"),
        ({"scope": {"ic01_list": ["1"]}, "prompts": [{"name": "p", "value": "{{x}}"}]}, "invalid", "prompts.0.value"),
        ({"scope": {"ic01_list": ["1"]}, "prompts": [{"name": " ", "value": "a"}]}, "invalid", "prompts.0.name"),
        ({"scope": {"ic01_list": ["1"]}, "prompts": [{"name": "p", "value": "a\0"}]}, "invalid", "prompts.0.value"),
    ],
)
def test_what_cannot_be_done_is_refused_and_says_where(upstream, owner, document, wishes, code, field):
    document("1")
    error = refused("batch.create", owner, **{"prompts": [SUMMARY], **wishes})
    assert (error.code, list(error.fields)[:1]) == (code, [field])
    assert not Job.objects.exists()


def test_a_batch_may_have_so_many_cells(owner, document, configure):
    configure(max_cells_per_batch=3)
    documents = [str(document(str(number)).pk) for number in range(2)]
    error = refused("batch.create", owner, documents=documents, prompts=[SUMMARY, TONE])
    assert error.code == "too_many_cells"
    assert "4 cells" in error.message


def test_titles_that_grow_when_they_are_folded_fit_into_their_columns(owner, document):
    long = "\u0390" * 200
    one = document(long, title=long)
    batch = begin(owner, [one], title=long)
    run("batch.rename", owner, batch_id=str(batch.pk), title=f"{long[1:]}!")
    batch.refresh_from_db()
    row = Row.objects.get(batch=batch)
    assert (len(batch.folded_title), len(row.folded_title)) == (400, 700)
    assert run("batch.list", owner, search="\u0390" * 100)["count"] == 1


def test_documents_that_are_not_read_yet_are_named(owner, document):
    waiting = document("ic01_1", "", status=DocumentStatus.READING)
    error = refused("batch.create", owner, documents=[str(waiting.pk)], prompts=[SUMMARY])
    assert (error.code, error.fields) == ("conflict", {"documents": ["ic01_1: reading"]})


def test_batches_are_found_by_title_and_status(upstream, owner, document):
    done = work(begin(owner, [document("1")], title="Letters of May"))
    begin(owner, [document("2")], title="Letters of June")
    assert [one["title"] for one in run("batch.list", owner)["results"]] == ["Letters of June", "Letters of May"]
    assert [one["id"] for one in run("batch.list", owner, search="of may")["results"]] == [str(done.pk)]
    assert [one["title"] for one in run("batch.list", owner, status="queued")["results"]] == ["Letters of June"]


def test_a_preview_is_shown_in_no_list_and_goes_with_the_next(upstream, owner, document, as_user):
    first = work(begin(owner, [document("1")], preview=True))
    second = work(begin(owner, [document("2")], preview=True))
    assert second.done == 1
    assert not Batch.objects.filter(pk=first.pk).exists()
    assert run("batch.list", owner)["count"] == 0
    assert as_user(owner).get("/api/jobs/").json()["count"] == 0


def test_a_preview_is_of_one_document(owner, document):
    documents = [str(document(str(number)).pk) for number in range(2)]
    assert refused("batch.create", owner, documents=documents, prompts=[SUMMARY], preview=True).code == "invalid"


def test_old_previews_are_purged(upstream, owner, document):
    preview = begin(owner, [document("1")], preview=True)
    batches.purge()
    assert Batch.objects.filter(pk=preview.pk).exists()
    Job.objects.update(created_at=preview.created_at - batches.PREVIEWS_FOR * 2)
    batches.purge()
    assert not Batch.objects.exists()


def test_a_title_is_changed_for_everybody_also_while_it_runs(upstream, owner, document, read_log):
    batch = begin(owner, [document("1")])
    run("batch.rename", owner, batch_id=str(batch.pk), title="  Better\n title ")
    batch = work(batch)
    told = [event["data"]["title"] for event in read_log(batch.topic) if event["event"] == "details"]
    assert set(told) == {"Better title"}


def test_retrying_waits_for_the_end_and_needs_a_failure(upstream, owner, document):
    batch = begin(owner, [document("1")])
    assert refused("batch.retry_failed", owner, batch_id=str(batch.pk)).code == "conflict"
    work(batch)
    assert refused("batch.retry_failed", owner, batch_id=str(batch.pk)).code == "conflict"


def test_a_cancelled_batch_goes_on_with_what_is_missing(upstream, owner, document):
    batch = begin(owner, [document("1"), document("2")])
    jobs.cancel(owner, batch.pk)
    jobs.run_again(owner, batch.pk)
    assert work(batch).done == 2


def test_rows_come_in_pages_and_can_be_filtered(upstream, owner, document):
    upstream.scripts.append(Script(status=400, error={"message": "no"}))
    batch = work(begin(owner, [document(str(number)) for number in range(5)]))
    ident = str(batch.pk)
    page = run("batch.rows", owner, batch_id=ident, offset=1, limit=2)
    assert (page["count"], [row["external_id"] for row in page["rows"]]) == (5, ["1", "2"])
    assert run("batch.rows", owner, batch_id=ident, only="failed")["count"] == 1
    assert run("batch.rows", owner, batch_id=ident, only="done")["count"] == 4
    assert run("batch.rows", owner, batch_id=ident, only="waiting")["count"] == 0
    assert [row["title"] for row in run("batch.rows", owner, batch_id=ident, search="DOCUMENT 3")["rows"]] == [
        "Document 3"
    ]


def test_rows_that_wait_are_those_with_a_cell_that_has_not_ended(owner, document):
    batch = begin(owner, [document("1"), document("2")], [SUMMARY, TONE])
    page = run("batch.rows", owner, batch_id=str(batch.pk), only="waiting")
    assert (page["count"], page["rows"][0]["cells"]) == (2, [None, None])


def test_a_cell_is_read_in_full(upstream, owner, document):
    upstream.scripts.append(Script(words=["long "] * 100))
    batch = work(begin(owner, [document("1")]))
    cell = run("batch.cell", owner, batch_id=str(batch.pk), row=0, column=0)
    assert (cell["text"], cell["characters"], len(cell["preview"])) == ("long " * 100, 500, 200)
    assert (cell["prompt"]["name"], cell["title"]) == ("Summary", "Document 1")
    assert refused("batch.cell", owner, batch_id=str(batch.pk), row=1, column=0).code == "not_found"


def test_a_batch_goes_with_its_cells_and_files(upstream, owner, document, read_log):
    batch = work(begin(owner, [document("1")]))
    batch.directory.mkdir(parents=True)
    run("batch.delete", owner, batch_id=str(batch.pk))
    assert not Batch.objects.exists()
    assert not Job.objects.exists()
    assert not batch.directory.exists()
    assert read_log(batch.topic)[-1]["event"] == "deleted"


def test_deleting_is_the_last_that_is_told_of_a_batch_that_waits(owner, document, read_log):
    batch = begin(owner, [document("1")])
    run("batch.delete", owner, batch_id=str(batch.pk))
    assert [event["event"] for event in read_log(batch.topic)] == ["details", "deleted"]


def test_of_two_that_delete_a_batch_at_once_one_finds_nothing(owner, document):
    batch = begin(owner, [document("1")])
    ends = []

    def delete():
        try:
            run("batch.delete", owner, batch_id=str(batch.pk))
            ends.append("deleted")
        except AppError as error:
            ends.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=delete) for _ in range(2)]
    with transaction.atomic():
        batches.lock(owner, batch.pk)
        for thread in threads:
            thread.start()
        time.sleep(0.5)  # both have found the batch, and wait for it
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["deleted", "not_found"]
