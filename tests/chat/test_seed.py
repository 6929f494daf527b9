"""The addresses, fields and words of the chat service that this one replaces."""

import pytest
from rest_framework.test import APIClient

from backend.accounts import tokens
from backend.chat.models import AIResponse
from backend.chat.services import conversations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
BASES = ["", "/api"]


@pytest.fixture
def client(owner) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.token_pair(owner)['access']}")
    return client


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("end", ["", "/"])
def test_a_conversation_is_begun_with_a_message_and_read(client, base, end):
    begun = client.post(
        f"{base}/start_conversation{end}", {"content": "Hello?", "model_version": "gpt-4"}, format="json"
    )
    assert begun.status_code == 201, begun.json()
    ident = begun.json()["id"]

    data = client.get(f"{base}/conversations/{ident}{end}").json()
    assert (data["title"], data["status"], data["model_version"]) == ("Hello?", "Active", "gpt-4")
    assert [(one["sender"], one["content"]) for one in data["messages"]] == [("user", "Hello?"), ("ai", "")]
    assert client.get(f"{base}/conversations{end}").json()["count"] == 1
    assert client.get(f"{base}/messages{end}", {"conversation": ident}).json()["count"] == 2


@pytest.mark.parametrize("base", BASES)
def test_a_message_is_added_edited_and_deleted(client, owner, base):
    conversation = conversations.create(owner)
    said = client.post(f"{base}/conversations/{conversation.pk}/add_message/", {"content": "Helo?"}, format="json")
    assert (said.status_code, said.json()["content"]) == (201, "Helo?")
    AIResponse.objects.update(status="Completed")

    message = f"{base}/messages/{said.json()['id']}"
    assert client.patch(f"{message}/edit_message/", {"content": "Hello?"}, format="json").json()["is_edited"] is True
    assert client.patch(f"{message}/mark_deleted/").status_code == 204
    refused = client.patch(f"{message}/edit_message/", {"content": "x"}, format="json")
    assert (refused.status_code, "error" in refused.json()) == (400, not base)


@pytest.mark.parametrize("base", BASES)
def test_title_and_status_are_changed(client, owner, base):
    conversation = conversations.create(owner)

    data = client.put(
        f"{base}/conversations/{conversation.pk}/", {"title": "Plans", "status": "Deleted"}, format="json"
    ).json()
    assert (data["title"], data["status"]) == ("Plans", "Deleted")


def test_without_a_content_nothing_begins(client):
    refused = client.post("/start_conversation/", {}, format="json")

    assert refused.status_code == 400
    assert refused.json()["error"]


def test_nobody_is_let_in_without_signing_in():
    assert APIClient().get("/conversations/").status_code == 401
