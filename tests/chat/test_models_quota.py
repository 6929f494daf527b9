"""Which models may be chosen, and how many tokens a user has in a day."""

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backend.chat.models import AIResponse, Message
from backend.chat.services import answering, conversations
from backend.chat.services.writing import Writer
from backend.core.errors import AppError
from backend.engines import chat_offer
from backend.engines.chatting import UpstreamError, openai
from backend.engines.choosing_chat import choose_chat_model
from backend.live import commands
from tests.chat.talking import work
from tests.fixtures.upstream import Script

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
# Where nothing listens.
NOWHERE = "http://127.0.0.1:9/v1"


def run(command: str, user, /, **data):
    return commands.execute(commands.find(command), user, data, scopes=None)


def refused(command: str, user, /, **data) -> AppError:
    with pytest.raises(AppError) as error:
        run(command, user, **data)
    return error.value


def spend(owner, tokens: int, **values) -> None:
    """An answer that has cost so many tokens."""
    conversation = conversations.create(owner)
    message = Message.objects.create(conversation=conversation, sender="ai", order=1, timestamp=timezone.now())
    fields = {"status": "Completed", "created_at": timezone.now(), "prompt_tokens": tokens, **values}
    AIResponse.objects.create(message=message, **fields)


def test_the_models_of_the_upstream_are_offered_and_asked_for_once(owner, upstream):
    first, second = (run("chat.models", owner) for _ in range(2))

    assert first["models"] == second["models"] == ["large", "small"]
    assert (first["default"], first["engine"]["name"], first["engine"]["model"]) == ("large", "openai", "large")
    assert upstream.listings == 1


def test_the_allow_list_says_what_is_offered(owner, upstream, configure):
    configure(chat_models=["small", "absent"])

    assert run("chat.models", owner)["models"] == ["small"]


def test_an_upstream_that_is_away_offers_nothing_and_the_reason_says_so(owner, configure):
    configure(chat_engine="auto", openai_base_url=NOWHERE, chat_model="small")
    found = run("chat.models", owner)

    assert (found["models"], found["default"]) == ([], "small")
    assert "cannot be reached" in found["engine"]["reason"]


def test_an_upstream_that_is_away_is_not_asked_for_every_page(owner, upstream, configure):
    configure(openai_base_url=NOWHERE)
    run("chat.models", owner)
    configure(openai_base_url=upstream.url)

    assert run("chat.models", owner)["models"] == []
    assert upstream.listings == 0


def test_an_upstream_that_trickles_is_given_up(owner, configure, monkeypatch):
    monkeypatch.setattr(openai, "LIST_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        trickle = threading.Thread(target=send_slowly, args=(server,))
        trickle.start()
        configure(chat_engine="auto", openai_base_url=f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        assert run("chat.models", owner)["models"] == []
        trickle.join(20)
        assert not trickle.is_alive()


def send_slowly(server: socket.socket) -> None:
    """Answer with a header line now and then until the client has had enough."""
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(150):
            connection.sendall(f"X-{number}: slow\r\n".encode())
            time.sleep(0.1)


def test_the_embedded_engine_offers_itself(owner, configure):
    configure(chat_engine="embedded")

    assert run("chat.models", owner)["models"] == ["embedded"]


@pytest.mark.parametrize(
    ("command", "data"), [("chat.create", {}), ("chat.start", {"content": "Hello?"}), ("chat.update", {})]
)
def test_a_model_that_is_not_offered_is_refused(owner, upstream, command, data):
    if command == "chat.update":
        data = {"conversation_id": conversations.create(owner).pk}

    error = refused(command, owner, **data, model_version="gpt-4")
    assert (error.code, list(error.fields)) == ("invalid", ["model_version"])
    assert run(command, owner, **data, model_version="small")["model_version"] == "small"


def test_what_is_not_known_to_be_missing_may_be_asked_for(owner, configure):
    configure(chat_engine="auto", openai_base_url=NOWHERE)
    assert run("chat.create", owner, model_version="gpt-4")["model_version"] == "gpt-4"
    chat_offer.cache.clear()
    configure(chat_engine="embedded")
    assert run("chat.create", owner, model_version="gpt-4")["model_version"] == "gpt-4"


def test_a_conversation_whose_model_has_gone_can_still_be_renamed(owner, upstream):
    conversation = conversations.create(owner, model_version="small")
    upstream.models = ["large"]
    chat_offer.cache.clear()

    changed = run("chat.update", owner, conversation_id=conversation.pk, model_version="small", title="Plans")
    assert changed["title"] == "Plans"


def test_the_answer_comes_from_the_model_that_was_chosen(owner, upstream):
    whole = run("chat.start", owner, content="Hello?", model_version="small")
    work(whole["messages"][0]["id"])

    assert upstream.requests[-1]["model"] == "small"


def test_a_busy_list_of_models_has_the_answer_wait(owner, upstream, monkeypatch):
    whole = run("chat.start", owner, content="Hello?", model_version="small")

    def models():
        raise UpstreamError("upstream_busy", "Busy.", before_first_token=True, retry_after_s=5)

    monkeypatch.setattr(choose_chat_model().engine, "models", models)
    response = work(whole["messages"][0]["id"])
    assert (response.status, response.job.status, response.error_code) == ("Generating", "queued", "upstream_busy")


def test_tokens_of_the_day_are_counted_for_each_user(owner, stranger, configure):
    configure(chat_tokens_per_day=1000)
    spend(owner, 300, completion_tokens=40)
    spend(owner, 10, is_estimated=True)
    spend(owner, 5000, created_at=timezone.now() - timedelta(days=1))
    spend(stranger, 700)

    quota = run("chat.models", owner)["quota"]
    assert (quota["limit"], quota["used"]) == (1000, 350)
    resets_at = datetime.fromisoformat(quota["resets_at"])
    assert timedelta() < resets_at - datetime.now(UTC) <= timedelta(days=1)
    assert (resets_at.hour, resets_at.minute, resets_at.second) == (0, 0, 0)


def test_without_a_limit_there_is_none(owner, configure):
    configure(chat_tokens_per_day=0)
    spend(owner, 10**6)

    assert run("chat.models", owner)["quota"]["limit"] is None
    assert run("chat.start", owner, content="Hello?")["messages"]


def test_beyond_the_limit_nothing_more_is_answered(owner, stranger, configure):
    configure(chat_tokens_per_day=1000)
    whole = run("chat.start", owner, content="Hello?")
    said, answer = (message["id"] for message in whole["messages"])
    run("chat.stop", owner, message_id=answer)
    spend(owner, 1000)

    for command, data in (
        ("chat.send", {"conversation_id": whole["id"], "content": "x"}),
        ("chat.start", {"content": "x"}),
        ("chat.branch", {"message_id": said, "content": "x"}),
        ("chat.regenerate", {"message_id": answer}),
        ("chat.continue", {"message_id": answer}),
    ):
        error = refused(command, owner, **data)
        assert error.code == "limit_reached", command
        assert "1,000 tokens" in error.message
        assert "UTC" in error.message
    assert Message.objects.filter(conversation=whole["id"]).count() == 2
    assert run("chat.start", stranger, content="x")["messages"]


def test_an_answer_in_the_making_counts_with_what_is_known_of_it(owner, asked, upstream, configure, monkeypatch):
    """Here it looks at the quota of another conversation in the middle of the answer."""
    configure(chat_tokens_per_day=5)
    upstream.scripts.append(Script([f" word{number}" for number in range(20)], pause_s=0.05))
    codes = []
    look = Writer.look

    def look_and_ask(self):
        ended = look(self)
        if self._saved > len(self.kept) and not codes:
            codes.append(refused("chat.start", owner, content="Hello?").code)
        return ended

    monkeypatch.setattr(Writer, "look", look_and_ask)
    response = work(asked)

    assert codes == ["limit_reached"]
    assert (response.prompt_tokens, response.completion_tokens, response.is_estimated) == (11, 7, False)


def test_a_stopped_answer_counts_with_what_was_told(owner, asked, upstream, monkeypatch):
    upstream.scripts.append(Script([f" word{number}" for number in range(50)], pause_s=0.05))
    look = Writer.look

    def look_and_stop(self):
        if len(self.text) > 60:
            answering.stop(owner, Message.objects.get(parent=asked))
        return look(self)

    monkeypatch.setattr(Writer, "look", look_and_stop)
    response = work(asked)

    assert response.finish_reason == "stopped"
    assert (response.prompt_tokens > 0, response.completion_tokens > 0, response.is_estimated) == (True, True, True)


def test_an_answer_that_goes_on_counts_all_of_its_runs(owner, asked, upstream):
    upstream.scripts += [Script(["Well,"], finish="length"), Script([" fine."])]
    work(asked)
    answering.go_on(owner, Message.objects.get(parent=asked))
    response = work(asked)

    assert (response.prompt_tokens, response.completion_tokens, response.is_estimated) == (22, 14, False)
