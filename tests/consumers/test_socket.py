"""The socket: signing in, subscribing, commands, limits and errors."""

import json
from asyncio import sleep
from datetime import timedelta
from time import sleep as sleep_now

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework_simplejwt.tokens import AccessToken

from backend.accounts import services as accounts
from backend.accounts import tickets
from backend.accounts.tokens import Principal
from backend.jobs import services as jobs
from backend.live import topics
from backend.live.publish import publish_now
from consumers import protocol
from consumers.limits import REFUSALS
from consumers.threads import in_thread
from tests.consumers.client import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

# A token ends on a whole second: this one lives between one and two.
SHORT_LIFETIME = timedelta(seconds=2)


async def a_job(user, **options):
    return await in_thread(jobs.submit, owner=user, kind="sleep", title="nap", **options)


async def test_a_token_signs_in(owner):
    async with Socket() as socket:
        welcome = await socket.sign_in(owner)
    assert welcome["user"] == {"id": owner.pk, "username": "owner"}
    assert 0 < welcome["expires_in"] <= 3600


async def test_a_wrong_token_is_told_so_and_closed_for_good():
    async with Socket() as socket:
        await socket.send({"type": "auth", "token": "nonsense"})
        assert (await socket.until("error"))["code"] == "unauthenticated"
        assert (await socket.until("disconnect"))["reconnect"] is False
        assert (await socket.next()) == {"type": "close", "code": protocol.Close.UNAUTHENTICATED}


async def test_a_ticket_signs_in_at_once_and_only_once(owner):
    ticket = await in_thread(tickets.issue, Principal(owner))
    async with Socket(f"/ws/?ticket={ticket}") as socket:
        assert (await socket.until("welcome"))["user"]["username"] == "owner"
    async with Socket(f"/ws/?ticket={ticket}") as socket:
        assert (await socket.until("error"))["code"] == "unauthenticated"


async def test_nothing_is_answered_before_signing_in():
    async with Socket() as socket:
        await socket.send({"id": 1, "type": "subscribe", "topic": "user:1"})
        assert (await socket.until("error"))["code"] == "unauthenticated"


async def test_who_does_not_sign_in_is_closed(monkeypatch):
    monkeypatch.setattr(protocol, "AUTH_DEADLINE_S", 0.05)
    async with Socket() as socket:
        assert (await socket.until("disconnect"))["code"] == protocol.Close.UNAUTHENTICATED


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://testserver.evil.example", "http://testserver:81", "null"]
)
async def test_a_foreign_page_is_refused(origin):
    async with Socket(headers={"host": "testserver", "origin": origin}) as socket:
        assert (await socket.until("disconnect"))["code"] == protocol.Close.FORBIDDEN


async def test_a_page_of_this_server_may_connect(owner):
    async with Socket(headers={"host": "testserver", "origin": "http://testserver"}) as socket:
        assert (await socket.sign_in(owner))["type"] == "welcome"


async def test_a_session_cookie_signs_in_a_page_but_no_program(owner, client):
    await in_thread(client.force_login, owner, backend="backend.accounts.backends.UsernameOrEmailBackend")
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    async with Socket(headers={"host": "testserver", "origin": "http://testserver", "cookie": cookie}) as socket:
        assert (await socket.until("welcome"))["user"]["username"] == "owner"
    async with Socket(headers={"host": "testserver", "cookie": cookie}) as socket:
        assert await socket.nothing()


async def test_subscribing_gives_a_snapshot_and_then_events(owner):
    job = await a_job(owner)
    async with Socket() as socket:
        await socket.sign_in(owner)
        subscribed = await socket.subscribe(job.topic)
        await in_thread(jobs.cancel, owner, job.id)
        event = await socket.until("event")
    assert (subscribed["recovered"], subscribed["snapshot"]["status"]) == (False, "queued")
    assert (event["seq"], event["data"]["status"]) == (subscribed["seq"] + 1, "cancelled")


async def test_a_stranger_sees_no_topic_of_others(owner, stranger):
    job = await a_job(owner)
    async with Socket() as socket:
        await socket.sign_in(stranger)
        assert (await socket.subscribe(job.topic))["code"] == "not_found"
        assert (await socket.subscribe(f"user:{owner.pk}"))["code"] == "not_found"
        assert (await socket.subscribe(f"account:{stranger.pk}"))["code"] == "not_found"


async def test_a_teammate_may_watch_but_not_cancel(owner, teammate):
    job = await a_job(owner)
    await in_thread(jobs.share, owner, job.id, teammate)
    async with Socket() as socket:
        await socket.sign_in(teammate)
        assert (await socket.subscribe(job.topic))["type"] == "subscribed"
        assert (await socket.command("job.cancel", {"job_id": str(job.id)}))["code"] == "forbidden"


async def test_a_withdrawn_permission_ends_the_subscription_at_once(owner, teammate):
    job = await a_job(owner)
    await in_thread(jobs.share, owner, job.id, teammate)
    async with Socket() as socket:
        await socket.sign_in(teammate)
        await socket.subscribe(job.topic)
        await in_thread(jobs.unshare, owner, job.id, teammate)
        assert (await socket.until("unsubscribed"))["code"] == "forbidden"
        await in_thread(publish_now, job.topic, "progress", {"done": 1})
        assert await socket.nothing()


async def test_a_permission_withdrawn_while_subscribing_gives_no_subscription(owner, teammate, monkeypatch):
    job = await a_job(owner)
    await in_thread(jobs.share, owner, job.id, teammate)
    real, calls = topics.authorize, []

    def authorize_and_lose(*arguments):
        real(*arguments)
        calls.append(arguments)
        if len(calls) == 1:
            jobs.unshare(owner, job.id, teammate)
            sleep_now(0.5)  # the news arrives while this answer is on its way

    monkeypatch.setattr(topics, "authorize", authorize_and_lose)
    async with Socket() as socket:
        await socket.sign_in(teammate)
        assert (await socket.subscribe(job.topic))["code"] == "not_found"


async def test_a_flood_of_frames_is_refused_and_then_closed(monkeypatch):
    monkeypatch.setattr("consumers.connection.FRAMES_AT_ONCE", 5.0)
    monkeypatch.setattr("consumers.connection.FRAMES_PER_S", 0.001)
    async with Socket() as socket:
        for _ in range(5 + REFUSALS):
            await socket.send({"type": "ping"})
        assert (await socket.until("error"))["code"] == "too_many_requests"
        assert (await socket.until("disconnect"))["code"] == protocol.Close.TOO_MANY_FRAMES


async def test_logging_out_everywhere_ends_the_socket(owner):
    async with Socket() as socket:
        await socket.sign_in(owner)
        await in_thread(accounts.logout_everywhere, user=owner)
        assert (await socket.until("disconnect"))["code"] == protocol.Close.UNAUTHENTICATED


async def test_an_expiring_token_is_announced_and_then_ends_the_socket(owner, monkeypatch):
    monkeypatch.setattr(AccessToken, "lifetime", SHORT_LIFETIME)
    async with Socket() as socket:
        await socket.sign_in(owner)
        assert (await socket.until("auth_expiring"))["in_s"] <= 2
        assert (await socket.until("disconnect"))["code"] == protocol.Close.UNAUTHENTICATED


async def test_a_token_is_renewed_in_place(owner, monkeypatch):
    monkeypatch.setattr(AccessToken, "lifetime", SHORT_LIFETIME)
    async with Socket() as socket:
        await socket.sign_in(owner)
        monkeypatch.setattr(AccessToken, "lifetime", timedelta(hours=1))
        welcome = await socket.sign_in(owner)
        await sleep(2.1)
        await socket.send({"id": 9, "type": "ping"})
        assert welcome["expires_in"] > 3000
        assert (await socket.until("pong"))["id"] == 9


async def test_another_user_cannot_take_over_a_socket(owner, stranger):
    from backend.accounts import tokens

    async with Socket() as socket:
        await socket.sign_in(owner)
        pair = await in_thread(tokens.token_pair, stranger)
        await socket.send({"id": 2, "type": "auth", "token": pair["access"]})
        assert (await socket.until("error"))["code"] == "forbidden"


async def test_a_command_with_the_same_key_gets_the_first_answer(owner):
    job = await a_job(owner)
    async with Socket() as socket:
        await socket.sign_in(owner)
        first = await socket.command("job.cancel", {"job_id": str(job.id)}, key="k1")
        await in_thread(jobs.run_again, owner, job.id)
        second = await socket.command("job.cancel", {"job_id": str(job.id)}, key="k1")
        now = await socket.command("job.get", {"job_id": str(job.id)})
    assert first["data"] == second["data"]
    assert now["data"]["status"] == "queued"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "bad_request"),
        ("[]", "bad_request"),
        ("[" * 60_000, "bad_request"),
        ('{"type":"nonsense"}', "unknown_type"),
        ('{"type":"no.such","id":4}', "unknown_type"),
        ('{"type":"subscribe","id":5}', "invalid"),
        ('{"type":"subscribe","id":5,"topic":"x","more":1}', "invalid"),
        ('{"type":"subscribe","id":5,"topic":"nonsense"}', "not_found"),
        ('{"type":"job.cancel","id":6,"data":{"job_id":"x"}}', "invalid"),
        ('{"type":"ping","id":"' + "x" * 70_000 + '"}', "too_large"),
    ],
)
async def test_a_bad_frame_gets_an_error_and_the_socket_lives_on(owner, text, code):
    async with Socket() as socket:
        await socket.sign_in(owner)
        await socket.send(text)
        assert (await socket.until("error"))["code"] == code
        await socket.send({"id": 1, "type": "ping"})
        assert (await socket.until("pong"))["id"] == 1


async def test_a_command_with_a_bug_in_it_is_an_error_and_the_socket_lives_on(owner, monkeypatch):
    def crash(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("consumers.commands.run", crash)
    async with Socket() as socket:
        await socket.sign_in(owner)
        answer = await socket.command("job.get", {})
        await socket.send({"id": 1, "type": "ping"})
        assert (await socket.until("pong"))["id"] == 1
    assert answer["code"] == "internal"
    assert "secret" not in answer["message"]


async def test_a_command_during_an_outage_says_that_it_can_be_tried_again(owner, monkeypatch):
    def no_database(*_):
        raise OperationalError("gone")

    monkeypatch.setattr("consumers.commands.run", no_database)
    async with Socket() as socket:
        await socket.sign_in(owner)
        answer = await socket.command("job.get", {})
    assert (answer["code"], answer["retryable"]) == ("unavailable", True)


async def test_too_many_subscriptions_are_refused(owner, monkeypatch):
    from django.conf import settings as django_settings

    limited = django_settings.CONFIG.model_copy(update={"subscriptions_per_socket": 1})
    monkeypatch.setattr(django_settings, "CONFIG", limited)
    job = await a_job(owner)
    async with Socket() as socket:
        await socket.sign_in(owner)
        await socket.subscribe(f"user:{owner.pk}")
        assert (await socket.subscribe(job.topic))["code"] == "limit_reached"


async def test_too_many_sockets_of_a_user_are_refused(owner, monkeypatch):
    from django.conf import settings as django_settings

    monkeypatch.setattr(django_settings, "CONFIG", django_settings.CONFIG.model_copy(update={"sockets_per_user": 1}))
    async with Socket() as first, Socket() as second:
        await first.sign_in(owner)
        token = await in_thread(_token, owner)
        await second.send({"type": "auth", "token": token})
        assert (await second.until("disconnect"))["code"] == protocol.Close.TOO_MANY_SOCKETS


async def test_commands_come_at_a_bounded_rate(owner, monkeypatch):
    from django.conf import settings as django_settings

    limited = django_settings.CONFIG.model_copy(update={"commands_per_second": 1, "subscriptions_per_socket": 1})
    monkeypatch.setattr(django_settings, "CONFIG", limited)
    job = await a_job(owner)
    async with Socket() as socket:
        await socket.sign_in(owner)
        answers = [await socket.command("job.get", {"job_id": str(job.id)}) for _ in range(6)]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert {answer["code"] for answer in refused} == {"too_many_requests"}
    assert all(answer["retry_after_s"] > 0 for answer in refused)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
frames = st.text(max_size=50) | st.builds(
    lambda kind, rest: json.dumps({**rest, "type": kind}),
    st.sampled_from([*protocol.LIVE_FRAMES.types, "job.get", "x.y", ""]),
    st.dictionaries(st.sampled_from(["id", "topic", "token", "since", "seq", "data", "key"]), json_values),
)


@settings(max_examples=300, deadline=None)
@given(frames)
def test_any_frame_parses_or_is_a_typed_error(text):
    try:
        frame = protocol.parse(text, protocol.LIVE_FRAMES)
    except protocol.BadFrame as error:
        protocol.error_frame(error, error.frame_id).encode()
    else:
        assert isinstance(frame, protocol.ClientFrame)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(frames, max_size=10))
async def test_no_frames_kill_a_socket(owner, texts):
    async with Socket() as socket:
        await socket.sign_in(owner)
        for text in texts:
            await socket.send(text)
        await socket.send({"id": "the last", "type": "ping"})
        while (await socket.until("pong"))["id"] != "the last":
            pass


def _token(user):
    from backend.accounts import tokens

    return tokens.token_pair(user)["access"]
