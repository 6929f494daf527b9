"""The application's document is served at the address of every page."""

import pytest

pytestmark = pytest.mark.database

ID = "00000000-0000-4000-8000-000000000000"
PAGES = [
    "/",
    "/login",
    "/jobs",
    "/jobs/",
    "/account",
    "/transcripts",
    f"/transcripts/{ID}",
    "/live",
    "/chat",
    "/chat/1",
]
PROMPTS = ["/prompts", "/prompts/new", f"/prompts/{ID}", "/documents"]


@pytest.mark.parametrize("address", [*PAGES, *PROMPTS])
def test_every_page_has_the_document_and_the_cookie_that_writing_needs(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert b'<div id="app">' in answer.content
    assert "csrftoken" in answer.cookies


def test_the_document_is_asked_for_anew_each_time(client):
    assert "no-store" in client.get("/").headers["Cache-Control"]


def test_the_document_is_only_read(client):
    assert client.post("/").status_code == 405


def test_an_unknown_address_has_no_document(client):
    assert client.get("/nowhere").status_code == 404
