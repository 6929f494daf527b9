"""Documents are their owner's alone: every command, the download and the job, by REST and by socket."""

import pytest

from backend.accounts import services as accounts
from backend.documents.api.commands import COMMANDS, LIST
from backend.documents.models import Document
from backend.jobs.models import Job
from consumers.threads import in_thread
from tests.consumers.client import Socket, by_rest
from tests.consumers.conftest import _live  # noqa: F401 (fixture: the live layer ends with the test's loop)
from tests.documents.acting import work
from tests.documents.conftest import ADDRESS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
BY_NAME = {command.name: command for command in (LIST, *COMMANDS)}
NOTHING = {
    "document.list": {"count": 0, "next": None, "previous": None, "results": []},
    "document.collections": {"results": []},
    "document.delete_many": {"deleted": 0},
}
OF_ONE = ["document.get", "document.update", "document.delete"]
SECRET = "nobody else reads this"


@pytest.fixture
def document(brought, teammate) -> Document:
    """A document that was read by a job that its owner shares with the teammate."""
    answer = brought((f"{SECRET}.txt", SECRET.encode()), collection="secret", external_id="7")
    work(answer)
    Job.objects.get().viewers.add(teammate)
    return Document.objects.get()


@pytest.fixture
def others(document, teammate, stranger):
    return [teammate, stranger]


def data_for(name: str, document: Document) -> dict:
    """What the command asks for, about the owner's document."""
    values = {"document_id": str(document.pk), "ids": [str(document.pk)], "title": "Mine", "text": "Mine now."}
    values |= {"collection": "secret", "external_id": "7", "reference": f"document:{document.pk}"}
    return {field: value for field, value in values.items() if field in BY_NAME[name].input.model_fields}


async def by_socket(user, name: str, data: dict) -> dict:
    async with Socket() as socket:
        await socket.sign_in(user)
        return await socket.command(name, data)


def row() -> dict:
    return Document.objects.filter(external_id="7", collection="secret").order_by("created_at").values()[0]


@pytest.mark.parametrize("name", OF_ONE)
async def test_nobody_else_can_do_anything_with_a_document(name, document, others):
    before = await in_thread(row)
    data = data_for(name, document)
    for user in others:
        refused = await by_socket(user, name, data)
        answer = await in_thread(by_rest, user, BY_NAME[name], dict(data))
        assert (refused["type"], refused["code"]) == ("error", "not_found")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert SECRET not in str(refused) + answer.content.decode()
    assert await in_thread(row) == before


@pytest.mark.parametrize("name", NOTHING)
async def test_lists_of_others_know_nothing_of_it(name, document, others):
    before = await in_thread(row)
    data = data_for(name, document) if name == "document.delete_many" else {}
    for user in others:
        reply = await by_socket(user, name, data)
        answer = await in_thread(by_rest, user, BY_NAME[name], dict(data))
        assert reply["data"] == answer.json() == NOTHING[name]
    assert await in_thread(row) == before


async def test_what_others_add_under_the_same_id_is_their_own(document, others):
    before = await in_thread(row)
    for user in others:
        data = {**data_for("document.add_text", document), "replace": True}
        made = (await by_socket(user, "document.add_text", data))["data"]
        again = (await in_thread(by_rest, user, BY_NAME["document.add_text"], dict(data))).json()
        assert made["id"] == again["id"] != str(document.pk)
    assert await in_thread(row) == before


async def test_nobody_else_refers_to_it(document, others):
    data = data_for("document.add_reference", document)
    for user in others:
        assert (await by_socket(user, "document.add_reference", data))["code"] == "not_found"
        assert (await in_thread(by_rest, user, BY_NAME["document.add_reference"], dict(data))).status_code == 404


@pytest.mark.parametrize("name", BY_NAME)
async def test_its_owner_may_by_socket_and_by_rest(name, owner, document):
    data = data_for(name, document)
    if name.startswith("document.add"):
        data["collection"] = "other"
    if name == "document.list":
        data = {"search": SECRET}
    first = await by_socket(owner, name, data)
    if name.startswith("document.add"):
        data["external_id"] = "8"
    answer = await in_thread(by_rest, owner, BY_NAME[name], dict(data))

    assert first["type"] == "reply", first
    assert answer.status_code == (404 if name == "document.delete" else BY_NAME[name].status)


def test_only_its_owner_downloads_the_text(document, owner, others, as_user):
    address = f"{ADDRESS}/{document.pk}/text"

    assert as_user(owner).get(address).status_code == 200
    for user in others:
        answer = as_user(user).get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nobody_is_let_in_without_signing_in(document, client):
    for address in (ADDRESS, f"{ADDRESS}/{document.pk}", f"{ADDRESS}/{document.pk}/text", "/api/collections"):
        assert client.get(address).status_code == 401


def test_a_key_needs_the_scope(document, owner, client):
    for scope, status in (("documents", 200), ("chat", 403)):
        _, secret = accounts.create_key(user=owner, name=scope, scopes=[scope])
        headers = {"Authorization": f"Bearer {secret}"}
        for address in (ADDRESS, f"{ADDRESS}/{document.pk}/text"):
            assert client.get(address, headers=headers).status_code == status
        assert client.post(ADDRESS, headers=headers).status_code in ((400, 415) if status == 200 else (403,))
