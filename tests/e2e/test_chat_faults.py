"""Answers while something breaks: the upstream, a worker, the web server, Redis. What was told is kept, once."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.e2e.reading import Chatter, Reading
from tests.e2e.stack import Stack, chat_env, wait_for
from tests.fixtures.upstream import Script, Upstream

pytestmark = pytest.mark.e2e

WORDS = [f" word{at}" for at in range(2000)]
WHOLE = "".join(WORDS)


@pytest.fixture(scope="module")
def fragile(upstream: Upstream) -> Iterator[Stack]:
    """A Stentor of this module's own: its processes are killed."""
    with Stack("chat", env=chat_env(upstream)) as running:
        yield running


@pytest.fixture(scope="module")
def owner(fragile: Stack) -> Chatter:
    return Chatter(fragile, "owner")


@pytest.fixture(autouse=True)
def asked(upstream: Upstream) -> list[dict]:
    """The requests of this test at the upstream."""
    assert upstream.wait_until_closed()
    upstream.scripts.clear()
    upstream.requests.clear()
    return upstream.requests


def end_of(owner: Chatter, upstream: Upstream, script: Script) -> tuple[dict, Reading]:
    """Ask, follow to the end and check that what was read is what is stored."""
    upstream.scripts.append(script)
    conversation = owner.ask("What now?")
    with Reading(owner, conversation) as reading:
        ended = reading.to_end()
    assert ended == owner.stored(conversation)
    assert reading.text == ended["content"]
    assert reading.faults == []
    return ended, reading


def test_a_killed_web_server_loses_nothing_of_an_answer(
    owner: Chatter, fragile: Stack, upstream: Upstream, asked: list[dict]
) -> None:
    upstream.scripts.append(Script(WORDS[:400], pause_s=0.02))
    conversation = owner.ask("Count through this.")
    with Reading(owner, conversation) as one, Reading(owner, conversation) as other:
        one.read(lambda: one.pieces > 3)
        killed = fragile.kill("web")
        fragile.wait_restarted("web", killed)
        assert one.to_end() == other.to_end() == owner.stored(conversation)
    assert one.text == "".join(WORDS[:400])
    assert one.connections > 1
    assert one.faults + other.faults == []
    assert len(asked) == 1


def test_a_killed_redis_loses_nothing_of_an_answer(
    owner: Chatter, fragile: Stack, upstream: Upstream, asked: list[dict]
) -> None:
    upstream.scripts.append(Script(WORDS[:400], pause_s=0.02))
    conversation = owner.ask("Count through that.")
    with Reading(owner, conversation) as reading:
        reading.read(lambda: reading.pieces > 3)
        killed = fragile.kill("redis")
        fragile.wait_restarted("redis", killed)
        before = reading.pieces
        reading.read(lambda: reading.has_ended or reading.pieces > before)
        assert not reading.has_ended
        ended = reading.to_end()
        assert ended == owner.stored(conversation)
    assert reading.text == "".join(WORDS[:400])
    assert reading.faults == []
    assert len(asked) == 1


def test_a_killed_worker_leaves_what_was_told_and_the_answer_can_go_on(
    owner: Chatter, fragile: Stack, upstream: Upstream, asked: list[dict]
) -> None:
    upstream.scripts.append(Script(WORDS, pause_s=0.02))
    conversation = owner.ask("Count until you fall.")
    with Reading(owner, conversation) as reading:
        reading.read(lambda: reading.pieces > 30)
        fragile.restart("chat", signal.SIGKILL)
        read = reading.text
        ended = reading.to_end()
        assert (ended["response"]["status"], ended["response"]["finish_reason"]) == ("Error", "interrupted")
        assert ended["response"]["error_code"] == "worker_lost"
        assert ended["content"] == reading.text
        assert WHOLE.startswith(ended["content"])
        assert ended["content"].startswith(read)
        assert len(asked) == 1
        upstream.scripts.append(Script([" and", " so", " on"]))
        owner.order("continue", ended["id"])
        reading.read(lambda: not reading.has_ended)
        whole = reading.to_end()
    assert whole["content"] == ended["content"] + " and so on" == owner.stored(conversation)["content"]
    assert whole["response"]["finish_reason"] == "stop"
    assert reading.faults == []
    assert len(asked) == 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_before_the_first_word_is_replaced(
    owner: Chatter, fragile: Stack, upstream: Upstream, asked: list[dict], how: signal.Signals
) -> None:
    upstream.scripts += [Script(before_s=60), Script(["Here", " I", " am"])]
    conversation = owner.ask("Are you there?")
    with Reading(owner, conversation) as reading:
        wait_for(lambda: asked, "the upstream is asked")
        fragile.restart("chat", how)
        ended = reading.to_end()
    assert (ended["content"], ended["response"]["status"]) == ("Here I am", "Completed")
    assert reading.faults == []
    assert len(asked) == 2


def test_a_busy_upstream_is_asked_again_after_as_long_as_it_wants(
    owner: Chatter, upstream: Upstream, asked: list[dict]
) -> None:
    upstream.scripts.append(Script(status=429, headers={"Retry-After": "3"}))
    began = time.monotonic()
    ended, _ = end_of(owner, upstream, Script(["Well", "."]))
    assert time.monotonic() - began >= 3
    assert (ended["content"], ended["response"]["status"]) == ("Well.", "Completed")
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("fault", "code"), [({"cut_at": 20}, "upstream_cut"), ({"error_at": 20}, "upstream_failed")], ids=["cut", "error"]
)
def test_what_came_before_a_fault_of_the_upstream_is_kept(
    owner: Chatter, upstream: Upstream, asked: list[dict], fault: dict, code: str
) -> None:
    ended, _ = end_of(owner, upstream, Script(WORDS[:40], pause_s=0.02, **fault))
    assert ended["content"] == "".join(WORDS[:20])
    response = ended["response"]
    assert (response["status"], response["finish_reason"], response["error_code"]) == ("Error", "error", code)
    assert response["error_message"]
    assert len(asked) == 1
