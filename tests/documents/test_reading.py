"""The job that reads files: texts, errors, and every way in which it can end."""

import pytest
from django.db import transaction

from backend.accounts.models import User
from backend.documents.models import Document
from backend.documents.services import reading
from backend.engines.documents import MEDIA_TYPES
from backend.engines.documents_apart import read_apart
from backend.jobs import running as jobs_running
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.running import running, worker_stopping
from tasks.documents import read as read_documents
from tests.documents.acting import add, run, stored, work
from tests.engines.test_documents import archive, docx, pdf
from tests.engines.test_documents_web_page import page
from tests.engines.test_documents_workbook import xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def states(answer: dict) -> list[str]:
    return [stored(one).status for one in answer["documents"]]


@pytest.fixture
def reading_does(monkeypatch):
    """Have something done before each file is read, with its number."""

    def arrange(act):
        count = iter(range(1000))

        def first_act(path, look):
            act(next(count))
            return read_apart(path, look)

        monkeypatch.setattr(reading, "read_apart", first_act)

    return arrange


def test_files_of_every_kind_become_texts(brought, told, on_disk):
    files = [
        ("a.md", b"# Plan", "text", "# Plan", 0),
        ("b.pdf", pdf("First", "Second"), "pdf", "First\nSecond", 2),
        ("c", docx(), "docx", "Before the table\nleft\tright\nAfter it: ä 天", 0),
        ("d.txt", xlsx({"One": [["a", 1]]}), "xlsx", "# One\na\t1", 0),
        ("e.htm", page("<p>Hello"), "html", "Hello", 0),
    ]
    answer = brought(*[(name, data) for name, data, *_ in files])
    job = work(answer)

    assert (job.status, job.done, job.total, job.unit, job.percent) == (Status.COMPLETED, 5, 5, "documents", 100)
    for described, (_, _, kind, text, pages) in zip(answer["documents"], files, strict=True):
        document = stored(described)
        assert (document.status, document.text, document.pages) == ("ready", text, pages)
        assert (document.media_type, document.characters) == (MEDIA_TYPES[kind], len(text))
        assert document.tokens > 0
        assert document.file is None
    assert on_disk() == []
    assert [one["status"] for one in told("document")] == ["reading"] * 5 + ["ready"] * 5


def test_one_bad_file_makes_one_error(brought, told, on_disk):
    answer = brought(("a.txt", b"One."), ("b.txt", b""), ("c.doc", b"\xd0\xcf\x11\xe0"), ("d.txt", b"Two."))
    job = work(answer)

    assert job.status == Status.COMPLETED
    assert states(answer) == ["ready", "error", "error", "ready"]
    errors = [stored(one).error_code for one in answer["documents"]]
    assert errors == ["", "empty_file", "unsupported_media", ""]
    assert ".docx" in stored(answer["documents"][2]).error_message
    assert [one["error_code"] for one in told("document")[-4:]] == errors
    assert on_disk() == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (archive(xl__workbook_xml=b" " * (101 * 1024 * 1024)), "too_large"),
        (page("<div>" * 100_000), "unreadable_document"),
        (pdf("secret", password="open sesame"), "protected_document"),
        (b"%PDF-1.7\nnothing follows", "unreadable_document"),
        (b"\x7fELF\x02\x01\x01\0", "unsupported_media"),
        (pdf(""), "no_text"),
    ],
)
def test_a_single_file_that_cannot_be_read_fails_the_job_and_says_why(brought, on_disk, data, code):
    answer = brought(("a.pdf", data))
    job = work(answer)
    document = stored(answer["documents"][0])

    assert (job.status, job.error["code"]) == (Status.FAILED, code)
    assert (document.status, document.error_code, document.error_message) == ("error", code, job.error["message"])
    assert on_disk() == []


def test_the_job_fails_where_no_file_could_be_read(brought):
    job = work(brought(("a.txt", b""), ("b.txt", b"")))

    assert (job.status, job.error["code"]) == (Status.FAILED, "unreadable_document")
    assert "None of the 2 files" in job.error["message"]


def test_fifty_files_are_read_with_progress(brought, read_log, told):
    answer = brought(*[(f"{number}.txt", f"Text {number}.".encode()) for number in range(50)])
    job = work(answer)

    assert (job.status, set(states(answer))) == (Status.COMPLETED, {"ready"})
    steps = [one["data"] for one in read_log(job.topic) if one["event"] == "progress"]
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    assert (steps[-1]["done"], steps[-1]["total"], steps[-1]["unit"]) == (50, 50, "documents")
    assert any(step["eta_s"] for step in steps)
    assert len(told("document")) == 100


def test_another_worker_reads_only_what_is_left(brought, reading_does, told):
    answer = brought(*[(f"{number}.txt", b"A text.") for number in range(4)])
    job_id = answer["job"]["id"]

    def lose_claim(number: int) -> None:
        if number == 2:
            with transaction.atomic():
                jobs.requeue(Job.objects.select_for_update().get(pk=job_id))

    reading_does(lose_claim)
    with running(job_id) as attempt:
        reading.read(attempt)
    assert states(answer) == ["ready", "ready", "reading", "reading"]
    done: list[int] = []
    reading_does(done.append)
    job = work(answer)

    assert (len(done), job.status, job.attempt, job.done) == (2, Status.COMPLETED, 2, 4)
    assert [one["status"] for one in told("document")].count("ready") == 4


def test_a_worker_that_stops_hands_the_rest_back(brought, reading_does):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."))
    reading_does(lambda number: worker_stopping() if number == 0 else None)
    try:
        job = work(answer)
    finally:
        jobs_running._stopping.value = 0

    assert job.status == Status.QUEUED
    assert states(answer)[1] == "reading"
    assert work(answer).status == Status.COMPLETED
    assert states(answer) == ["ready", "ready"]


def test_cancelling_removes_what_was_not_read(owner, brought, reading_does, told, on_disk):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."), ("c.txt", b"Three."))
    reading_does(lambda number: jobs.cancel(owner, answer["job"]["id"]) if number == 1 else None)
    job = work(answer)

    assert job.status == Status.CANCELLED
    assert [document.title for document in Document.objects.all()] == ["a.txt"]
    assert {one["id"] for one in told("document_removed")} == {one["id"] for one in answer["documents"][1:]}
    assert on_disk() == []


def test_a_cancelled_job_that_runs_again_says_that_its_files_are_gone(owner, brought):
    answer = brought(("a.txt", b"One."))
    jobs.cancel(owner, answer["job"]["id"])
    jobs.run_again(owner, answer["job"]["id"])

    assert work(answer).error == {"code": "not_found", "message": reading.GONE}


def test_a_failed_job_that_runs_again_says_that_its_files_are_gone(owner, brought):
    answer = brought(("a.txt", b""))
    work(answer)
    jobs.run_again(owner, answer["job"]["id"])

    assert work(answer).error["code"] == "not_found"
    assert stored(answer["documents"][0]).error_code == "empty_file"


def test_a_job_that_was_lost_can_run_again_over_its_files(owner, brought, told, on_disk):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."))
    lost = {"code": "worker_lost", "message": "The worker was lost."}
    with transaction.atomic():
        jobs.end(Job.objects.select_for_update().get(pk=answer["job"]["id"]), Status.FAILED, lost)
    assert [(one["status"], one["error_code"]) for one in told("document")[-2:]] == [("error", "worker_lost")] * 2
    assert len(on_disk()) == 2
    jobs.run_again(owner, answer["job"]["id"])

    assert work(answer).status == Status.COMPLETED
    assert states(answer) == ["ready", "ready"]
    assert [(one["status"], one["error_code"]) for one in told("document")[-4:-2]] == [("reading", "")] * 2
    assert {stored(one).error_code for one in answer["documents"]} == {""}
    assert on_disk() == []


def test_a_file_that_is_not_there_is_an_error_of_its_document(brought, on_disk):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."))
    (reading.stored(stored(answer["documents"][0]).file)).unlink()

    assert work(answer).status == Status.COMPLETED
    assert (stored(answer["documents"][0]).error_code, states(answer)[1]) == ("not_found", "ready")


def test_a_document_that_is_deleted_while_it_is_read_stays_deleted(owner, brought, reading_does, on_disk):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."))
    ids = [one["id"] for one in answer["documents"]]
    reading_does(lambda number: run("document.delete_many", owner, ids=ids) if number == 0 else None)
    job = work(answer)

    assert (job.status, Document.objects.count(), on_disk()) == (Status.COMPLETED, 0, [])


def test_documents_that_are_deleted_before_they_are_read_are_no_failure(owner, brought):
    answer = brought(("a.txt", b"One."), ("b.txt", b"Two."))
    run("document.delete_many", owner, ids=[one["id"] for one in answer["documents"]])

    assert work(answer).status == Status.COMPLETED


def test_a_person_who_goes_takes_the_files_along(owner, brought, on_disk):
    brought(("a.txt", b"One."))
    User.objects.get(pk=owner.pk).delete()

    assert (Document.objects.count(), on_disk()) == (0, [])


def test_users_take_turns(owner, teammate, post, reading_does):
    jobs_of = [post(user, (f"{user.username}.txt", b"A text.")).json() for user in (owner, owner, teammate)]
    begun: list[str] = []

    def look_on(number: int) -> None:
        begun.append(Job.objects.filter(status=Status.STARTED).latest("started_at").owner.username)
        if number == 0:
            read_documents(jobs_of[1]["job"]["id"])
            assert begun == ["owner", "teammate"], "one job of each at a time"

    reading_does(look_on)
    for one in jobs_of:
        read_documents(one["job"]["id"])

    assert begun == ["owner", "teammate", "owner"]
    assert {Job.objects.get(pk=one["job"]["id"]).status for one in jobs_of} == {Status.COMPLETED}


class TestReplacing:
    @pytest.fixture
    def known(self, owner) -> dict:
        return add(owner, "The old text.", title="Old", external_id="7")

    @pytest.fixture
    def replace(self, brought, known):
        def send(data: bytes = b"The new text.", name: str = "new.txt") -> dict:
            answer = brought((name, data), external_id="7", replace="true")
            assert answer["documents"][0]["id"] == known["id"]
            return answer

        return send

    @pytest.fixture
    def referred(self, owner) -> dict:
        """A document that was taken from another one, with the external id that `replace` takes."""
        origin = add(owner, "The old text.")
        return run("document.add_reference", owner, reference=f"document:{origin['id']}", title="Old", external_id="8")

    @pytest.mark.parametrize("end", ["waits", "fails", "is cancelled", "is lost", "is too large"])
    def test_what_a_document_says_of_itself_stays_as_long_as_its_text(self, owner, brought, referred, configure, end):
        if end == "is too large":
            configure(max_document_mb=1)
        data = {"fails": b"\xd0\xcf\x11\xe0", "is too large": b"x" * (2 * 1024 * 1024)}.get(end, b"The new text.")
        answer = brought(("a.txt", b"One."), ("new.txt", data), external_id=["7", "8"], replace="true")
        if end == "is cancelled":
            jobs.cancel(owner, answer["job"]["id"])
        elif end == "is lost":
            with transaction.atomic():
                jobs.end(Job.objects.select_for_update().get(pk=answer["job"]["id"]), Status.FAILED)
        elif end != "waits":
            work(answer)
        now = run("document.get", owner, document_id=referred["id"])

        kept = ("title", "size", "reference", "media_type", "characters")
        assert {name: now[name] for name in kept} == {name: referred[name] for name in kept}
        assert now["text"] == "The old text."

    def test_all_of_that_comes_with_the_new_text(self, owner, brought, referred):
        work(brought(("new.html", page("<p>The new text.")), external_id="8", replace="true"))
        document = stored(referred)

        assert (document.text, document.title, document.folded_title) == ("The new text.", "new.html", "new.html 8")
        assert (document.size, document.reference) == (len(page("<p>The new text.")), "")
        assert (document.media_type, document.new_title) == ("text/html", "")

    def test_a_document_that_is_renamed_meanwhile_keeps_that_name(self, owner, replace, known):
        answer = replace()
        run("document.update", owner, document_id=known["id"], title="Renamed")
        work(answer)

        assert (stored(known).title, stored(known).text) == ("Renamed", "The new text.")

    def test_a_title_that_comes_with_the_file_is_the_new_one(self, brought, known):
        work(brought(("new.txt", b"The new text."), external_id="7", replace="true", title="Newer"))

        assert stored(known).title == "Newer"

    def test_the_same_document_gets_the_new_text(self, replace, known):
        answer = replace()
        assert (answer["documents"][0]["status"], stored(known).text) == ("reading", "The old text.")
        work(answer)
        document = stored(known)

        assert (document.status, document.text, document.title) == ("ready", "The new text.", "new.txt")
        assert document.folded_text == "the new text."
        assert Document.objects.count() == 1

    def test_a_file_that_cannot_be_read_leaves_the_old_text_and_says_why(self, replace, known, on_disk):
        job = work(replace(b""))
        document = stored(known)

        assert (document.status, document.text, document.error_code) == ("ready", "The old text.", "empty_file")
        assert (job.status, on_disk()) == (Status.FAILED, [])

    def test_a_file_that_is_too_large_leaves_all_as_it_was(self, brought, known, configure):
        configure(max_document_mb=1)
        large = ("b.txt", b"x" * (2 * 1024 * 1024))
        brought(("a.txt", b"One."), large, external_id=["6", "7"], replace="true")
        document = stored(known)

        assert (document.status, document.title, document.error_code) == ("ready", "Old", "too_large")

    def test_cancelling_leaves_the_old_text(self, owner, replace, known, on_disk):
        answer = replace()
        jobs.cancel(owner, answer["job"]["id"])
        document = stored(known)

        assert (document.status, document.text, document.error_code, on_disk()) == ("ready", "The old text.", "", [])

    def test_the_newest_file_wins_and_no_other_stays(self, replace, known, on_disk):
        first, second = replace(b"The first text."), replace(b"The second text.")
        assert len(on_disk()) == 1
        work(second)
        job = work(first)

        assert (stored(known).text, on_disk()) == ("The second text.", [])
        assert job.status == Status.COMPLETED

    def test_a_file_that_comes_while_another_is_read_wins(self, replace, known, reading_does, on_disk):
        first = replace(b"The first text.")
        second: list[dict] = []
        reading_does(lambda number: second.append(replace(b"The second text.")) if number == 0 else None)
        work(first)
        assert (stored(known).status, stored(known).text) == ("reading", "The old text.")
        work(second[0])

        assert (stored(known).text, on_disk()) == ("The second text.", [])

    def test_a_text_that_comes_while_a_file_waits_wins(self, owner, replace, known, on_disk):
        answer = replace()
        add(owner, "Said by hand.", external_id="7", replace=True)
        assert on_disk() == []
        work(answer)

        assert (stored(known).status, stored(known).text) == ("ready", "Said by hand.")


def test_an_error_of_the_server_is_no_error_of_the_file(brought, monkeypatch):
    answer = brought(("a.txt", b"One."))

    def break_down(path, look):
        raise OSError("no process can be started")

    monkeypatch.setattr(reading, "read_apart", break_down)
    job = work(answer)

    assert (job.status, job.error["code"]) == (Status.FAILED, "internal")
    assert stored(answer["documents"][0]).file is not None
