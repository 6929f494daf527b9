"""Subscriptions as async iterators, and a loop that is too slow."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

LOOP = """window.seen = []; window.ended = ''; window.steps = [];
    window.loop = (async () => {
      for await (const item of client.subscribe('job:1', {}, {buffer: 8})) {
        seen.push(item.type === 'event' ? item.seq : item.data);
        if (window.slow) await new Promise((resolve) => { window.step = resolve; });
        if (item.seq === window.last) break;
      }
    })().then(() => { window.ended = 'done'; }, (error) => { window.ended = error.code; });"""


async def looping(client, server, before="window.slow = false"):
    await client.start()
    await client.do(before + ";" + LOOP)
    peer = await server.welcomed()
    await peer.subscribed(await peer.next("subscribe"), 0, {"from": 0})
    return peer


async def test_a_loop_gets_snapshot_and_events(client, server):
    peer = await looping(client, server)
    await peer.events(1, 2, 3)
    await client.until("seen.length === 4")
    assert await client.get("seen") == [{"from": 0}, 1, 2, 3]


async def test_leaving_the_loop_unsubscribes(client, server):
    peer = await looping(client, server, "window.last = 2")
    await peer.events(1, 2)
    await peer.next("unsubscribe")
    assert await client.until("ended") == "done"


async def test_a_withdrawn_right_is_thrown_into_the_loop(client, server):
    peer = await looping(client, server)
    await peer.events(1)
    await peer.send("unsubscribed", id=None, topic="job:1", code="forbidden", message="Withdrawn.")
    assert await client.until("ended") == "forbidden"
    assert await client.get("seen") == [{"from": 0}, 1]


async def test_closing_the_client_ends_the_loop(client, server):
    await looping(client, server)
    await client.until("seen.length === 1")
    await client.do("client.close()")
    assert await client.until("ended") == "done"


async def test_a_slow_loop_stops_the_wire_and_goes_on_from_its_position(client, server):
    peer = await looping(client, server, "window.slow = true")
    await client.until("window.step")
    await peer.events(*range(1, 101))
    # One in the loop's hands, eight in the buffer: the others are left to the server.
    await peer.next("unsubscribe")
    assert await client.get("seen") == [{"from": 0}]
    await client.do("slow = false; step()")
    ask = await peer.next("subscribe")
    assert ask["since"] == {"epoch": "e", "seq": 8}
    await peer.subscribed(ask, 8)
    await peer.events(9, 10, 11)
    await client.until("seen.at(-1) === 11")
    assert await client.get("seen") == [{"from": 0}, *range(1, 12)]


async def test_a_slow_loop_does_not_hold_up_the_handlers_beside_it(client, server):
    await client.start()
    await client.do("window.slow = true; window.one = follow();" + LOOP)
    peer = await server.welcomed()
    await peer.subscribed(await peer.next("subscribe"), 0, {"from": 0})
    await client.until("window.step")
    await peer.events(*range(1, 31))
    await client.until("one.heard.at(-1) === 30")
    await client.do("slow = false; step()")
    ask = await peer.next("subscribe")
    assert ask["since"] == {"epoch": "e", "seq": 8}
    await peer.subscribed(ask, 8)
    await peer.events(*range(9, 33))
    await client.until("one.heard.at(-1) === 32 && seen.at(-1) === 32")
    assert await client.get("one.heard") == [{"from": 0}, *range(1, 33)]
    assert await client.get("seen") == [{"from": 0}, *range(1, 33)]


async def test_a_slow_loop_keeps_its_place_over_a_cut(client, server):
    peer = await looping(client, server, "window.slow = true")
    await client.until("window.step")
    await peer.events(*range(1, 21))
    await peer.next("unsubscribe")
    peer.cut()
    peer = await server.welcomed()
    await client.until("client.state.name === 'live' && states.length >= 5")
    assert peer.waiting() == []
    await client.do("slow = false; step()")
    ask = await peer.next("subscribe")
    await peer.subscribed(ask, ask["since"]["seq"])
    await peer.events(*range(9, 22))
    await client.until("seen.at(-1) === 21")
    assert await client.get("seen") == [{"from": 0}, *range(1, 22)]
