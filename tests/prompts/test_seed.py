"""The addresses, fields and words of the batch service that this one replaces."""

import pytest

from backend.accounts import services as accounts
from backend.prompts.models import Batch
from tests.prompts.batching import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
PROMPTS = [{"name": "prompt_1", "value": "Give me a summary of the document"}]
SCOPE = {"ic01_list": ["ic01_1", "ic01_2"]}


@pytest.fixture
def client(owner, document, upstream):
    """Signed in as that service's clients do: a token for the cuid."""
    from rest_framework.test import APIClient

    _, secret = accounts.create_key(user=owner, name="k", scopes=["prompts"])
    document("ic01_1")
    document("ic01_2")
    client = APIClient()
    answer = client.post("/api/token", {"cuid": owner.cuid}, format="json", headers={"X-API-KEY": secret}).json()
    assert sorted(answer) == ["access_token", "expires_in"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['access_token']}")
    return client


def create(client, owner, **changes):
    return client.post("/api/batch", {"cuid": owner.cuid, "scope": SCOPE, "prompts": PROMPTS, **changes}, format="json")


@pytest.mark.parametrize("end", ["", "/"])
def test_a_batch_is_created_watched_and_fetched(client, owner, end):
    made = client.post(
        f"/api/batch{end}", {"cuid": owner.cuid, "scope": SCOPE, "prompts": PROMPTS}, format="json"
    ).json()
    assert list(made) == ["job_id", "creation_date", "status", "queue_rank"]
    assert (made["status"], made["queue_rank"]) == ("queued", -1)
    assert made["creation_date"].endswith("Z")

    address = f"/api/batch/{made['job_id']}"
    assert client.get(f"{address}{end}").json() == {"status": "queued", "queue_rank": 1}
    assert client.get(f"{address}/file{end}").json()["code"] == "not_finished"
    work(Batch.objects.get(pk=made["job_id"]))
    assert client.get(f"{address}{end}").json() == {"status": "completed", "queue_rank": -1}
    file = client.get(f"{address}/file{end}").json()
    assert sorted(file) == ["file_content", "file_name"]
    assert file["file_name"] == f"{made['job_id']}.xlsx"


def test_another_cuid_is_refused(client, owner):
    answer = create(client, owner, cuid="SOMEBODY")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_unknown_document_is_named(client, owner):
    answer = create(client, owner, scope={"ic01_list": ["ic01_1", "ic01_7"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_document")
    assert "ic01_7" in str(answer.json()["fields"])


def test_too_many_cells_are_refused(client, owner, configure):
    configure(max_cells_per_batch=1)
    answer = create(client, owner)
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_cells")


@pytest.mark.parametrize(
    "changes",
    [{"scope": {}}, {"scope": []}, {"scope": {"ic01_list": "ic01_1"}}, {"scope": {"": []}}, {"prompts": []},
     {"prompts": [{"name": "a"}]}, {"cuid": None}, {"scope": {"ic01_list": [1]}}],
)  # fmt: skip
def test_a_malformed_order_is_refused_in_words(client, owner, changes):
    answer = create(client, owner, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_batch_of_somebody_else_is_not_found(client, owner, stranger, as_user):
    ident = create(client, owner).json()["job_id"]
    for address in (f"/api/batch/{ident}", f"/api/batch/{ident}/file"):
        answer = as_user(stranger).get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
