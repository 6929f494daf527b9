"""The job that reads files: texts, errors, and every way in which it can end."""

import threading
import time

import pytest
from django.db import connection, transaction

from backend.accounts.models import User
from backend.documents.models import Document
from backend.documents.services import reading
from backend.engines.documents import MEDIA_TYPES
from backend.engines.documents_apart import read_apart
from backend.jobs import running as jobs_running
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.running import running, worker_stopping
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


def test_a_person_who_goes_takes_the_files_along(owner, brought, on_disk):
    brought(("a.txt", b"One."))
    User.objects.get(pk=owner.pk).delete()

    assert (Document.objects.count(), on_disk()) == (0, [])


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
        assert job.error["code"] == "not_found"

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


def test_two_readings_go_on_at_a_time(brought, monkeypatch):
    answers = [brought((f"{number}.txt", b"A text.")) for number in range(4)]
    now, most, lock, both = [0], [0], threading.Lock(), threading.Event()

    def slow(path, look):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            if now[0] == reading.AT_ONCE:
                both.set()
        both.wait(20)
        found = read_apart(path, look)
        with lock:
            now[0] -= 1
        return found

    def do(answer):
        work(answer)
        connection.close()

    monkeypatch.setattr(reading, "read_apart", slow)
    threads = [threading.Thread(target=do, args=(answer,)) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert most[0] == reading.AT_ONCE
    assert set(Job.objects.values_list("status", flat=True)) == {Status.COMPLETED}


def test_a_job_that_waits_for_its_place_can_be_cancelled(owner, brought, monkeypatch):
    answer = brought(("a.txt", b"One."))

    class NoPlace:
        def acquire(self, timeout: float) -> bool:
            jobs.cancel(owner, answer["job"]["id"])
            time.sleep(timeout)
            return False

    monkeypatch.setattr(reading, "_places", NoPlace())

    assert work(answer).status == Status.CANCELLED
    assert Document.objects.count() == 0


def test_an_error_of_the_server_is_no_error_of_the_file(brought, monkeypatch):
    answer = brought(("a.txt", b"One."))

    def break_down(path, look):
        raise OSError("no process can be started")

    monkeypatch.setattr(reading, "read_apart", break_down)
    job = work(answer)

    assert (job.status, job.error["code"]) == (Status.FAILED, "internal")
    assert stored(answer["documents"][0]).file is not None
