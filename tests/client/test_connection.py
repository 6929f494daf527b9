"""Connecting, signing in, staying connected, coming back, staying away."""

import asyncio

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

TOKENS = "{getToken: async ({renew}) => { (window.asked ??= []).push(renew); return 'token-' + asked.length; }}"
SIGN_IN = "onUnauthenticated: (state) => notes.push({name: 'sign in', detail: state.code})"


async def names(client):
    return await client.get("states.map((state) => state.name)")


async def test_a_session_cookie_needs_no_first_frame(client, server):
    await client.start()
    peer = await server.welcomed()
    await client.is_("live")
    assert peer.waiting() == []
    assert await names(client) == ["connecting", "live"]
    assert await client.get("client.user") == {"id": 1, "username": "owner"}


async def test_a_token_is_the_first_frame(client, server):
    await client.start(TOKENS)
    peer = await server.peer()
    assert await peer.next("auth") == {"type": "auth", "token": "token-1"}
    await peer.welcome()
    await client.is_("live")


async def test_a_ticket_travels_in_the_address(client, server):
    await client.start("{getTicket: () => 'a&b'}")
    peer = await server.welcomed()
    assert peer.path == "/ws/?ticket=a%26b"


async def test_a_token_is_renewed_in_place(client, server):
    await client.start(TOKENS)
    peer = await server.welcomed()
    assert (await peer.next("auth"))["token"] == "token-1"
    await client.is_("live")
    await peer.send("auth_expiring", in_s=60)
    assert (await peer.next("auth"))["token"] == "token-2"
    await peer.welcome()
    assert await client.get("asked") == [False, True]
    assert await names(client) == ["connecting", "live"]


async def test_a_refused_token_is_replaced_on_the_same_socket(client, server):
    await client.start(TOKENS)
    peer = await server.peer()
    await peer.next("auth")
    await peer.send("error", id=None, code="token_expired", message="Expired.", retryable=False)
    assert (await peer.next("auth"))["token"] == "token-2"
    await peer.welcome()
    await client.is_("live")


async def test_a_second_refused_token_asks_for_a_sign_in(client, server):
    await client.start(TOKENS[:-1] + "," + SIGN_IN + "}")
    peer = await server.peer()
    for _ in range(2):
        await peer.next("auth")
        await peer.send("error", id=None, code="unauthenticated", message="No.", retryable=False)
    assert (await client.is_("stopped"))["code"] == 4401
    assert await client.get("notes") == [{"name": "sign in", "detail": 4401}]


async def test_4401_asks_once_more_for_a_token_and_then_for_a_sign_in(client, server):
    await client.start(TOKENS[:-1] + "," + SIGN_IN + "}")
    await (await server.welcomed()).close(4401)
    second = await server.peer()
    assert (await second.next("auth"))["token"] == "token-2"
    await second.close(4401)
    assert await client.is_("stopped") == {"name": "stopped", "code": 4401, "reason": "scripted"}
    assert await client.get("notes") == [{"name": "sign in", "detail": 4401}]
    assert await client.get("asked") == [False, True]


async def test_4401_without_a_callback_asks_for_a_sign_in_at_once(client, server):
    await client.start("{" + SIGN_IN + "}")
    await (await server.welcomed()).close(4401)
    await client.is_("stopped")
    assert await client.get("notes.length") == 1
    assert server.unexpected == 0


async def test_no_token_at_all_asks_for_a_sign_in_without_connecting(client, server):
    await client.start("{getToken: () => null, " + SIGN_IN + "}")
    await client.is_("stopped")
    assert server.unexpected == 0


async def test_a_token_callback_that_throws_is_asked_again_later(client, server):
    await client.start(
        "{getToken: async () => { if (!window.tried) { tried = true; throw new Error('x'); } return 't'; }}"
    )
    await server.welcomed()
    await client.is_("live")
    assert await names(client) == ["connecting", "waiting", "connecting", "live"]


@pytest.mark.parametrize("code", [4400, 4403, 4499])
async def test_a_code_from_4400_on_stops(client, server, code):
    await client.start()
    await (await server.welcomed()).close(code, said=False)
    assert (await client.is_("stopped"))["code"] == code
    assert server.unexpected == 0


async def test_connect_goes_on_after_a_stop(client, server):
    await client.start()
    await (await server.welcomed()).close(4403)
    await client.is_("stopped")
    await client.do("client.connect()")
    await server.welcomed()
    await client.is_("live")


async def test_the_disconnect_frame_speaks_where_the_close_code_is_lost(client, server):
    await client.start()
    peer = await server.welcomed()
    await peer.send("disconnect", code=4403, reason="No right.", reconnect=False, after_ms=0)
    peer.cut()
    assert await client.is_("stopped") == {"name": "stopped", "code": 4403, "reason": "No right."}


@pytest.mark.parametrize("code", [4000, 4099])
async def test_a_code_up_to_4099_reconnects_at_once(client, server, code):
    await client.start("{timing: {backoffBase: 60_000, backoffCap: 60_000}}")
    await (await server.welcomed()).close(code)
    await server.welcomed()
    await client.is_("live")
    waiting = await client.get("states.find((state) => state.name === 'waiting')")
    assert waiting["retryAt"] - waiting["at"] <= 25


async def test_after_ms_is_honoured(client, server):
    await client.start()
    await (await server.welcomed()).close(4000, after_ms=300)
    await server.welcomed()
    waiting = await client.get("states.find((state) => state.name === 'waiting')")
    assert 280 <= waiting["retryAt"] - waiting["at"] <= 325


async def test_a_server_that_says_at_once_for_ever_gets_the_back_off(client, server):
    await client.start("{timing: {backoffBase: 60_000, backoffCap: 60_000}}")
    await client.do("Math.random = () => 0.5")
    for _ in range(6):
        await (await server.welcomed()).close(4000)
    await client.until("client.state.retryAt - Date.now() > 20_000")
    assert server.unexpected == 0


async def test_a_code_from_4100_reconnects_after_a_back_off(client, server):
    await client.start("{timing: {backoffBase: 300, jitter: 0}}")
    await client.do("Math.random = () => 0.9")
    await (await server.welcomed()).close(4100)
    await server.welcomed()
    waiting = await client.get("states.find((state) => state.name === 'waiting')")
    assert 250 <= waiting["retryAt"] - waiting["at"] <= 275


async def test_waits_grow_up_to_a_ceiling_and_are_random(client, server):
    await server.stop()
    await client.start("{timing: {backoffBase: 20, backoffCap: 160}}")
    await client.until("states.filter((state) => state.name === 'waiting').length >= 12")
    waits = await client.get("states.filter((s) => s.name === 'waiting').map((s) => s.retryAt - s.at)")
    ceilings = [20, 40, 80, *[160] * 9]
    assert all(0 <= wait <= ceiling + 5 for wait, ceiling in zip(waits, ceilings, strict=False))
    assert max(waits) > 40
    assert len({round(wait) for wait in waits}) > 5


async def test_the_default_back_off_doubles_from_one_second_to_thirty(client):
    code = """import('/lib/backoff.js').then(({Backoff}) => {
        Math.random = () => 1; const backoff = new Backoff(1000, 30000);
        return Array.from({length: 7}, () => backoff.next()); })"""
    assert await client.get(code) == [1000, 2000, 4000, 8000, 16000, 30000, 30000]


async def test_a_connection_that_was_stable_starts_the_back_off_afresh(client, server):
    await client.start("{timing: {stable: 100, backoffBase: 200, backoffCap: 100_000}}")
    await client.do("Math.random = () => 1")
    for _ in range(3):
        peer = await server.welcomed()
        await client.is_("live")
        await client.until("Date.now() - states.at(-1).at > 150")
        peer.cut()
        waiting = await client.is_("waiting")
        assert waiting["retryAt"] - await client.get("states.at(-1).at") <= 205


async def test_a_server_that_falls_silent_is_left(client, server):
    await client.start()
    await server.welcomed(heartbeat=0.8)
    await client.is_("live")
    await server.welcomed()
    await client.until("states.length >= 5")
    assert (await names(client))[:5] == ["connecting", "live", "waiting", "connecting", "live"]


async def test_pings_keep_a_quiet_connection(client, server):
    await client.start()
    peer = await server.welcomed(heartbeat=0.8)
    await client.is_("live")
    for count in range(1, 6):
        await client.until(f"Date.now() - states.at(-1).at > {400 * count}")
        await peer.send("ping")
    assert await names(client) == ["connecting", "live"]


async def test_a_server_that_never_welcomes_is_left(client, server):
    await client.start("{timing: {handshake: 200}}")
    await server.peer()
    await server.welcomed()
    await client.is_("live")


async def test_nonsense_from_the_server_ends_the_connection(client, server):
    await client.start()
    peer = await server.welcomed()
    await client.is_("live")
    await peer.say("not json")
    await server.welcomed()
    await client.until("states.length >= 5")


async def test_going_online_ends_the_wait(client, server):
    await client.start("{timing: {backoffBase: 60_000, backoffCap: 60_000}}")
    await client.do("Math.random = () => 0.9")
    peer = await server.welcomed()
    await client.is_("live")
    peer.cut()
    await client.is_("waiting")
    await client.page.context.set_offline(True)
    await client.is_("offline")
    await client.page.context.set_offline(False)
    await server.welcomed()
    await client.is_("live")


@pytest.mark.parametrize("event", ["window.dispatchEvent(new Event('pageshow'))",
                                   "document.dispatchEvent(new Event('visibilitychange'))"])  # fmt: skip
async def test_showing_the_page_ends_the_wait(client, server, event):
    await client.start("{timing: {backoffBase: 60_000, backoffCap: 60_000}}")
    await client.do("Math.random = () => 0.9")
    (await server.welcomed()).cut()
    await client.is_("waiting")
    await client.do(event)
    await server.welcomed()
    await client.is_("live")


async def test_losing_the_network_is_noticed_and_its_return_reconnects(client, server):
    await client.start("{timing: {backoffBase: 60_000, backoffCap: 60_000}}")
    await client.do("Math.random = () => 0.9")
    await server.welcomed()
    await client.is_("live")
    await client.page.context.set_offline(True)
    await client.is_("offline")
    await client.page.context.set_offline(False)
    await server.welcomed()
    await client.is_("live")


async def test_waking_up_wants_a_sign_of_life(client, server):
    await client.start()
    peer = await server.welcomed()
    await client.is_("live")
    await client.do("window.dispatchEvent(new Event('pageshow'))")
    await peer.next("ping")
    await server.welcomed()
    await client.is_("live")


async def test_a_sign_of_life_after_waking_up_keeps_the_connection(client, server):
    await client.start("{timing: {probe: 1000}}")
    peer = await server.welcomed()
    await client.is_("live")
    await client.do("window.dispatchEvent(new Event('pageshow')); window.woke = Date.now()")
    await peer.next("ping")
    await peer.send("pong", id=None)
    await client.until("Date.now() - woke > 1200")
    assert await names(client) == ["connecting", "live"]


async def test_close_disconnects_and_stays_away(client, server):
    await client.start()
    peer = await server.welcomed()
    await client.is_("live")
    await client.do("client.close()")
    await asyncio.wait_for(peer.gone.wait(), 15)
    assert await client.get("client.state") == {"name": "idle"}
    await client.do("window.dispatchEvent(new Event('online'))")
    assert await client.get("client.state.name") == "idle"


async def test_close_inside_a_listener_is_obeyed(client, server):
    await client.start()
    await client.do("client.on('state', ({name}) => { if (name === 'live') client.close(); })")
    peer = await server.welcomed()
    await asyncio.wait_for(peer.gone.wait(), 15)
    assert await client.get("client.state.name") == "idle"
