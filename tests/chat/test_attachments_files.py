"""Files attached to a message: taken in, read by a job, told, and deleted in every end."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backend.chat.models import Attachment, Conversation
from backend.chat.services import files
from backend.engines import documents_apart
from backend.jobs import services as jobs
from backend.jobs.models import Job, Status
from backend.jobs.running import running
from backend.live import topics
from tests.chat.talking import refused, run
from tests.chat.talking import work as answer
from tests.engines.test_documents import archive, docx, pdf
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def post(as_user, conversation):
    """Upload a file as a user: the answer."""

    def send(user, data: bytes, name: str = "plan.docx", **headers):
        address = f"/api/conversations/{conversation.pk}/attachments/file"
        return as_user(user).post(
            address, {"file": SimpleUploadedFile(name, data)}, format="multipart", headers=headers
        )

    return send


@pytest.fixture
def attached(owner, post):
    """Upload a file as the owner: the attachment as clients see it."""

    def send(data: bytes, name: str = "plan.docx") -> dict:
        answer = post(owner, data, name)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    return send


def read(attachment: dict) -> Attachment:
    """What the task does."""
    with running(Attachment.objects.get(pk=attachment["id"]).job_id) as run:
        files.read(run)
    return Attachment.objects.get(pk=attachment["id"])


def on_disk(settings) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def events(read_log, conversation, *names: str) -> list[dict]:
    return [one for one in read_log(conversation.topic) if one["event"] in names]


def test_a_file_is_there_at_once_and_its_text_when_it_was_read(owner, conversation, attached, settings, read_log):
    made = attached(docx(), "folder\\plan.docx")
    assert (made["title"], made["status"], made["message"], len(on_disk(settings))) == ("plan.docx", "Reading", None, 1)
    assert run("chat.get", owner, conversation_id=conversation.pk)["attachments"] == [made]

    attachment = read(made)

    assert (attachment.status, attachment.text) == ("Ready", "Before the table\nleft\tright\nAfter it: ä 天")
    assert attachment.media_type.endswith("wordprocessingml.document")
    assert on_disk(settings) == []
    told = events(read_log, conversation, "attachment")
    assert [one["data"]["status"] for one in told] == ["Reading", "Ready"]
    assert [told[-1]["data"]] == topics.snapshot(conversation.topic).data["attachments"]


def test_the_model_reads_the_file(owner, conversation, attached, upstream):
    made = attached(docx())
    read(made)
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Well?", attachments=[made["id"]])
    upstream.scripts.append(Script(["Much."]))
    answer(said["id"])

    assert "After it: ä 天" in str(upstream.requests[-1]["messages"])
    assert run("chat.get", owner, conversation_id=conversation.pk)["attachments"] == []


def test_a_message_that_was_deleted_keeps_its_file_from_the_model(owner, conversation, attached, upstream):
    made = attached(docx())
    read(made)
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Well?", attachments=[made["id"]])
    answer(said["id"])
    run("chat.mark_deleted", owner, message_id=said["id"])
    answer(run("chat.send", owner, conversation_id=conversation.pk, content="And now?")["id"])

    assert "After it" in str(upstream.requests[0]["messages"])
    assert "After it" not in str(upstream.requests[1]["messages"])


def test_another_way_of_saying_it_takes_the_file_along(owner, conversation, attached):
    made = attached(b"A text.", "a.txt")
    read(made)
    said = run("chat.send", owner, conversation_id=conversation.pk, content="Well?", attachments=[made["id"]])
    run("chat.stop", owner, message_id=said["id"] + 1)

    other = run("chat.branch", owner, message_id=said["id"], content="Well, well?")

    assert [one["characters"] for one in other["attachments"]] == [7]
    assert Attachment.objects.get(message=said["id"]).text == "A text."


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pdf("secret", password="open sesame"), "protected_document"),
        (b"", "empty_file"),
        (archive(word__document_xml=b"<a>" + b" " * (30 * 1024 * 1024)), "too_large"),
        (b"\x7fELF\x02\x01\x01\0", "unsupported_media"),
        (b"%PDF-1.7\nnothing follows", "unreadable_document"),
        (pdf(""), "no_text"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(owner, conversation, attached, settings, read_log, data, code):
    made = attached(data, "file.txt")
    attachment = read(made)

    assert (attachment.status, attachment.error_code, bool(attachment.error_message)) == ("Error", code, True)
    assert attachment.job.status == Status.FAILED
    assert on_disk(settings) == []
    assert events(read_log, conversation, "attachment")[-1]["data"]["error_code"] == code
    sending = {"conversation_id": conversation.pk, "content": "Well?", "attachments": [made["id"]]}
    assert refused("chat.send", owner, **sending) == "invalid"
    assert Conversation.objects.get().messages.count() == 0


def test_a_file_that_is_being_read_cannot_be_sent_yet(owner, conversation, attached):
    made = attached(docx())

    sending = {"conversation_id": conversation.pk, "content": "Well?", "attachments": [made["id"]]}
    assert refused("chat.send", owner, **sending) == "conflict"


def test_a_file_that_is_taken_back_is_gone_with_its_job(owner, conversation, attached, settings, read_log):
    made = attached(docx())
    run("chat.detach", owner, conversation_id=conversation.pk, attachment_id=made["id"])

    assert (Attachment.objects.count(), Job.objects.count(), on_disk(settings)) == (0, 0, [])
    assert [one["data"] for one in events(read_log, conversation, "attachment_removed")] == [{"id": made["id"]}]


def test_a_file_that_was_read_is_taken_back(owner, conversation, attached, read_log):
    made = attached(b"A text.")
    read(made)
    run("chat.detach", owner, conversation_id=conversation.pk, attachment_id=made["id"])

    assert Attachment.objects.count() == 0
    assert len(events(read_log, conversation, "attachment_removed")) == 1


def test_a_cancelled_job_takes_its_attachment_along(owner, conversation, attached, settings, read_log):
    made = attached(docx())
    jobs.cancel(owner, Attachment.objects.get().job_id)

    assert (Attachment.objects.count(), on_disk(settings)) == (0, [])
    assert [one["data"]["id"] for one in events(read_log, conversation, "attachment_removed")] == [made["id"]]


def test_reading_ends_when_the_file_is_taken_back(owner, conversation, attached, monkeypatch):
    made = attached(docx())

    def take_back(path, look):
        run("chat.detach", owner, conversation_id=conversation.pk, attachment_id=made["id"])
        return documents_apart.Document("text", "too late", 0)

    monkeypatch.setattr(files, "read_apart", take_back)
    with running(Job.objects.get().pk) as work:
        files.read(work)

    assert Attachment.objects.count() == 0


def test_a_deleted_conversation_takes_its_files_along(conversation, attached, settings):
    attached(docx())
    conversation.delete()

    assert on_disk(settings) == []


def test_a_job_whose_file_is_gone_says_so(owner, attached):
    made = attached(b"\x7fELF\x02\x01\x01\0")
    job_id = read(made).job_id
    jobs.run_again(owner, job_id)
    read(made)

    assert Job.objects.get(pk=job_id).error["code"] == "not_found"


def test_a_longer_text_is_cut_and_says_so(attached):
    attachment = read(attached(b"0123456789" * 100_001, "long.txt"))

    assert (len(attachment.text), attachment.is_cut, attachment.status) == (1_000_000, True, "Ready")


def test_a_file_beyond_the_limit_is_refused(owner, post, configure, settings):
    configure(max_attachment_mb=1)
    answer = post(owner, b"x" * (1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "1 MB" in answer.json()["detail"]
    assert (Attachment.objects.count(), on_disk(settings)) == (0, [])


def test_the_limit_holds_for_a_page_that_is_signed_in_by_its_session(owner, conversation, configure):
    configure(max_attachment_mb=1)
    client = Client()
    client.force_login(owner, backend="backend.accounts.backends.UsernameOrEmailBackend")
    address = f"/api/conversations/{conversation.pk}/attachments/file"

    assert client.post(address, {"file": io.BytesIO(b"x" * (1024 * 1024 + 1))}).status_code == 413
    assert client.post(address, {"file": SimpleUploadedFile("a.txt", b"A text.")}).status_code == 201


def test_the_same_key_attaches_a_file_once(owner, post):
    answers = [post(owner, b"A text.", **{"Idempotency-Key": "one"}).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert Attachment.objects.count() == 1


def test_without_a_file_nothing_is_attached(owner, conversation, as_user):
    address = f"/api/conversations/{conversation.pk}/attachments/file/"
    answer = as_user(owner).post(address, {"file": "no file"}, format="multipart")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_nobody_else_attaches_files_or_takes_them_back(
    owner, teammate, stranger, conversation, attached, post, settings
):
    made = attached(docx())
    for user in (teammate, stranger):
        assert post(user, docx()).status_code == 404
        taking_back = {"conversation_id": conversation.pk, "attachment_id": made["id"]}
        assert refused("chat.detach", user, **taking_back) == "not_found"
    assert len(on_disk(settings)) == 1


def test_a_message_has_twenty_attachments_at_most(attached, owner, post, settings):
    for _ in range(20):
        attached(b"A text.")

    assert post(owner, b"One too many.").json()["code"] == "limit_reached"
    assert len(on_disk(settings)) == 20
