"""`/v1/files` in process: what is taken, listed, given and deleted, and to whom."""

from io import BytesIO

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from openai.types import FileObject
from rest_framework.test import APIClient

from backend.accounts import services, tokens
from backend.core.database import release_connections
from backend.jobs.models import Job
from backend.jobs.services import cancel, share
from backend.prompts.models import RequestFile
from backend.prompts.services.requests.files import BLOCK_BYTES
from tests.fixtures.upstream import Script
from tests.prompts.openai_edge import begin, content_of, file_of, lines, request, row_of, upload, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def client(as_user, owner):
    return as_user(owner)


def failed(answer, status: int, code: str, param: str | None = None) -> bool:
    error = answer.json()["error"]
    assert error["message"]
    return (answer.status_code, error["code"], error["param"]) == (status, code, param)


class TestUploads:
    def test_a_file_is_kept_and_can_be_had_again(self, client):
        content = lines(*(request(str(number), "x" * 1000) for number in range(600)))

        shown = upload(client, content, name="C:\\my\\requests.jsonl").json()

        FileObject.model_validate(shown, strict=True)
        assert (shown["object"], shown["bytes"], shown["purpose"]) == ("file", len(content), "batch")
        assert (shown["filename"], shown["status"]) == ("requests.jsonl", "processed")
        assert client.get(f"/v1/files/{shown['id']}").json() == shown
        answer = client.get(f"/v1/files/{shown['id']}/content")
        assert answer.getvalue() == content
        assert len(content) > BLOCK_BYTES
        assert answer["Content-Disposition"] == 'attachment; filename="requests.jsonl"'

    @pytest.mark.parametrize("purpose", ["fine-tune", "assistants", "", "batch_output"])
    def test_files_are_for_batches_only(self, client, purpose):
        assert failed(upload(client, purpose=purpose), 400, "invalid", "purpose")
        assert not RequestFile.objects.exists()

    def test_an_option_that_is_not_known_is_refused(self, client):
        answer = upload(client, **{"expires_after[anchor]": "created_at"})

        assert failed(answer, 400, "invalid", "expires_after[anchor]")

    def test_a_file_must_be_there_and_hold_something(self, client):
        assert failed(client.post("/v1/files", {"purpose": "batch"}, format="multipart"), 400, "invalid", "file")
        sent = client.post("/v1/files", {"purpose": "batch", "file": "text"}, format="multipart")
        assert failed(sent, 400, "invalid", "file")
        assert failed(upload(client, b""), 400, "empty_file", "file")

    def test_a_file_that_is_too_large_is_refused(self, client, configure):
        configure(max_batch_file_mb=1)

        assert failed(upload(client, b"x" * 1_100_000), 413, "too_large")
        assert upload(client, b"x" * 1_000_000).status_code == 200

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"no form at all", "multipart/form-data; boundary=x"),
            (b"", "multipart/form-data"),
            (b'{"purpose": "batch"}', "application/json"),
            (
                b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\r\n--x--",
                "multipart/form-data; boundary=x",
            ),
        ],
    )
    def test_what_is_no_form_is_refused(self, client, body, kind):
        answer = client.generic("POST", "/v1/files", body, content_type=kind)

        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"

    def test_a_form_with_too_much_in_it_is_refused(self, client):
        assert upload(client, purpose="x" * 3_000_000).status_code in (400, 413)
        assert upload(client, **{f"field{number}": "x" for number in range(1100)}).status_code in (400, 413)
        assert not RequestFile.objects.exists()

    @pytest.mark.parametrize(
        ("name", "shown_as"),
        [
            ("../../etc/passwd", "passwd"),
            ("n" * 300, "n" * 200),
            ("\u00e4\U0001f600.jsonl", "\u00e4\U0001f600.jsonl"),
            ("\u202e\u200b.jsonl", ".jsonl"),
            # It ends the header of its part of the form.
            ('a"b;\r\nX: y.jsonl', '"a"b'),
        ],
    )
    def test_a_name_may_be_anything(self, client, name, shown_as):
        file = BytesIO(b"{}\n")
        file.name = name
        answer = client.post("/v1/files", {"file": file, "purpose": "batch"}, format="multipart")

        shown = answer.json()
        assert (answer.status_code, shown["filename"]) == (200, shown_as)
        assert client.get(f"/v1/files/{shown['id']}/content").getvalue() == b"{}\n"

    @pytest.mark.parametrize("name", ["\x01", "\u202e"])
    def test_what_has_a_name_of_nothing_is_no_file(self, client, name):
        file = BytesIO(b"{}\n")
        file.name = name

        answer = client.post("/v1/files", {"file": file, "purpose": "batch"}, format="multipart")

        assert failed(answer, 400, "invalid", "file")

    def test_a_file_that_was_lost_is_not_there(self, client):
        shown = upload(client).json()
        RequestFile.objects.get().path.unlink()

        assert failed(client.get(f"/v1/files/{shown['id']}/content"), 404, "not_found", "file_id")


class TestDeleting:
    def test_a_file_goes_with_what_is_on_disk(self, client):
        shown = upload(client).json()
        path = RequestFile.objects.get().path
        assert path.is_file()

        answer = client.delete(f"/v1/files/{shown['id']}")

        assert answer.json() == {"id": shown["id"], "object": "file", "deleted": True}
        assert not path.exists()
        assert failed(client.get(f"/v1/files/{shown['id']}"), 404, "not_found", "file_id")

    def test_a_file_goes_with_its_owner(self, client, owner):
        upload(client)
        path = RequestFile.objects.get().path

        owner.delete()

        assert not path.exists()

    def test_a_file_stays_while_a_batch_of_it_has_not_ended(self, client, owner):
        shown = begin(client)
        address = f"/v1/files/{shown['input_file_id']}"

        answer = client.delete(address)

        assert failed(answer, 409, "conflict")
        assert answer["X-Should-Retry"] == "false"
        cancel(owner, row_of(shown).pk)
        assert client.delete(address).status_code == 200
        assert client.get(f"/v1/batches/{shown['id']}").json()["input_file_id"] == shown["input_file_id"]

    def test_a_batch_whose_file_was_deleted_cannot_be_read_again(self, client, owner):
        from backend.jobs.services import run_again

        shown = begin(client)
        cancel(owner, row_of(shown).pk)
        client.delete(f"/v1/files/{shown['input_file_id']}")
        run_again(owner, row_of(shown).pk)

        assert work(shown).job.error["code"] == "not_found"
        shown = client.get(f"/v1/batches/{shown['id']}").json()
        assert shown["errors"]["data"][0]["code"] == "not_found"

    def test_results_go_with_their_batch_only(self, client):
        shown = begin(client)
        work(shown)
        output = client.get(f"/v1/batches/{shown['id']}").json()["output_file_id"]

        assert failed(client.delete(f"/v1/files/{output}"), 409, "conflict")
        Job.objects.all().delete()
        assert failed(client.get(f"/v1/files/{output}/content"), 404, "not_found", "file_id")


class TestLists:
    @pytest.fixture
    def files(self, client, upstream) -> list[str]:
        """Two files, each with a batch that has answers and failures; the oldest first."""
        ids = []
        for _ in range(2):
            upstream.scripts += [Script(), Script(status=400)]
            shown = begin(client, lines(request("a"), request("b")))
            work(shown)
            shown = client.get(f"/v1/batches/{shown['id']}").json()
            ids += [shown["input_file_id"], shown["error_file_id"], shown["output_file_id"]]
        return ids

    def test_files_and_results_stand_in_one_list(self, client, files):
        shown = client.get("/v1/files").json()

        by_id = {one["id"]: one for one in shown["data"]}
        assert set(by_id) == set(files)
        assert (shown["object"], shown["has_more"]) == ("list", False)
        assert (shown["first_id"], shown["last_id"]) == (shown["data"][0]["id"], shown["data"][-1]["id"])
        for one in shown["data"]:
            FileObject.model_validate(one, strict=True)
            assert one["bytes"] == len(client.get(f"/v1/files/{one['id']}/content").getvalue())

    @pytest.mark.parametrize("order", ["asc", "desc"])
    @pytest.mark.parametrize("limit", [1, 2, 4])
    def test_pages_hold_each_file_once_in_the_order_of_time(self, client, files, order, limit):
        found, after, more = [], "", True
        while more:
            page = client.get("/v1/files", {"order": order, "limit": limit, "after": after}).json()
            found += [one["id"] for one in page["data"]]
            after, more = page["last_id"], page["has_more"]
        # The two results of a batch are of one moment.
        assert found == (files if order == "asc" else [files[place] for place in (4, 5, 3, 1, 2, 0)])

    def test_a_list_of_one_purpose(self, client, files):
        def listed(purpose: str) -> set[str]:
            return {one["id"] for one in client.get("/v1/files", {"purpose": purpose}).json()["data"]}

        assert listed("batch") == {files[0], files[3]}
        assert listed("batch_output") == set(files) - {files[0], files[3]}
        assert listed("vision") == set()

    @pytest.mark.parametrize(
        ("query", "status", "param"),
        [
            ({"limit": 0}, 400, "limit"), ({"limit": "many"}, 400, "limit"), ({"order": "up"}, 400, "order"),
            ({"after": "file-nothing"}, 404, "after"), ({"after": "x" * 1000}, 400, "after"),
            ({"after": f"file-{'0' * 32}"}, 404, "after"), ({"after": "\x00"}, 404, "after"), ({"x": 1}, 400, "x"),
        ],
    )  # fmt: skip
    def test_a_list_that_cannot_be_given(self, client, query, status, param):
        answer = client.get("/v1/files", query)

        assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)


class TestPeople:
    def test_an_uploaded_file_is_its_owners(self, client, as_user, teammate, stranger):
        shown = begin(client)
        share(row_of(shown).job.owner, row_of(shown).pk, teammate)

        for other in (teammate, stranger):
            theirs = as_user(other)
            for answer in (
                theirs.get(f"/v1/files/{shown['input_file_id']}"),
                theirs.get(f"/v1/files/{shown['input_file_id']}/content"),
                theirs.delete(f"/v1/files/{shown['input_file_id']}"),
            ):
                assert failed(answer, 404, "not_found", "file_id")
            assert theirs.get("/v1/files").json()["data"] == []
        assert file_of(shown).path.is_file()

    def test_results_are_for_those_who_may_watch_the_batch(self, client, as_user, teammate, stranger, owner):
        shown = begin(client)
        work(shown)
        share(owner, row_of(shown).pk, teammate)
        output = client.get(f"/v1/batches/{shown['id']}").json()["output_file_id"]

        assert len(content_of(as_user(teammate), output)) == 1
        assert failed(as_user(stranger).get(f"/v1/files/{output}/content"), 404, "not_found", "file_id")
        assert as_user(stranger).get("/v1/files").json()["data"] == []

    def test_a_key_needs_the_scope(self, owner):
        _, secret = services.create_key(user=owner, name="a program", scopes=["chat"])
        program = APIClient(headers={"Authorization": f"Bearer {secret}"})

        assert failed(program.get("/v1/files"), 403, "forbidden")
        assert failed(upload(program), 403, "forbidden")

    def test_nobody_is_not_let_in(self, db):
        assert failed(APIClient().get("/v1/files"), 401, "invalid_api_key")

    @pytest.mark.parametrize(
        "name", ["nothing", "file-", "file-out-", f"file-{'A' * 32}", f"batch_{'0' * 32}", "%00", "é"]
    )
    def test_a_name_that_is_none(self, client, name):
        for answer in (client.get(f"/v1/files/{name}"), client.get(f"/v1/files/{name}/content")):
            assert answer.status_code == 404


async def test_a_server_gives_content_block_by_block(client, owner):
    content = lines(*(request(str(number), "x" * 1000) for number in range(600)))
    shown = await sync_to_async(lambda: upload(client, content).json())()
    bearer = f"Bearer {(await sync_to_async(tokens.token_pair)(owner))['access']}"

    answer = await AsyncClient().get(f"/v1/files/{shown['id']}/content", headers={"Authorization": bearer})

    blocks = [block async for block in answer.streaming_content]
    assert b"".join(blocks) == content
    assert len(blocks) > 1
    await sync_to_async(release_connections)()
