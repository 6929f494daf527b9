"""What a socket is told that signed in with an API key: only what its scopes cover, and still every number."""

import asyncio
import json

import pytest

from backend.live import topics
from backend.live.publish import draft, publish_many_now
from consumers import protocol
from consumers.hub import get_hub
from consumers.threads import in_thread
from tests.consumers.client import Socket
from tests.consumers.test_subscription import Follower

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
SECRET = "A title that only documents may show"


def tell(owner, *events):
    """Publish events on the owner's topic at once; the position of the last."""
    drafts = [draft(f"user:{owner.pk}", event, {"n": n, "title": SECRET}) for n, event in enumerate(events)]
    return [entry for entry in publish_many_now(drafts) if entry][-1].seq


def add_document(owner):
    from backend.documents.services import adding

    adding.add_text(owner, "A text.", title=SECRET, collection="general")


@pytest.fixture
async def follower(owner):
    follower = Follower(f"user:{owner.pk}")
    follower.subscription.withheld = topics.withheld(follower.topic, frozenset({"jobs"}))
    await follower.start()
    yield follower
    await follower.stop()


async def test_a_key_is_told_only_of_what_its_scopes_cover(owner):
    async with Socket() as socket:
        await socket.sign_in(owner, ["jobs", "chat"])
        seq = (await socket.subscribe(f"user:{owner.pk}"))["seq"]
        await in_thread(tell, owner, "job", "document", "document_removed", "conversation", "job")
        events = await socket.events(3)

    assert [(one["event"], one["seq"] - seq, one.get("skipped", 0)) for one in events] == [
        ("job", 1, 0),
        ("conversation", 4, 2),
        ("job", 5, 0),
    ]


async def test_a_key_with_all_scopes_and_a_person_are_told_of_everything(owner):
    for scopes in (None, ["chat", "documents", "jobs"]):
        async with Socket() as socket:
            await socket.sign_in(owner, scopes)
            await socket.subscribe(f"user:{owner.pk}")
            await in_thread(tell, owner, "document", "conversation", "job")
            events = await socket.events(3)
        assert [(one["event"], one.get("skipped", 0)) for one in events] == [
            ("document", 0),
            ("conversation", 0),
            ("job", 0),
        ]


async def test_a_snapshot_tells_a_key_of_jobs_only(owner):
    await in_thread(add_document, owner)
    async with Socket() as socket:
        await socket.sign_in(owner, ["jobs"])
        snapshot = (await socket.subscribe(f"user:{owner.pk}"))["snapshot"]

    assert snapshot.keys() == {"jobs"}
    assert SECRET not in json.dumps(snapshot)


async def test_what_a_key_is_not_told_of_is_counted_after_a_reconnect_too(owner):
    async with Socket() as socket:
        await socket.sign_in(owner, ["jobs"])
        await socket.subscribe(f"user:{owner.pk}")
        await in_thread(tell, owner, "job", "document")
        last = (await socket.events(1))[0]
    await in_thread(tell, owner, "document", "job")
    async with Socket() as socket:
        await socket.sign_in(owner, ["jobs"])
        again = await socket.subscribe(f"user:{owner.pk}", {"epoch": last["epoch"], "seq": last["seq"]})
        event = (await socket.events(1))[0]

    assert (again["recovered"], again["seq"]) == (True, last["seq"])
    assert (event["event"], event["seq"], event["skipped"]) == ("job", last["seq"] + 3, 2)


async def test_another_key_on_the_same_socket_changes_what_is_told(owner):
    topic = f"user:{owner.pk}"
    async with Socket() as socket:
        await socket.sign_in(owner)
        await socket.subscribe(topic)
        await socket.sign_in(owner, ["jobs"])
        await in_thread(tell, owner, "document", "job", "document")
        assert [(one["event"], one["skipped"]) for one in await socket.events(1)] == [("job", 1)]
        await socket.sign_in(owner)
        await in_thread(tell, owner, "document", "job")
        events = await socket.events(2)

    assert [(one["event"], one.get("skipped", 0)) for one in events] == [("document", 1), ("job", 0)]


async def test_every_number_is_told_or_skipped_for_a_slow_reader(follower, owner):
    follower.reader.open.clear()
    for _ in range(3):
        await in_thread(tell, owner, *["document", "job", "document_removed", "document", "job"] * 60)
        await asyncio.sleep(0.1)
    last = await in_thread(tell, owner, "document", "job")
    follower.reader.open.set()
    await follower.until(last)
    follower.check()
    assert {frame.get("event") for frame in follower.reader.frames} == {None, "job"}


async def test_states_that_are_overwritten_count_beside_what_is_withheld(follower):
    follower.reader.open.clear()
    drafts = [
        draft(follower.topic, event, {"n": n}, replaces=event)
        for n, event in enumerate(["document", "job", "document", "job", "job_removed"] * 40)
    ]
    entries = await in_thread(publish_many_now, drafts)
    await asyncio.sleep(0.3)
    follower.reader.open.set()
    await follower.until(entries[-1].seq)
    follower.check()
    assert len(follower.reader.frames) < 20


async def passed(follower, seq):
    """Return when the subscription has come so far, whether it told anything or not."""
    async with asyncio.timeout(10):
        while follower.subscription._seq < seq:  # noqa: ASYNC110 (nobody is told of what is withheld)
            await asyncio.sleep(0.01)


async def test_what_is_withheld_does_not_use_up_the_window_of_acknowledgements(follower, owner):
    first = await in_thread(tell, owner, "job")
    await follower.until(first)
    follower.subscription.ack(first)
    second = await in_thread(tell, owner, *["document"] * protocol.ACK_WINDOW, "job")
    last = await in_thread(tell, owner, *["document"] * protocol.ACK_WINDOW)
    await passed(follower, last)
    follower.subscription.ack(first)
    third = await in_thread(tell, owner, "job", "document")
    await follower.until(third - 1)
    follower.subscription.ack(second)
    last = await in_thread(tell, owner, *["document"] * 10, "job")
    await follower.until(last)
    follower.check()


async def test_the_window_of_acknowledgements_holds_for_what_is_told(follower, owner):
    first = await in_thread(tell, owner, "job")
    await follower.until(first)
    follower.subscription.ack(first)
    last = await in_thread(tell, owner, *["document", "job"] * (protocol.ACK_WINDOW - 100))
    await in_thread(tell, owner, *["document", "job"] * 200)
    await follower.until(last)
    await asyncio.sleep(0.3)
    assert follower.last_seq() == first + 2 * protocol.ACK_WINDOW


async def test_the_hub_serves_a_key_and_a_person_from_one_feed(owner, follower):
    everything = Follower(follower.topic)
    await everything.start()
    try:
        last = await in_thread(tell, owner, "document", "job")
        await follower.until(last)
        await everything.until(last)
    finally:
        await everything.stop()
    assert [frame["event"] for frame in everything.reader.frames if frame["type"] == "event"] == ["document", "job"]
    assert [frame["event"] for frame in follower.reader.frames if frame["type"] == "event"] == ["job"]
    assert len(get_hub()._feeds) == 1
