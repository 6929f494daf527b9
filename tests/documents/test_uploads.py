"""Files as they are taken in."""

import io
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend.core.errors import AppError
from backend.documents.models import Document
from backend.documents.services import files
from backend.jobs.models import Job
from backend.live import commands
from backend.live.models import CommandAnswer
from tests.documents.acting import add, stored, work
from tests.documents.conftest import ADDRESS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
MB = 1024 * 1024


def test_files_are_documents_at_once_and_one_job_reads_them(brought, owner, on_disk, told):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."), collection="ic01", external_id=["7", "8"])

    shown = [(one["title"], one["external_id"], one["status"], one["size"]) for one in answer["documents"]]
    assert shown == [("a.txt", "7", "reading", 4), ("b.txt", "8", "reading", 4)]
    assert {one["collection"] for one in answer["documents"]} == {"ic01"}
    assert {one["job"] for one in answer["documents"]} == {answer["job"]["id"]}
    assert (answer["job"]["kind"], answer["job"]["title"]) == ("reading", "2 documents")
    assert told("document") == answer["documents"]
    assert told("job")[0]["id"] == answer["job"]["id"]
    assert len(on_disk()) == 2


def test_a_single_file_may_have_a_title(brought):
    answer = brought(("a.txt", b"One."), title="The first")

    assert (answer["documents"][0]["title"], answer["job"]["title"]) == ("The first", "The first")
    assert answer["documents"][0]["collection"] == "general"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\plan.txt", "plan.txt"),
        ("a\u202eb.txt", "ab.txt"),
        ("<b>.txt", "<b>.txt"),
    ],
)
def test_the_name_of_a_file_is_nothing_but_a_title(brought, on_disk, name, title):
    document = brought((name, b"One."))["documents"][0]

    assert document["title"] == title
    assert [UUID(path.name) for path in on_disk()] == [stored(document).file]


@pytest.mark.parametrize(
    ("count", "fields", "at_fault"),
    [
        (0, {}, "file"),
        (2, {"title": "One title"}, "title"),
        (2, {"external_id": ["1"]}, "external_id"),
        (2, {"external_id": ["1", "1"]}, "external_id"),
        (1, {"external_id": ["a\tb"]}, "external_id.0"),
        (1, {"collection": "../up"}, "collection"),
        (1, {"replace": "perhaps"}, "replace"),
    ],
)
def test_what_cannot_be_meant_is_refused(owner, post, on_disk, count, fields, at_fault):
    answer = post(owner, *[("a.txt", b"One.")] * count, **fields)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert at_fault in answer.json()["fields"]
    assert (Document.objects.count(), Job.objects.count(), on_disk()) == (0, 0, [])


def test_what_is_no_file_is_refused(owner, as_user):
    answer = as_user(owner).post(ADDRESS + "/", {"file": "no file"}, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_two_hundred_files_may_come_at_a_time(owner, post, brought, settings):
    settings.CONFIG = settings.CONFIG.model_copy(update={"max_documents_per_user": 300})
    assert len(brought(*[("a.txt", b"One.")] * 200)["documents"]) == 200
    answer = post(owner, *[("a.txt", b"One.")] * 201)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"] == "Send at most 200 files at a time."


def test_a_page_that_sends_too_many_files_is_told_so(owner):
    client = Client()
    client.force_login(owner, backend="backend.accounts.backends.UsernameOrEmailBackend")
    answer = client.post(ADDRESS, {"file": [SimpleUploadedFile("a.txt", b"One.") for _ in range(201)]})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_file_that_is_too_large_does_not_lose_the_others(brought, configure, on_disk):
    configure(max_document_mb=1)
    large = b"x" * (MB + 1)
    answer = brought(("a.txt", b"One."), ("b.txt", large), ("c.txt", b"Two."), external_id=["1", "2", "3"])

    shown = [(one["external_id"], one["status"], one["error_code"]) for one in answer["documents"]]
    assert shown == [("1", "reading", ""), ("2", "error", "too_large"), ("3", "reading", "")]
    assert "b.txt" in answer["documents"][1]["error_message"]
    assert len(on_disk()) == 2
    assert work(answer).status == "completed"


def test_a_file_under_another_name_is_left_out(owner, as_user, configure, on_disk):
    configure(max_document_mb=1)
    others = {"other": SimpleUploadedFile("x.txt", b"x" * (MB + 1)), "small": SimpleUploadedFile("y.txt", b"Two.")}
    sent = {**others, "file": SimpleUploadedFile("a.txt", b"One.")}
    answer = as_user(owner).post(ADDRESS, sent, format="multipart")

    assert [one["title"] for one in answer.json()["documents"]] == ["a.txt"]
    assert len(on_disk()) == 1


def test_where_every_file_is_too_large_the_answer_names_one(owner, post, configure, on_disk):
    configure(max_document_mb=1)
    answer = post(owner, ("a.txt", b"x" * (MB + 1)), ("b.txt", b"x" * (3 * MB)))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "a.txt" in answer.json()["detail"]
    assert (Document.objects.count(), on_disk()) == (0, [])


def test_a_file_of_just_the_size_is_taken(brought, configure):
    configure(max_document_mb=1)

    assert brought(("a.txt", b"x" * MB))["documents"][0]["status"] == "reading"


def test_the_whole_form_has_a_limit(owner, post, configure):
    configure(max_upload_mb=1)
    answer = post(owner, ("a.txt", b"x" * (MB - 9)), ("b.txt", b"x" * 9))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_the_limits_hold_for_a_page_that_is_signed_in_by_its_session(owner, configure):
    configure(max_document_mb=1)
    client = Client()
    client.force_login(owner, backend="backend.accounts.backends.UsernameOrEmailBackend")

    assert client.post(ADDRESS, {"file": io.BytesIO(b"x" * (MB + 1))}).status_code == 413
    assert client.post(ADDRESS, {"file": SimpleUploadedFile("a.txt", b"One.")}).status_code == 201


def test_a_person_has_so_many_documents_at_most(owner, post, brought, configure, on_disk):
    configure(max_documents_per_user=2)
    add(owner)
    answer = post(owner, ("a.txt", b"One."), ("b.txt", b"Two."))

    assert (answer.status_code, answer.json()["code"]) == (429, "limit_reached")
    assert (Document.objects.count(), on_disk()) == (1, [])
    brought(("a.txt", b"One."), external_id="1")
    brought(("a.txt", b"One."), external_id="1", replace="true")


def test_a_known_external_id_is_a_conflict_and_nothing_is_added(owner, post, on_disk):
    add(owner, collection="ic01", external_id="7")
    files = [("a.txt", b"One."), ("b.txt", b"Two.")]
    answer = post(owner, *files, collection="ic01", external_id=["6", "7"])

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert answer.json()["fields"] == {"external_id": ["7: there is such a document already"]}
    assert (Document.objects.count(), Job.objects.count(), on_disk()) == (1, 0, [])
    assert post(owner, *files, collection="ic02", external_id=["6", "7"]).status_code == 201


def test_an_external_id_belongs_to_one_person(owner, teammate, post):
    add(owner, external_id="7")

    assert post(teammate, ("a.txt", b"One."), external_id="7").status_code == 201


def test_the_same_key_takes_files_in_once(owner, post, on_disk):
    key = {"Idempotency-Key": "one"}
    answers = [post(owner, ("a.txt", b"One."), headers=key).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert (Document.objects.count(), len(on_disk())) == (1, 1)


def test_a_key_of_another_length_is_refused(owner, post):
    answer = post(owner, ("a.txt", b"One."), headers={"Idempotency-Key": "k" * 101})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_too_many_waiting_jobs_leave_no_file(owner, post, brought, configure, on_disk):
    configure(max_queued_jobs_per_user=1)
    brought(("a.txt", b"One."))

    assert post(owner, ("b.txt", b"Two.")).json()["code"] == "limit_reached"
    assert (Document.objects.count(), len(on_disk())) == (1, 1)


def test_a_transaction_that_fails_late_undoes_the_files(owner, tmp_path, on_disk, monkeypatch):
    file = tmp_path / "upload"
    file.write_bytes(b"One.")

    def fail(**_):
        raise AppError("internal")

    monkeypatch.setattr(commands.CommandAnswer.objects, "create", fail)
    with pytest.raises(AppError):
        files.take_in(owner, [files.Brought("a.txt", file)], collection="general", key="one")
    assert (Document.objects.count(), CommandAnswer.objects.count(), on_disk()) == (0, 0, [])


def test_nobody_brings_files_without_signing_in(client):
    assert client.post(ADDRESS, {"file": SimpleUploadedFile("a.txt", b"One.")}).status_code == 401


def test_files_under_other_names_change_no_places(owner, as_user, configure):
    configure(max_document_mb=1)
    files = [SimpleUploadedFile(f"{name}.txt", content) for name, content in [("a", b"1"), ("b", b"x" * (MB + 1))]]
    sent = {"other": SimpleUploadedFile("x.txt", b"Small."), "file": [*files, SimpleUploadedFile("c.txt", b"3")]}
    answer = as_user(owner).post(ADDRESS, {**sent, "external_id": ["1", "2", "3"]}, format="multipart")

    shown = [(one["external_id"], one["title"], one["error_code"]) for one in answer.json()["documents"]]
    assert shown == [("1", "a.txt", ""), ("2", "b.txt", "too_large"), ("3", "c.txt", "")]
