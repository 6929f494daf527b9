"""Reading a file of requests: what its lines may be, what is told of those that are wrong, and what rows come of it."""

import json

import pytest

from backend.engines.chatting import Turn, UpstreamError
from backend.jobs.errors import ClaimLost
from backend.jobs.models import Job
from backend.jobs.running import running
from backend.jobs.services import cancel, run_again
from backend.prompts.models import Row
from backend.prompts.services import usage
from backend.prompts.services.requests import beginning
from backend.prompts.services.requests import lines as request_lines
from backend.prompts.services.requests.beginning import question
from tests.prompts.openai_edge import begin, file_of, lines, request, row_of, work

# In a transaction of the test's own the thread that reports progress would wait for the database.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def client(as_user, owner):
    return as_user(owner)


@pytest.fixture
def problems(client):
    """What is told of a file, and that nothing else came of it."""

    def read(content: bytes) -> list[dict]:
        shown = begin(client, content)
        job = work(shown).job
        assert (job.status, job.error["code"]) == ("failed", "invalid")
        shown = client.get(f"/v1/batches/{shown['id']}").json()
        assert shown["status"] == "failed"
        assert (shown["request_counts"]["total"], shown["output_file_id"], shown["error_file_id"]) == (0, None, None)
        assert not Row.objects.exists()
        assert shown["errors"]["object"] == "list"
        return shown["errors"]["data"]

    return read


def test_each_line_becomes_a_row(client):
    shown = begin(client, lines(request("a", "One?"), request("b", "Two?", temperature=0.5, max_completion_tokens=9)))

    work(shown)

    rows = list(Row.objects.filter(batch=row_of(shown)))
    assert [(row.position, row.external_id, row.title) for row in rows] == [(0, "a", "a"), (1, "b", "b")]
    asked = question(rows[1].request)
    assert asked.turns == [Turn("user", "Two?")]
    assert (asked.model, asked.temperature, asked.max_tokens) == ("embedded", 0.5, 9)
    assert (row_of(shown).row_count, row_of(shown).model) == (2, "embedded")


def test_a_question_has_all_that_was_said_before(client):
    said = [
        {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "?"}]},
        {"role": "developer", "content": "Be brief."},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Three?"},
    ]

    work(begin(client, lines(request("a", messages=said))))

    assert [(turn.role, turn.text) for turn in question(Row.objects.get().request).turns] == [
        ("system", "Be brief."), ("user", "One?"), ("assistant", "Two."), ("user", "Three?"),
    ]  # fmt: skip


def test_a_mark_at_the_beginning_other_line_ends_and_blank_lines_say_nothing(client):
    content = b"\xef\xbb\xbf\r\n" + lines(request("a"), request("b")).replace(b"\n", b"\r\n\r\n  \r\n").rstrip()

    shown = begin(client, content)
    work(shown)

    assert [row.external_id for row in row_of(shown).rows.all()] == ["a", "b"]


def test_a_mark_before_the_first_request_says_nothing(client):
    shown = begin(client, b"\xef\xbb\xbf" + lines(request("a")))

    assert work(shown).job.status == "completed"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"custom_id": ""}, "custom_id"),
        ({"custom_id": 7}, "custom_id"),
        ({"custom_id": "x" * 201}, "custom_id"),
        ({"custom_id": "a\x00b"}, "custom_id"),
        ({"custom_id": "\ud800"}, "custom_id"),
        ({"method": "GET"}, "method"),
        ({"url": "/v1/embeddings"}, "url"),
        ({"body": None}, "body"),
        ({"body": []}, "body"),
        ({"body": {}}, "body.messages"),
        ({"body": {"messages": [{"role": "user", "content": "\ud800"}]}}, "body.messages.0.content"),
        ({"body": {"messages": [{"role": "user", "content": "a\x00b"}]}}, "body.messages.0.content"),
        ({"body": {"messages": [{"role": "assistant", "content": "Yes."}]}}, "body.messages"),
        ({"body": {"messages": [{"role": "user", "content": "?"}], "temperature": 1e400}}, "body.temperature"),
        ({"body": {"messages": [{"role": "user", "content": "?"}], "tools": [{}]}}, "body.tools"),
        ({"body": {"messages": [{"role": "user", "content": "?"}], "stream": True}}, "body.stream"),
        ({"body": {"messages": [{"role": "user", "content": "?"}], "model": "huge"}}, "body.model"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_by_its_number_and_its_name(problems, change, param):
    bad = json.dumps({**request("b"), **change}).replace("Infinity", "1e400").encode()

    found = problems(lines(request("a")) + bad + b"\n" + lines(request("c")))

    assert [(one["line"], one["param"]) for one in found] == [(2, param)]
    assert found[0]["code"]
    assert found[0]["message"]


@pytest.mark.parametrize(
    "bad",
    [
        b"{", b"[1]", b'"text"', b"nothing", b"\x00\x01\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000, b"1" * 10_000,
        json.dumps(request("b")).encode("utf-16"), b'{"custom_id": NaN}', b"\x89PNG\r", b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_no_object_is_told(problems, bad):
    found = problems(lines(request("a")) + bad.replace(b"\n", b"") + b"\n" + lines(request("c")))

    assert [(one["line"], one["code"], one["param"]) for one in found] == [(2, "bad_request", None)]


def test_a_name_that_comes_twice_is_told(problems):
    found = problems(lines(request("a"), request("b"), request("a")))

    assert [(one["line"], one["code"], one["param"]) for one in found] == [(3, "duplicate_custom_id", "custom_id")]


def test_a_line_that_is_far_too_long_is_passed_over(problems):
    found = problems(lines(request("a"), request("b", "x" * 10_000_000), request("a")))

    assert [(one["line"], one["code"]) for one in found] == [(2, "too_large"), (3, "duplicate_custom_id")]


def test_a_line_that_is_too_long_may_be_the_last_one(problems):
    assert [one["line"] for one in problems(b"x" * 3_000_000)] == [1, None]


def test_a_file_without_requests(problems):
    assert [(one["line"], one["code"]) for one in problems(b"\n \r\n")] == [(None, "empty_file")]


def test_a_binary_file(problems):
    found = problems(bytes(range(256)) * 2000)

    assert len(found) == beginning.MAX_PROBLEMS


def test_a_file_may_have_as_many_requests_as_a_batch_cells(problems, configure):
    configure(max_cells_per_batch=2)

    found = problems(lines(*(request(str(number)) for number in range(3))))

    assert [(one["line"], one["code"], one["message"]) for one in found] == [
        (3, "too_many_requests", "A file may have 2 requests.")
    ]


def test_where_the_tokens_of_a_day_are_used_up_no_rows_are_made(client, owner, configure):
    shown = begin(client)
    configure(chat_tokens_per_day=10)
    usage.count(owner.pk, 10)

    job = work(shown).job

    assert (job.status, job.error["code"]) == ("failed", "limit_reached")
    assert not Row.objects.exists()


def test_a_file_with_too_many_requests(problems, monkeypatch):
    monkeypatch.setattr(request_lines, "MAX_REQUESTS", 3)

    found = problems(lines(*(request(str(number)) for number in range(9))))

    assert [(one["line"], one["code"]) for one in found] == [(4, "too_many_requests")]


def test_problems_are_told_up_to_a_hundred_of_them(problems):
    assert len(problems(b"{\n" * 1000)) == 100


def test_what_was_wrong_is_forgotten_when_the_file_can_be_read(client, owner, monkeypatch):
    shown = begin(client, lines(*(request(str(number)) for number in range(9))))
    monkeypatch.setattr(request_lines, "MAX_REQUESTS", 3)
    work(shown)
    monkeypatch.undo()
    run_again(owner, row_of(shown).pk)

    work(shown)

    shown = client.get(f"/v1/batches/{shown['id']}").json()
    assert (shown["status"], shown["errors"], shown["request_counts"]["total"]) == ("completed", None, 9)


def test_rows_are_made_a_few_at_a_time_and_a_lost_worker_leaves_none_behind(client, monkeypatch):
    monkeypatch.setattr(beginning, "CHUNK_ROWS", 2)
    shown = begin(client, lines(*(request(str(number)) for number in range(5))))
    batch = row_of(shown)
    Row.objects.bulk_create(Row(batch=batch, position=position) for position in range(3))

    work(shown)

    assert [row.external_id for row in batch.rows.all()] == ["0", "1", "2", "3", "4"]


def test_who_is_cancelled_while_reading_writes_nothing_more(client, owner):
    batch = row_of(begin(client))
    with running(batch.pk) as run:
        cancel(owner, batch.pk)
        with pytest.raises(ClaimLost):
            beginning.prepare(run, batch)

    batch.refresh_from_db()
    assert (batch.row_count, batch.rows.count(), Job.objects.get().status) == (0, 0, "cancelled")


def test_a_file_that_was_lost_fails_the_batch(client):
    shown = begin(client)
    file_of(shown).path.unlink()

    assert work(shown).job.error["code"] == "not_found"


class TestUpstream:
    def test_its_models_are_asked_for_once(self, client, upstream):
        shown = begin(client, lines(*(request(str(number), model="small") for number in range(20)), request("x")))

        assert work(shown).job.status == "completed"
        assert upstream.listings == 1
        models = [question(row.request).model for row in row_of(shown).rows.all()]
        assert models == ["small"] * 20 + ["large"]
        assert row_of(shown).model == ""

    def test_while_it_does_not_answer_the_batch_waits(self, client, configure):
        configure(chat_engine="auto", openai_base_url="http://127.0.0.1:9/v1")

        job = work(begin(client)).job

        assert (job.status, job.attempt) == ("queued", 1)

    def test_one_that_refuses_to_say_what_it_offers_fails_the_batch(self, client, upstream, monkeypatch):
        def refuse(_self) -> tuple[str, ...]:
            raise UpstreamError("upstream_refused", "The key is wrong.", before_first_token=True)

        monkeypatch.setattr("backend.engines.chatting.openai.OpenAIChat.models", refuse)

        job = work(begin(client)).job

        assert (job.status, job.error["code"]) == ("failed", "upstream_refused")
