"""Who may do what with a batch: its owner everything, who it is shared with may read, nobody else knows of it."""

import json

import pytest

from backend.core.errors import AppError
from backend.live import topics
from backend.prompts.api.commands import COMMANDS
from backend.prompts.models import Batch, Cell
from consumers.threads import in_thread
from tests.consumers.client import Socket, by_rest
from tests.consumers.conftest import _live  # noqa: F401 (fixture: the live layer ends with the test's loop)
from tests.prompts.batching import SUMMARY, begin, make_document, refused, run, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
BY_NAME = {command.name: command for command in COMMANDS}
# What has no owner to refuse anybody: everybody begins batches of their own.
OWN = ("batch.list", "batch.create", "batch.estimate", "batch.models")
OF_ONE = [name for name in BY_NAME if name not in OWN]
READ = ("batch.get", "batch.rows", "batch.cell")
SECRET = "nobody else reads this"


@pytest.fixture
def batch(upstream, owner, teammate):
    """A batch that has ended, which its owner shares with the teammate."""
    made = work(begin(owner, [make_document(owner, "1", SECRET, title=SECRET)], title=SECRET))
    run("batch.share", owner, batch_id=str(made.pk), user="teammate")
    return made


def data_for(name, batch) -> dict:
    values = {"batch_id": str(batch.pk), "row": 0, "column": 0, "title": "Mine", "user": "stranger"}
    return {field: value for field, value in values.items() if field in BY_NAME[name].input.model_fields}


def state() -> list:
    viewers = [sorted(batch.job.viewers.values_list("username", flat=True)) for batch in Batch.objects.all()]
    return [list(Batch.objects.values()), list(Cell.objects.values()), viewers]


@pytest.mark.parametrize("name", OF_ONE)
async def test_a_stranger_can_do_nothing_and_learns_nothing(name, batch, stranger):
    before, data = await in_thread(state), data_for(name, batch)
    async with Socket() as socket:
        await socket.sign_in(stranger)
        told = await socket.command(name, dict(data))
    answer = await in_thread(by_rest, stranger, BY_NAME[name], dict(data))
    assert (told["type"], told["code"]) == ("error", "not_found")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert SECRET not in json.dumps(told) + answer.content.decode()
    assert await in_thread(state) == before


@pytest.mark.parametrize("name", OF_ONE)
async def test_who_it_is_shared_with_may_read_and_change_nothing(name, batch, teammate):
    before, data = await in_thread(state), data_for(name, batch)
    async with Socket() as socket:
        await socket.sign_in(teammate)
        told = await socket.command(name, dict(data))
    answer = await in_thread(by_rest, teammate, BY_NAME[name], dict(data))
    if name in READ:
        assert (told["type"], answer.status_code) == ("reply", 200)
    else:
        assert (told["code"], answer.json()["code"]) == ("forbidden", "forbidden")
    assert await in_thread(state) == before


@pytest.mark.parametrize("name", OF_ONE)
async def test_the_owner_is_not_refused(name, batch, owner, stranger):
    async with Socket() as socket:
        await socket.sign_in(owner)
        told = await socket.command(name, data_for(name, batch))
    # No cell has failed.
    assert told["type"] == "reply" or (name, told["code"]) == ("batch.retry_failed", "conflict"), told


async def test_lists_and_topics_show_it_to_those_who_may_read_it(batch, owner, teammate, stranger):
    for user, sees in ((owner, True), (teammate, True), (stranger, False)):
        async with Socket() as socket:
            await socket.sign_in(user)
            listed = (await socket.command("batch.list", {}))["data"]["count"]
            followed = await socket.subscribe(batch.topic)
        assert (listed == 1, followed["type"] == "subscribed") == (sees, sees)


def test_what_is_no_longer_shared_cannot_be_followed(batch, owner, teammate):
    run("batch.unshare", owner, batch_id=str(batch.pk), user="teammate")
    with pytest.raises(AppError, match="not yours"):
        topics.authorize(teammate, batch.topic)


def test_nobody_runs_prompts_over_the_documents_of_somebody_else(owner, stranger):
    document = make_document(owner, "1", SECRET)
    prompts = [SUMMARY]
    for wishes in ({"documents": [str(document.pk)]}, {"scope": {"ic01_list": ["1"]}}):
        error = refused("batch.create", stranger, prompts=prompts, **wishes)
        assert error.code == "unknown_document"
        assert refused("batch.estimate", stranger, prompts=prompts, **wishes).code == "unknown_document"
    assert refused("batch.create", stranger, prompts=prompts, collections=["ic01"]).code == "invalid"
