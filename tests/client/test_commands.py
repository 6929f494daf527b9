"""Commands: each ends, each happens once."""

import re

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def asked(client, server, code="run('job.cancel', {job_id: 'x'})"):
    await client.start()
    peer = await server.welcomed()
    await client.is_("live")
    await client.do(code)
    return peer, await peer.next("job.cancel")


async def ended(client):
    await client.until("notes.length === 1")
    return (await client.get("notes"))[0]


async def test_a_reply_resolves_the_promise(client, server):
    peer, command = await asked(client, server)
    assert command["data"] == {"job_id": "x"}
    assert UUID.fullmatch(command["key"])
    await peer.send("reply", id=command["id"], data={"status": "cancelled"})
    assert await ended(client) == {"name": "reply", "detail": {"status": "cancelled"}}


async def test_an_error_rejects_it_with_all_that_is_known(client, server):
    peer, command = await asked(client, server)
    await peer.send(
        "error", id=command["id"], code="invalid", message="Wrong.", retryable=False,
        fields={"job_id": ["No id."]}, retry_after_s=2.5,
    )  # fmt: skip
    assert await ended(client) == {
        "name": "rejected",
        "detail": {
            "code": "invalid", "message": "Wrong.", "retryable": False, "fields": {"job_id": ["No id."]},
            "retryAfter": 2.5,
        },
    }  # fmt: skip


async def test_an_answer_that_never_comes_is_a_timeout(client, server):
    peer, command = await asked(client, server, "run('job.cancel', {}, {timeout: 100})")
    note = await ended(client)
    assert (note["detail"]["code"], note["detail"]["retryable"]) == ("timeout", True)
    await peer.send("reply", id=command["id"], data={})
    await peer.send("error", id=None, code="internal", message="After it.", retryable=True)
    await client.until("notes.length === 2")
    assert await client.get("notes[1].name") == "error"


async def test_a_command_is_sent_again_with_the_same_key_after_a_cut(client, server):
    peer, first = await asked(client, server)
    peer.cut()
    peer = await server.welcomed()
    second = await peer.next("job.cancel")
    assert (second["key"], second["data"]) == (first["key"], first["data"])
    await peer.send("reply", id=second["id"], data={"done": True})
    assert (await ended(client))["detail"] == {"done": True}


async def test_an_answered_command_is_not_sent_again(client, server):
    peer, command = await asked(client, server)
    await peer.send("reply", id=command["id"], data={})
    await ended(client)
    peer.cut()
    peer = await server.welcomed()
    await client.do("run('job.run_again', {})")
    assert (await peer.next("job.run_again"))["type"] == "job.run_again"
    assert await client.get("notes.filter((note) => note.name === 'reply').length") == 1


async def test_a_key_of_ones_own_is_kept(client, server):
    _, command = await asked(client, server, "run('job.cancel', {}, {key: 'mine'})")
    assert command["key"] == "mine"


async def test_without_a_connection_a_command_waits_for_one(client, server):
    await client.start()
    await client.do("run('job.cancel', {})")
    peer = await server.welcomed()
    command = await peer.next("job.cancel")
    await peer.send("reply", id=command["id"], data={})
    assert (await ended(client))["name"] == "reply"


async def test_a_stop_rejects_what_waits(client, server):
    peer, _ = await asked(client, server)
    await peer.close(4403)
    assert (await ended(client))["detail"]["code"] == "stopped"


async def test_closing_rejects_what_waits(client, server):
    await asked(client, server)
    await client.do("client.close()")
    assert (await ended(client))["detail"]["code"] == "closed"


async def test_the_number_of_waiting_commands_is_bounded(client):
    await client.start()
    await client.do("for (let i = 0; i < 257; i++) run('job.cancel', {}, {timeout: 60_000})")
    assert (await ended(client))["detail"]["code"] == "too_many_pending"


async def test_a_page_without_a_secure_context_has_keys_too(client, server):
    _, command = await asked(client, server, "crypto.randomUUID = undefined; run('job.cancel', {})")
    assert re.fullmatch("[0-9a-f]{32}", command["key"])
