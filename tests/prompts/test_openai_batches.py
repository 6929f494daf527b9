"""`/v1/batches` in process: what is begun, shown, listed and cancelled, and what its results hold."""

from datetime import timedelta

import pytest
from django.utils import timezone
from openai.types import Batch as OpenAIBatch
from openai.types.chat import ChatCompletion
from rest_framework.test import APIClient

from backend.accounts import services
from backend.jobs.models import Job
from backend.jobs.running import running
from backend.jobs.services import cancel, share
from backend.prompts.models import Batch
from backend.prompts.services import usage
from backend.prompts.services.requests import answers, beginning
from backend.prompts.services.working import MOST_REFUSED
from tests.fixtures.upstream import Script
from tests.prompts.batching import run
from tests.prompts.openai_edge import ENDPOINT, begin, content_of, lines, request, row_of, upload, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def client(as_user, owner):
    return as_user(owner)


def shown_now(client, shown: dict) -> dict:
    found = client.get(f"/v1/batches/{shown['id']}").json()
    OpenAIBatch.model_validate(found, strict=True)
    return found


class TestBeginning:
    def test_a_batch_waits_to_be_read(self, client, owner):
        shown = begin(client, metadata={"team": "sails"})

        OpenAIBatch.model_validate(shown, strict=True)
        assert (shown["object"], shown["status"], shown["endpoint"]) == ("batch", "validating", ENDPOINT)
        assert shown["expires_at"] - shown["created_at"] == 24 * 3600
        assert shown["request_counts"] == {"total": 0, "completed": 0, "failed": 0}
        assert shown["metadata"] == {"team": "sails"}
        assert (shown["output_file_id"], shown["error_file_id"], shown["errors"]) == (None, None, None)
        job = Job.objects.get()
        assert (job.kind, job.title, job.subject) == ("requests", "requests.jsonl", f"batch:{job.pk}")

    @pytest.mark.parametrize(
        ("change", "param"),
        [
            ({"endpoint": "/v1/embeddings"}, "endpoint"), ({"endpoint": None}, "endpoint"),
            ({"completion_window": "1h"}, "completion_window"), ({"input_file_id": 7}, "input_file_id"),
            ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
            ({"metadata": {"a": "x" * 513}}, "metadata.a"), ({"metadata": {"a": "\x00"}}, "metadata.a"),
            ({"metadata": {"a": 1}}, "metadata.a"), ({"metadata": []}, "metadata"),
            ({"output_expires_after": {"anchor": "created_at", "seconds": 3600}}, "output_expires_after"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_refused_by_name(self, client, change, param):
        file = upload(client).json()["id"]
        body = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h", **change}

        answer = client.post("/v1/batches", body, format="json")

        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (400, "invalid", param)
        assert error["type"] == "invalid_request_error"
        assert not Job.objects.exists()

    @pytest.mark.parametrize("name", ["nothing", f"file-{'0' * 32}", f"file-out-{'0' * 32}", "\x00"])
    def test_a_file_that_is_not_there(self, client, name):
        body = {"input_file_id": name, "endpoint": ENDPOINT, "completion_window": "24h"}

        answer = client.post("/v1/batches", body, format="json")

        assert (answer.status_code, answer.json()["error"]["param"]) == (404, "input_file_id")

    @pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"null"])
    def test_a_body_that_is_no_object(self, client, body):
        answer = client.generic("POST", "/v1/batches", body, content_type="application/json")

        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")

    def test_the_same_key_begins_one_batch(self, client):
        body = {"input_file_id": upload(client).json()["id"], "endpoint": ENDPOINT, "completion_window": "24h"}

        first, second = (
            client.post("/v1/batches", body, format="json", headers={"Idempotency-Key": "k"}).json() for _ in range(2)
        )

        assert first == second
        assert Batch.objects.count() == 1
        long = client.post("/v1/batches", body, format="json", headers={"Idempotency-Key": "k" * 101})
        assert (long.status_code, long.json()["error"]["code"]) == (400, "invalid")

    def test_past_the_limit_a_client_learns_when_to_come_back(self, client, configure):
        file = upload(client).json()["id"]
        configure(max_queued_jobs_per_user=0)

        body = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h"}
        answer = client.post("/v1/batches", body, format="json")

        assert (answer.status_code, answer["Retry-After"]) == (429, "60")
        assert answer.json()["error"]["code"] == "rate_limit_exceeded"

    def test_where_the_tokens_of_a_day_are_used_up_a_client_learns_when_to_come_back(self, client, owner, configure):
        file = upload(client).json()["id"]
        configure(chat_tokens_per_day=10)
        usage.count(owner.pk, 10)

        body = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h"}
        answer = client.post("/v1/batches", body, format="json")

        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert 0 < int(answer["Retry-After"]) <= 24 * 3600
        assert not Batch.objects.exists()

    def test_a_name_that_grows_when_it_is_folded_is_kept(self, client):
        file = upload(client, name="\u0390" * 200).json()["id"]
        body = {"input_file_id": file, "endpoint": ENDPOINT, "completion_window": "24h"}

        assert client.post("/v1/batches", body, format="json").status_code == 200
        assert len(Batch.objects.get().folded_title) == 400

    def test_it_is_a_batch_like_any_other(self, client, owner):
        shown = begin(client)

        listed = run("batch.list", owner)["results"]
        assert [(one["id"], one["source"]) for one in listed] == [(str(row_of(shown).pk), "requests")]


class TestEnds:
    @pytest.fixture
    def answered(self, client, upstream) -> dict:
        """A batch with an answer, a failure and an answer that was cut at its limit."""
        upstream.scripts += [Script(["Well.\u2028", " \u00e4"]), Script(status=400), Script(finish="length")]
        shown = begin(client, lines(request("a"), request("b", model="small"), request("c", model="small")))
        work(shown)
        return shown_now(client, shown)

    @pytest.fixture(autouse=True)
    def _one_after_the_other(self, configure):
        configure(prompt_cells=1)

    def test_a_batch_is_completed_with_its_counts(self, answered):
        assert answered["status"] == "completed"
        assert answered["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
        assert answered["completed_at"] >= answered["in_progress_at"] >= answered["created_at"]
        assert answered["finalizing_at"] == answered["completed_at"]
        assert (answered["failed_at"], answered["cancelled_at"], answered["expired_at"]) == (None, None, None)
        assert answered["usage"]["total_tokens"] == 36
        assert answered["errors"] is None

    def test_answers_are_completions(self, client, answered):
        found = content_of(client, answered["output_file_id"])

        assert [one["custom_id"] for one in found] == ["a", "c"]
        assert len({one["id"] for one in found}) == 2
        for one in found:
            assert (one["response"]["status_code"], one["error"]) == (200, None)
            assert one["response"]["request_id"]
        first, last = (ChatCompletion.model_validate(one["response"]["body"], strict=True) for one in found)
        assert (first.choices[0].message.content, first.choices[0].finish_reason) == ("Well.\u2028 \u00e4", "stop")
        assert (last.choices[0].finish_reason, last.model, first.model) == ("length", "small", "large")
        assert first.usage is not None
        assert first.usage.total_tokens == 18

    def test_failures_are_errors(self, client, answered):
        (found,) = content_of(client, answered["error_file_id"])

        assert (found["custom_id"], found["error"]) == ("b", None)
        assert found["response"]["status_code"] == 502
        assert found["response"]["body"]["error"]["code"] == "upstream_refused"

    def test_what_was_not_answered_says_why(self, client, owner, upstream):
        shown = begin(client, lines(request("a"), request("b")))
        with running(row_of(shown).pk) as claimed:
            beginning.prepare(claimed, row_of(shown))
            assert shown_now(client, shown)["status"] == "in_progress"
            answer = client.post(f"/v1/batches/{shown['id']}/cancel")
        assert answer.status_code == 200
        OpenAIBatch.model_validate(answer.json(), strict=True)

        shown = shown_now(client, shown)

        assert (shown["status"], shown["output_file_id"]) == ("cancelled", None)
        assert shown["cancelled_at"] == shown["cancelling_at"] >= shown["created_at"]
        found = content_of(client, shown["error_file_id"])
        assert [(one["custom_id"], one["response"], one["error"]["code"]) for one in found] == [
            ("a", None, "batch_cancelled"), ("b", None, "batch_cancelled"),
        ]  # fmt: skip

    def test_a_batch_whose_time_is_over_has_expired(self, client, upstream):
        upstream.scripts.append(Script(before_s=20))
        shown = begin(client)
        Batch.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        work(shown)

        shown = shown_now(client, shown)

        assert shown["status"] == "expired"
        assert shown["expired_at"]
        (found,) = content_of(client, shown["error_file_id"])
        assert (found["custom_id"], found["response"], found["error"]["code"]) == ("a", None, "batch_expired")

    def test_a_batch_that_was_given_up_says_why(self, client, upstream):
        upstream.scripts += [*[Script(status=401)] * MOST_REFUSED, Script(before_s=30)]
        shown = begin(client, lines(*(request(str(number)) for number in range(9))))
        work(shown)
        assert upstream.wait_until_closed()

        shown = shown_now(client, shown)

        assert (shown["status"], shown["errors"]["data"][0]["code"]) == ("failed", "upstream_refused")
        found = content_of(client, shown["error_file_id"])
        refused, given_up = found[:MOST_REFUSED], found[MOST_REFUSED:]
        assert [one["response"]["body"]["error"]["code"] for one in refused] == ["upstream_refused"] * MOST_REFUSED
        assert [one["error"]["code"] for one in given_up] == ["batch_failed"] * (9 - MOST_REFUSED)

    def test_results_come_in_the_order_of_the_requests_however_many(self, client, monkeypatch, upstream):
        monkeypatch.setattr(answers, "AT_ONCE", 3)
        upstream.scripts += [Script(), Script(status=400)]
        shown = begin(client, lines(*(request(str(number)) for number in range(10))))
        work(shown)

        shown = shown_now(client, shown)

        done, failed = (content_of(client, shown[name]) for name in ("output_file_id", "error_file_id"))
        assert [one["custom_id"] for one in done] == [str(number) for number in range(10) if number != 1]
        assert [one["custom_id"] for one in failed] == ["1"]

    def test_a_batch_that_is_deleted_while_it_is_read_ends_the_download(self, client, monkeypatch, upstream):
        from backend.core.errors import AppError

        monkeypatch.setattr(answers, "AT_ONCE", 1)
        shown = begin(client, lines(request("a"), request("b")))
        work(shown)
        blocks = iter(client.get(f"/v1/files/{shown_now(client, shown)['output_file_id']}/content"))
        next(blocks)
        Job.objects.all().delete()

        with pytest.raises(AppError, match="deleted"):
            next(blocks)


class TestPeople:
    def test_who_may_do_what(self, client, as_user, owner, teammate, stranger):
        shown = begin(client)
        share(owner, row_of(shown).pk, teammate)
        theirs, nobodys = as_user(teammate), as_user(stranger)

        assert theirs.get(f"/v1/batches/{shown['id']}").json() == shown
        assert [one["id"] for one in theirs.get("/v1/batches").json()["data"]] == [shown["id"]]
        assert theirs.post(f"/v1/batches/{shown['id']}/cancel").status_code == 403
        for answer in (
            nobodys.get(f"/v1/batches/{shown['id']}"),
            nobodys.post(f"/v1/batches/{shown['id']}/cancel"),
            nobodys.get("/v1/batches", {"after": shown["id"]}),
        ):
            assert answer.status_code == 404
        assert nobodys.get("/v1/batches").json()["data"] == []
        body = {"input_file_id": shown["input_file_id"], "endpoint": ENDPOINT, "completion_window": "24h"}
        assert theirs.post("/v1/batches", body, format="json").status_code == 404
        assert Job.objects.get().status == "queued"

    def test_a_key_needs_the_scope(self, owner):
        _, secret = services.create_key(user=owner, name="a program", scopes=["chat"])

        answer = APIClient(headers={"Authorization": f"Bearer {secret}"}).get("/v1/batches")

        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")

    @pytest.mark.parametrize("name", ["nothing", "batch_", f"batch_{'0' * 32}", f"file-{'0' * 32}", "%00"])
    def test_a_batch_that_is_not_there(self, client, name):
        for answer in (client.get(f"/v1/batches/{name}"), client.post(f"/v1/batches/{name}/cancel")):
            assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")

    def test_a_batch_over_documents_is_none_of_these(self, client, owner):
        shown = begin(client)
        Batch.objects.update(source="documents")

        assert client.get(f"/v1/batches/{shown['id']}").status_code == 404
        assert client.get("/v1/batches").json()["data"] == []


class TestLists:
    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_pages_hold_each_batch_once_the_newest_first(self, client, limit):
        ids = [begin(client)["id"] for _ in range(3)]

        found, after, more = [], "", True
        while more:
            page = client.get("/v1/batches", {"limit": limit, "after": after}).json()
            found += [one["id"] for one in page["data"]]
            assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
            after, more = page["last_id"], page["has_more"]

        assert found == ids[::-1]

    def test_an_empty_list(self, client):
        shown = client.get("/v1/batches").json()

        assert shown == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}

    @pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"x": 1}])
    def test_a_list_that_cannot_be_given(self, client, query):
        assert client.get("/v1/batches", query).status_code == 400


def test_an_ended_batch_cannot_be_cancelled(client, upstream):
    shown = begin(client)
    work(shown)

    answer = client.post(f"/v1/batches/{shown['id']}/cancel")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_a_batch_that_is_cancelled_twice_is_cancelled(client, owner):
    shown = begin(client)
    cancel(owner, row_of(shown).pk)

    assert client.post(f"/v1/batches/{shown['id']}/cancel").json()["status"] == "cancelled"
