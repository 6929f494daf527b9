"""Whatever an answer goes through, whoever follows it from whenever on has what is stored."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.chat.models import AIResponse
from backend.chat.services import answering, conversations, generating, messages, writing
from backend.core.redis_pools import sync_redis
from backend.engines.chatting import Delta, Finished, UpstreamError, Usage
from backend.engines.choosing_chat import ChatChoice
from backend.jobs import recovery
from backend.jobs.models import Job, Status
from backend.jobs.running import running
from backend.live import topics
from backend.live.log import Position, events_after

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

tokens = st.text('ab \n"\\é水😀', min_size=1, max_size=6).map(lambda text: ("token", text))
pauses = st.sampled_from([0.0, 0.01, 0.05, 0.5, 3.0]).map(lambda seconds: ("pause", seconds))
steps = st.lists(st.one_of(tokens, tokens, pauses, st.just(("join", None)), st.just(("read", None))), max_size=25)
rounds = st.tuples(steps, st.sampled_from(["stopped", "broken", "killed"]))
lives = st.tuples(st.lists(rounds, max_size=3), steps)


class Killed(BaseException):
    """The worker is gone."""


class Page:
    """What a browser has of a conversation: a snapshot, and since then the events."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        epoch, seq = sync_redis().hmget(f"live:{{{topic}}}:meta", "epoch", "seq")
        snapshot = topics.snapshot(topic)
        self._position = snapshot.position or Position(epoch.decode(), int(seq))
        self.messages: dict[int, dict[str, Any]] = {one["id"]: one for one in snapshot.data["messages"]}
        self.read()

    def read(self) -> None:
        events = events_after(self._topic, self._position)
        self._position = Position(self._position.epoch, self._position.seq + len(events))
        for event, data in events:
            if event == "message":
                self._note(data)
            elif event == "delta":
                message = self.messages[data["message"]]
                assert data["offset"] <= len(message["content"])
                message["content"] = message["content"][: data["offset"]] + data["text"]

    def _note(self, message: dict[str, Any]) -> None:
        before = self.messages.get(message["id"])
        if before is not None and before["response"]:
            assert message["content"] == before["content"]  # nothing is put right at the end
        self.messages[message["id"]] = message


class Life:
    """One answer with all that happens to it; a chat model that follows its script, on a clock of its own."""

    name = "scripted"

    def __init__(self, owner: Any, interrupted: list[tuple[list, str]], last: list) -> None:
        self._owner = owner
        self._script = iter([*interrupted, (last, "stop")])
        self._now = 0.0
        conversation = conversations.create(owner)
        said = messages.say(owner, conversation.pk, "Well?")
        self.answer_id = said.children.get().pk
        self.topic = conversation.topic
        self.pages = [Page(self.topic)]
        self.sent = ""

    def models(self) -> tuple[str, ...]:
        return ("scripted",)

    def monotonic(self) -> float:
        return self._now

    def answer(self, turns: Any, *, should_stop: Any, **_: Any) -> Iterator[Delta | Finished]:
        script, end = next(self._script)
        self.sent = self.response().response_content
        for kind, value in script:
            should_stop()
            if kind == "token":
                self.sent += value
                yield Delta(value)
            elif kind == "pause":
                self._now += value
            elif kind == "join":
                self.pages.append(Page(self.topic))
            else:
                self.pages[-1].read()
        yield self._end(end)

    def _end(self, end: str) -> Finished:
        if end == "stopped":
            answering.stop(self._owner, self.response().message)
        elif end == "broken":
            raise UpstreamError("upstream_cut", "It was cut.", before_first_token=False)
        elif end == "killed":
            raise Killed
        return Finished("stop", Usage(1, 1, estimated=False))

    def response(self) -> AIResponse:
        return AIResponse.objects.select_related("message__conversation", "job").get(message=self.answer_id)

    def work(self) -> None:
        """What workers and the sweeper do with the job until it has ended."""
        job_id = self.response().job_id
        while self.response().job.status == Status.QUEUED:
            try:
                with running(job_id) as run:
                    generating.run(run)
            except Killed:
                Job.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))
                recovery.recover()
            Job.objects.filter(pk=job_id).update(retry_at=None)

    def check(self) -> None:
        fresh = Page(self.topic)
        for page in self.pages:
            page.read()
            assert page.messages == fresh.messages
        assert fresh.messages[self.answer_id]["content"] == self.response().response_content


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=lives)
def test_a_snapshot_and_what_followed_is_what_is_stored(owner, monkeypatch, life):
    one = Life(owner, *life)
    monkeypatch.setattr(generating, "choose_chat_model", lambda: ChatChoice(one, "for a test"))
    monkeypatch.setattr(writing, "time", SimpleNamespace(monotonic=one.monotonic))
    one.work()
    one.check()
    while (response := one.response()).finish_reason != "stop":
        assert one.sent.startswith(response.response_content)
        answering.go_on(owner, response.message)
        one.work()
        one.check()
    assert response.response_content == one.sent
