"""Topics: nothing lost, nothing repeated, nothing reordered; or an explicit snapshot."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def followed(client, server, *events, seq=0):
    """A client that follows `job:1` from a snapshot on and has had these events."""
    await client.start()
    await client.do("window.one = follow()")
    peer = await server.welcomed()
    await peer.subscribed(await peer.next("subscribe"), seq, {"from": seq})
    await peer.events(*events)
    await client.until(f"one.heard.length === {1 + len(events)}")
    return peer


async def come_back(server):
    peer = await server.welcomed()
    return peer, await peer.next("subscribe")


async def test_a_snapshot_then_events_in_order(client, server):
    await followed(client, server, 1, 2, 3)
    assert await client.get("one.heard") == [{"from": 0}, 1, 2, 3]
    assert await client.get("one.subscription.position") == {"epoch": "e", "seq": 3}


async def test_a_cut_loses_nothing_and_repeats_nothing(client, server):
    peer = await followed(client, server, 1, 2)
    peer.cut()
    peer, ask = await come_back(server)
    assert ask["since"] == {"epoch": "e", "seq": 2}
    await peer.subscribed(ask, 2)
    # A careful server sends some of them twice.
    await peer.events(1, 2, 3, 3, 4)
    await client.until("one.heard.at(-1) === 4")
    assert await client.get("one.heard") == [{"from": 0}, 1, 2, 3, 4]


async def test_many_cuts_give_the_same_as_none(client, server):
    peer = await followed(client, server)
    for start in range(0, 50, 5):
        await peer.events(*range(start + 1, start + 8))
        peer.cut()
        peer, ask = await come_back(server)
        since = ask["since"]["seq"]
        assert since <= start + 7
        await peer.subscribed(ask, since)
        await peer.events(*range(since + 1, start + 8))
        await client.until(f"one.heard.at(-1) === {start + 7}")
    assert await client.get("one.heard") == [{"from": 0}, *range(1, 53)]


async def test_what_cannot_be_replayed_is_reset_by_a_snapshot(client, server):
    peer = await followed(client, server, 1, 2)
    peer.cut()
    peer, ask = await come_back(server)
    await peer.subscribed(ask, 40, {"from": 40}, epoch="new")
    await peer.events(41, epoch="new")
    await client.until("one.heard.at(-1) === 41")
    assert await client.get("one.heard") == [{"from": 0}, 1, 2, {"from": 40}, 41]


async def test_a_server_may_start_a_topic_afresh_by_itself(client, server):
    peer = await followed(client, server, 1)
    await peer.send("subscribed", id=None, topic="job:1", epoch="x", seq=9, recovered=False, snapshot={"from": 9})
    await peer.events(10, epoch="x")
    await client.until("one.heard.at(-1) === 10")
    assert await client.get("one.heard") == [{"from": 0}, 1, {"from": 9}, 10]


async def test_a_gap_is_asked_for_from_the_last_known_position(client, server):
    peer = await followed(client, server, 1, 2)
    await peer.events(4)
    ask = await peer.next("subscribe")
    assert ask["since"] == {"epoch": "e", "seq": 2}
    await peer.events(5)
    await peer.subscribed(ask, 2)
    await peer.events(3, 4, 5)
    await client.until("one.heard.at(-1) === 5")
    assert await client.get("one.heard") == [{"from": 0}, 1, 2, 3, 4, 5]


async def test_a_gap_that_stays_is_asked_for_as_a_snapshot(client, server):
    peer = await followed(client, server, 1)
    await client.do("Math.random = () => 0.1")
    await peer.events(3)
    await peer.subscribed(await peer.next("subscribe"), 1)
    await peer.events(3)
    ask = await peer.next("subscribe")
    assert "since" not in ask
    await peer.subscribed(ask, 3, {"from": 3})
    await client.until("one.heard.length === 3")
    assert await client.get("one.heard") == [{"from": 0}, 1, {"from": 3}]


async def test_a_server_in_disorder_is_not_asked_in_circles(client, server):
    peer = await followed(client, server)
    await client.do("Math.random = () => 1; window.begun = Date.now()")
    await peer.events(5)
    await peer.subscribed(await peer.next("subscribe"), 0)
    for _ in range(2):
        await peer.events(5)
        await peer.subscribed(await peer.next("subscribe"), 0, {"from": 0})
    # One second, then two.
    assert await client.get("Date.now() - begun") >= 2900


async def test_skipped_events_are_no_gap(client, server):
    peer = await followed(client, server, 1)
    await peer.events(5, skipped=3)
    await client.until("one.heard.at(-1) === 5")
    await peer.events(6)
    await client.until("one.heard.at(-1) === 6")
    assert [frame["type"] for frame in peer.waiting() if frame["type"] != "ack"] == []


async def test_an_event_of_another_epoch_is_a_gap(client, server):
    peer = await followed(client, server, 1)
    await peer.events(2, epoch="other")
    assert (await peer.next("subscribe"))["since"] == {"epoch": "e", "seq": 1}


async def test_local_subscribers_share_one_wire_subscription(client, server):
    await client.start()
    await client.do("window.one = follow(); window.two = follow()")
    peer = await server.welcomed()
    await peer.subscribed(await peer.next("subscribe"), 0, {"from": 0})
    await peer.events(1)
    await client.until("one.heard.at(-1) === 1 && two.heard.at(-1) === 1")
    await client.do("one.subscription.close()")
    await peer.events(2)
    await client.until("two.heard.at(-1) === 2")
    assert await client.get("one.heard") == [{"from": 0}, 1, "closed by us"]
    assert "subscribe" not in [frame["type"] for frame in peer.waiting()]
    await client.do("two.subscription.close()")
    await peer.next("unsubscribe")


async def test_a_late_local_subscriber_gets_a_state_too(client, server):
    peer = await followed(client, server, 1, 2)
    await client.do("window.two = follow()")
    ask = await peer.next("subscribe")
    assert "since" not in ask
    await peer.subscribed(ask, 2, {"from": 2})
    await peer.events(3)
    await client.until("two.heard.at(-1) === 3")
    assert await client.get("two.heard") == [{"from": 2}, 3]
    assert await client.get("one.heard") == [{"from": 0}, 1, 2, {"from": 2}, 3]


async def test_a_kept_position_is_gone_on_from(client, server):
    await client.start()
    await client.do("window.one = follow('job:1', {since: {epoch: 'e', seq: 7}})")
    peer, ask = await come_back(server)
    assert ask["since"] == {"epoch": "e", "seq": 7}
    await peer.subscribed(ask, 7)
    await peer.events(8)
    await client.until("one.heard.length === 1")
    assert await client.get("one.heard") == [8]


async def test_a_topic_that_may_not_be_read_is_closed_with_the_reason(client, server):
    await client.start()
    await client.do("window.one = follow()")
    peer, ask = await come_back(server)
    await peer.send("error", id=ask["id"], code="not_found", message="No.", retryable=False)
    await client.until("one.heard.length === 1")
    assert await client.get("one.heard") == ["closed not_found"]


async def test_a_subscribe_that_may_be_tried_again_is(client, server):
    await client.start()
    await client.do("window.one = follow(); Math.random = () => 0.1")
    peer, ask = await come_back(server)
    await peer.send("error", id=ask["id"], code="unavailable", message="Later.", retryable=True, retry_after_s=0.1)
    await peer.subscribed(await peer.next("subscribe"), 0, {"from": 0})
    await client.until("one.heard.length === 1")


async def test_a_withdrawn_right_ends_the_subscription(client, server):
    peer = await followed(client, server, 1)
    await peer.send("unsubscribed", id=None, topic="job:1", code="forbidden", message="Withdrawn.")
    await client.until("one.subscription.closed")
    assert await client.get("one.heard") == [{"from": 0}, 1, "closed forbidden"]


async def test_a_handler_that_throws_harms_nobody(client, server):
    await client.start()
    await client.do(
        "window.reportError = (error) => notes.push({name: 'reported', detail: error.message});"
        "client.subscribe('job:1', {onEvent: () => { throw new Error('mine'); }}); window.one = follow()"
    )
    peer, ask = await come_back(server)
    await peer.subscribed(ask, 0, {"from": 0})
    await peer.events(1, 2)
    await client.until("one.heard.at(-1) === 2")
    assert await client.get("notes") == [{"name": "reported", "detail": "mine"}] * 2


async def test_the_page_is_told_how_much_it_had_missed(client, server):
    peer = await followed(client, server, 1)
    peer.cut()
    peer, ask = await come_back(server)
    await peer.subscribed(ask, 1)
    await peer.events(2, 3, 4)
    await client.until("notes.length === 1")
    assert await client.get("notes") == [{"name": "caughtup", "detail": {"events": 3, "resets": 0}}]


async def test_the_page_is_told_of_a_reset(client, server):
    peer = await followed(client, server, 1)
    peer.cut()
    peer, ask = await come_back(server)
    await peer.subscribed(ask, 9, {"from": 9})
    await client.until("notes.length === 1")
    assert await client.get("notes[0].detail") == {"events": 0, "resets": 1}


async def test_every_64th_event_is_acknowledged(client, server):
    peer = await followed(client, server)
    await client.do("window.setTimeout = () => 1")
    await peer.events(*range(1, 131))
    assert (await peer.next("ack"))["seq"] == 64
    assert await peer.next("ack") == {"type": "ack", "topic": "job:1", "seq": 128}


async def test_fewer_are_acknowledged_after_a_second(client, server):
    peer = await followed(client, server)
    await client.do("window.begun = Date.now()")
    await peer.events(1, 2, 3)
    assert (await peer.next("ack"))["seq"] == 3
    assert await client.get("Date.now() - begun") < 2500
    assert peer.waiting() == []


async def test_a_subscribe_without_an_answer_is_asked_again(client, server):
    await client.page.clock.install()
    await client.start()
    await client.do("window.one = follow()")
    peer, _ = await come_back(server)
    await peer.send("ping")
    await client.page.clock.run_for(19_000)
    assert peer.waiting() == []
    await peer.send("ping")
    await client.page.clock.run_for(3_000)
    await peer.next("subscribe")


async def test_subscriptions_go_on_where_they_were_after_a_new_sign_in(client, server):
    peer = await followed(client, server, 1, 2)
    await peer.close(4401)
    await client.is_("stopped")
    await client.do("client.connect()")
    peer, ask = await come_back(server)
    assert ask["since"] == {"epoch": "e", "seq": 2}
    await peer.subscribed(ask, 2)
    await peer.events(3)
    await client.until("one.heard.at(-1) === 3")
