"""A live recording in the browser: each frame of sound arrives once and in order, whatever happens to the line."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]


async def begin(client, server, options="{}", **ready):
    await client.do(f"record({server.url!r}, {options})")
    peer = await server.peer()
    start = await peer.begin(**ready)
    await client.is_("live")
    return peer, start


async def test_sound_is_numbered_and_kept_until_it_is_stored(client, server):
    peer, start = await begin(client, server, "{start: {title: 'T'}}")
    assert (start["title"], start["after"], "session" in start) == ("T", 0, False)
    await client.do("speak(0, 5)")
    assert await peer.heard(5) == [0, 1, 2, 3, 4]
    assert await client.get("client.unacked") == 5
    await peer.send("ack", seq=3)
    await client.until("client.unacked === 1")


@pytest.mark.parametrize(("stored", "expected"), [(-1, 0), (-1, 4), (3, 4), (3, 9), (9, 10)])
async def test_a_cut_line_loses_no_frame_and_doubles_none(client, server, stored, expected):
    peer, _ = await begin(client, server)
    await client.do("speak(0, 10)")
    await peer.heard(10)
    await peer.send("ack", seq=stored)
    await client.until(f"notes.some(({{name, detail}}) => name === 'ack' && detail.seq === {stored})")
    peer.cut()
    await client.do("speak(10, 15)")
    again = await server.peer()
    assert (await again.begin(next_seq=expected))["session"] == "s"
    await again.heard(15 - expected)
    assert again.sound == [(number, bytes([number])) for number in range(expected, 15)]
    assert await client.get("client.unacked") == 14 - stored


async def test_sound_waits_while_there_is_no_server(client, server):
    await server.stop()
    await client.do(f"record({server.url!r})")
    assert all(await client.get("speak(0, 5)"))
    await server.start()
    peer = await server.peer()
    await peer.begin()
    assert await peer.heard(5) == [0, 1, 2, 3, 4]


async def test_no_more_is_on_its_way_than_the_window_allows(client, server):
    peer, _ = await begin(client, server, window=3)
    await client.do("speak(0, 10)")
    assert await peer.heard(3) == [0, 1, 2]
    await peer.send("ack", seq=1)
    assert await peer.heard(5) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("code", ["too_fast", "out_of_order"])
async def test_refused_frames_are_sent_again(client, server, code):
    peer, _ = await begin(client, server)
    await client.do("speak(0, 6)")
    await peer.heard(6)
    await peer.send("error", code=code, message="No.", retryable=True, retry_after_s=0.05, next_seq=2)
    assert (await peer.heard(10))[6:] == [2, 3, 4, 5]


async def test_new_sound_does_not_shorten_the_wait_that_the_server_asks_for(client, server):
    peer, _ = await begin(client, server)
    await client.do("speak(0, 2)")
    await peer.heard(2)
    await peer.send("error", code="too_fast", message="No.", retryable=True, retry_after_s=60, next_seq=1)
    await peer.send("ack", seq=0)
    await client.until("client.unacked === 1")
    await client.do("speak(2, 4); client.close()")
    await peer.gone.wait()
    assert [number for number, _ in peer.sound] == [0, 1]


async def test_a_warning_holds_sound_back_until_the_server_goes_on(client, server):
    peer, _ = await begin(client, server)
    await peer.send("warning", code="pause", message="Behind.")
    await peer.send("ack", seq=-1)
    await client.until("notes.some(({name}) => name === 'ack')")
    await client.do("speak(0, 3)")
    assert peer.sound == []
    await peer.send("warning", code="resume", message="Go on.")
    assert await peer.heard(3) == [0, 1, 2]


async def test_another_page_goes_on_from_what_was_saved(client, server):
    peer, _ = await begin(client, server)
    await client.do("speak(0, 6)")
    await peer.heard(6)
    await peer.send("ack", seq=1)
    await client.until("client.unacked === 4")
    await client.do("window.saved = JSON.parse(JSON.stringify(client.save())); client.close()")
    await client.do(f"record({server.url!r}, {{resume: saved, start: {{after: 7}}}}); speak(6, 8)")
    again = await server.peer()
    start = await again.begin(next_seq=3)
    assert (start["session"], start["after"]) == ("s", 7)
    await again.heard(5)
    assert again.sound == [(number, bytes([number])) for number in range(3, 8)]


async def test_a_final_is_told_once(client, server):
    peer, _ = await begin(client, server)
    await peer.send("final", id=1, text="one")
    await client.until("notes.some(({name}) => name === 'final')")
    peer.cut()
    again = await server.peer()
    assert (await again.begin())["after"] == 1
    for number in (1, 2):
        await again.send("final", id=number, text="text")
    await client.until("notes.some(({name, detail}) => name === 'final' && detail.id === 2)")
    assert await client.get("notes.filter(({name}) => name === 'final').map(({detail}) => detail.id)") == [1, 2]


async def test_stop_waits_for_all_sound_and_survives_a_cut(client, server):
    peer, _ = await begin(client, server)
    await client.do("speak(0, 4); client.stop({diarize: true})")
    assert await client.get("client.send(new Uint8Array(2))") is False
    await peer.heard(4)
    assert peer.waiting() == []
    peer.cut()
    again = await server.peer()
    await again.begin(next_seq=4)
    await again.send("ack", seq=3)
    assert (await again.next("stop"))["diarize"] is True
    again.cut()
    third = await server.peer()
    await third.begin(next_seq=4)
    await third.next("stop")
    await third.send("closed", summary={"duration_s": 0.4, "segments": 0, "words": 0}, transcript="s")
    await client.is_("closed")
    assert await client.get("notes.at(-1).name") == "closed"


async def test_a_pause_follows_the_sound_and_is_kept_alive(client, server):
    peer, _ = await begin(client, server, "{timing: {keepalive: 50}}")
    await client.do("speak(0, 2); client.pause()")
    await peer.next("pause")
    assert [number for number, _ in peer.sound] == [0, 1]
    await peer.next("keepalive")
    assert await client.get("client.send(new Uint8Array(2))") is False
    await client.do("client.resume(); speak(2, 3)")
    assert await peer.heard(3) == [0, 1, 2]


async def test_a_full_server_is_left_alone(client, server):
    await client.do(f"record({server.url!r})")
    peer = await server.welcomed()
    start = await peer.next("start")
    full = {"code": "server_full", "message": "Full.", "retryable": True, "retry_after_s": 30}
    await peer.send("error", id=start["id"], **full)
    state = await client.is_("stopped")
    assert (state["code"], state["retryAfter"]) == ("server_full", 30)
    await client.do("client.open()")
    await (await server.peer()).begin()
    await client.is_("live")


async def test_a_recording_that_another_page_goes_on_with_is_left_to_it(client, server):
    peer, _ = await begin(client, server)
    await peer.close(4409)
    assert (await client.is_("stopped"))["code"] == 4409
    assert server.unexpected == 0


async def test_a_recording_that_is_not_there_is_not_asked_for_again(client, server):
    await client.do(f"record({server.url!r}, {{resume: {{session: 'x', frames: [], next: 0}}}})")
    peer = await server.welcomed()
    start = await peer.next("start")
    await peer.send("error", id=start["id"], code="not_found", message="Gone.", retryable=False)
    assert (await client.is_("stopped"))["code"] == "not_found"


async def test_a_silent_line_counts_as_lost(client, server):
    await client.do(f"record({server.url!r})")
    peer = await server.welcomed(heartbeat=0.1)
    await peer.next("start")
    await (await server.peer()).begin()
    await client.is_("live")


async def test_ten_minutes_are_kept_and_no_more(client, server):
    await server.stop()
    await client.do(f"record({server.url!r})")
    assert await client.get("speak(0, 6002).filter(Boolean).length") == 6000
    assert await client.get("notes.map(({detail}) => detail.code)") == ["too_much_kept"]
