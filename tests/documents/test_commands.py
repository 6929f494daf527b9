"""What people do with their documents."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.core.errors import AppError
from backend.documents.models import Document
from backend.documents.services import documents
from backend.engines.chatting.context import tokens_of
from backend.live import references
from tests.documents.acting import add, refusal, refused, run, stored, work
from tests.documents.conftest import ADDRESS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def test_a_text_is_a_document_at_once(owner, told):
    text = "Grüße an alle, 天."
    made = add(owner, text, title="  A\tgreeting ", collection="ic01", external_id=" 7 ")

    assert (made["title"], made["status"], made["external_id"]) == ("A greeting", "ready", "7")
    assert (made["characters"], made["size"]) == (len(text), len(text.encode()))
    assert (made["tokens"], made["media_type"], made["job"]) == (tokens_of(text), "text/plain", None)
    assert told("document") == [made]
    assert run("document.get", owner, document_id=made["id"]) == {**made, "text": text}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": " \n "}, "no_text"),
        ({"text": ""}, "invalid"),
        ({"text": "a\0b"}, "invalid"),
        ({"text": "x" * 1_000_001}, "invalid"),
        ({"collection": "a b"}, "invalid"),
        ({"collection": ""}, "invalid"),
        ({"external_id": "x" * 201}, "invalid"),
        ({"title": ""}, "invalid"),
    ],
)
def test_what_is_no_text_is_refused(owner, data, code):
    assert refused("document.add_text", owner, **{"title": "A title", "text": "A text.", **data}) == code
    assert Document.objects.count() == 0


def test_a_known_external_id_is_a_conflict_or_is_replaced(owner, told):
    first = add(owner, "The first.", external_id="7")
    new = {"title": "New", "text": "The second.", "external_id": "7"}
    error = refusal("document.add_text", owner, **new)
    assert (error.code, error.fields) == ("conflict", {"external_id": ["7: there is such a document already"]})
    second = run("document.add_text", owner, **new, replace=True)

    assert (second["id"], second["created_at"]) == (first["id"], first["created_at"])
    assert (stored(first).text, stored(first).title) == ("The second.", "New")
    assert Document.objects.count() == 1
    assert len(told("document")) == 2


def test_documents_without_an_external_id_are_as_many_as_one_likes(owner):
    assert add(owner)["id"] != add(owner)["id"]


def test_a_transcript_becomes_a_document(owner, teammate, finished, told):
    transcript = finished(owner)
    reference = f"transcript:{transcript.pk}"
    made = run("document.add_reference", owner, reference=reference, collection="calls", external_id="7")

    assert (made["title"], made["reference"], made["status"]) == (transcript.title, reference, "ready")
    assert stored(made).text == references.read(owner, reference).text
    assert told("document") == [made]
    assert refused("document.add_reference", teammate, reference=reference) == "not_found"
    again = {"reference": reference, "collection": "calls", "external_id": "7"}
    assert refused("document.add_reference", owner, **again) == "conflict"


def test_what_has_no_text_yet_cannot_be_referred_to(owner, brought):
    waiting = brought(("a.txt", b"One."))["documents"][0]

    assert refused("document.add_reference", owner, reference=f"document:{waiting['id']}") == "no_text"
    for reference in (f"document:{uuid4()}", "document:none", "nothing:1"):
        assert refused("document.add_reference", owner, reference=reference) == "not_found"
    assert Document.objects.count() == 1


def test_what_is_referred_to_is_cut_at_the_most_characters(owner, monkeypatch):
    made = add(owner, "ten signs! and more")
    monkeypatch.setattr("backend.documents.services.adding.MOST_CHARACTERS", 10)
    copy = run("document.add_reference", owner, reference=f"document:{made['id']}", title="A copy")

    assert (stored(copy).text, copy["is_cut"], copy["title"]) == ("ten signs!", True, "A copy")


def test_chat_attaches_a_document(owner, stranger):
    from backend.chat.services import attaching, conversations

    made = add(owner, "A text for a model.", title="Plan")
    reference = f"document:{made['id']}"

    assert attaching.attach(owner, conversations.create(owner).pk, reference).text == "A text for a model."
    with pytest.raises(AppError, match="no such document"):
        attaching.attach(stranger, conversations.create(stranger).pk, reference)


def test_the_beginning_of_a_text_is_shown_and_all_of_it_is_downloaded(owner, as_user):
    text = "ä" * 20_001
    made = add(owner, text, title='A "plan"/2026.txt')
    answer = as_user(owner).get(f"{ADDRESS}/{made['id']}/text/")

    assert run("document.get", owner, document_id=made["id"])["text"] == text[:-1]
    assert (answer.content.decode(), answer["Content-Type"]) == (text, "text/plain; charset=utf-8")
    assert 'filename="A _plan_2026.txt"' in answer["Content-Disposition"]


def test_a_text_that_is_not_there_yet_cannot_be_downloaded(owner, brought, as_user):
    made = brought(("a.txt", b"One."))["documents"][0]
    answer = as_user(owner).get(f"{ADDRESS}/{made['id']}/text")

    assert (answer.status_code, answer.json()["code"]) == (422, "no_text")


def test_title_collection_and_external_id_can_be_changed(owner, told):
    made = add(owner, external_id="7")
    changes = {"title": " Another\ntitle ", "collection": "ic02", "external_id": "8"}
    changed = run("document.update", owner, document_id=made["id"], **changes)

    assert (changed["title"], changed["collection"], changed["external_id"]) == ("Another title", "ic02", "8")
    assert told("document")[-1] == changed
    assert (stored(made).text, stored(made).folded_title) == ("A text.", "another title 8")
    assert run("document.update", owner, document_id=made["id"], external_id="")["external_id"] == ""


@pytest.mark.parametrize("data", [{}, {"title": ""}, {"title": None}, {"collection": "../x"}])
def test_a_change_of_nothing_is_refused(owner, data):
    assert refused("document.update", owner, document_id=add(owner)["id"], **data) == "invalid"


def test_a_change_to_a_name_that_is_taken_is_a_conflict(owner):
    add(owner, collection="a", external_id="7")
    here, there = add(owner, collection="a", external_id="8"), add(owner, collection="b", external_id="7")

    assert refused("document.update", owner, document_id=here["id"], external_id="7") == "conflict"
    assert refused("document.update", owner, document_id=there["id"], collection="a") == "conflict"
    run("document.update", owner, document_id=here["id"], external_id="8", title="The same name")


def test_a_change_while_the_file_is_read_stays(owner, brought):
    answer = brought(("a.txt", b"One."))
    made = answer["documents"][0]
    run("document.update", owner, document_id=made["id"], title="Renamed")
    work(answer)

    assert (stored(made).title, stored(made).text) == ("Renamed", "One.")


def test_a_deleted_document_is_gone_with_its_file(owner, brought, told, on_disk):
    made = brought(("a.txt", b"One."))["documents"][0]
    run("document.delete", owner, document_id=made["id"])

    assert (Document.objects.count(), on_disk()) == (0, [])
    assert told("document_removed") == [{"id": made["id"]}]
    assert refused("document.delete", owner, document_id=made["id"]) == "not_found"


def test_many_are_deleted_at_once_and_those_of_others_stay(owner, stranger, told):
    mine, others = [add(owner)["id"] for _ in range(3)], add(stranger)["id"]

    assert run("document.delete_many", owner, ids=[*mine[:2], mine[0], others, str(uuid4())]) == {"deleted": 2}
    assert {str(document.pk) for document in Document.objects.all()} == {mine[2], others}
    assert {one["id"] for one in told("document_removed")} == set(mine[:2])
    assert refused("document.delete_many", owner, ids=[str(uuid4())] * 501) == "invalid"


def test_deleting_many_asks_the_database_no_more_often(owner):
    def queries(count: int) -> int:
        ids = [add(owner)["id"] for _ in range(count)]
        with CaptureQueriesContext(connection) as asked:
            run("document.delete_many", owner, ids=ids)
        return sum('"documents_document"' in one["sql"] for one in asked)

    assert queries(20) == queries(2)


def test_no_text_is_read_where_documents_go_with_their_owner(owner):
    made = add(owner, "A text that is long.")
    assert stored(made).text == "A text that is long."
    with CaptureQueriesContext(connection) as asked:
        User.objects.get(pk=owner.pk).delete()

    assert Document.objects.count() == 0
    read = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and '"documents_document"' in one["sql"]]
    assert read
    assert not any('."text"' in one or '."folded_text"' in one for one in read)


class TestResolving:
    def test_the_order_is_the_asked_one(self, owner):
        for name in ("1", "2", "3"):
            add(owner, collection="ic01", external_id=name)
        found = documents.resolve(owner, "ic01", ["3", "1", "3"])

        assert [document.external_id for document in found] == ["3", "1", "3"]

    def test_many_are_found(self, owner, monkeypatch):
        monkeypatch.setattr(documents, "AT_ONCE", 2)
        names = [str(number) for number in range(5)]
        for name in names:
            add(owner, external_id=name)

        assert [one.external_id for one in documents.resolve(owner, "general", names)] == names

    def test_what_is_not_there_is_named(self, owner, stranger):
        add(owner, collection="ic01", external_id="1")
        add(owner, collection="other", external_id="2")
        add(stranger, collection="ic01", external_id="3")
        with pytest.raises(AppError) as error:
            documents.resolve(owner, "ic01", ["1", "2", "3", ""])

        assert error.value.code == "unknown_document"
        missing = [f"{name}: there is no such document" for name in ("2", "3", "")]
        assert error.value.fields == {"ic01_list": missing}
        assert "3 documents" in error.value.message

    def test_at_most_twenty_are_named(self, owner):
        with pytest.raises(AppError, match="30 documents") as error:
            documents.resolve(owner, "ic01", [str(number) for number in range(30)])

        assert len(error.value.fields["ic01_list"]) == 20

    def test_texts_are_not_loaded_with_the_documents(self, owner):
        add(owner, external_id="1")
        document = documents.resolve(owner, "general", ["1"])[0]

        assert {"text", "folded_text"} <= document.get_deferred_fields()
        assert documents.text_of(document.pk) == "A text."
        assert documents.text_of(uuid4()) is None
