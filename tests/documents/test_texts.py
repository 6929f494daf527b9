"""Texts as they are added by REST, up to the longest."""

import json

import pytest

from backend.core.api import MAX_JSON_BYTES
from backend.documents.api.commands import MOST_TEXT_BYTES
from backend.documents.models import Document
from backend.documents.services.adding import MOST_CHARACTERS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def send(as_user, owner):
    def to(address, body: bytes):
        return as_user(owner).generic("POST", f"/api/{address}", body, "application/json")

    return to


@pytest.mark.parametrize("sign", ["a", "語", "😀"])
@pytest.mark.parametrize("escaped", [True, False])
def test_the_longest_text_is_taken_in_any_writing(send, sign, escaped):
    text = sign * MOST_CHARACTERS
    body = json.dumps({"title": "Long", "text": text}, ensure_ascii=escaped).encode()
    answer = send("documents/texts", body)

    assert (answer.status_code, answer.json()["characters"]) == (201, MOST_CHARACTERS)
    assert Document.objects.get().text == text


def test_a_longer_text_is_not_taken(send):
    answer = send("documents/texts/", json.dumps({"title": "Long", "text": "a" * (MOST_CHARACTERS + 1)}).encode())
    assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"text"})
    answer = send("documents/texts/", b" " * (MOST_TEXT_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_commands_keep_their_limit(send):
    answer = send("documents/delete", b" " * (3 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"] == f"A JSON body may have {MAX_JSON_BYTES} bytes here."
