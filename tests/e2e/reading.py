"""A page outside the product's own code that writes down an answer while it comes, through every outage."""

from typing import Any

import httpx

from tests.e2e.stack import Stack
from tests.e2e.topic_reader import TopicReader


class Chatter:
    """One person, by REST."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.stack = stack
        self.person = stack.create_user(name)
        self.token = stack.token(self.person)

    def call(self, method: str, path: str, data: dict[str, Any] | None = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        body = {} if method == "GET" else {"json": data or {}}
        # Without TLS there is nothing to verify, and to load certificates takes longer than the call.
        answer = httpx.request(method, f"{self.stack.url}{path}", headers=headers, timeout=20, verify=False, **body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ask(self, content: str) -> int:
        """Begin a conversation; its id."""
        return int(self.call("POST", "/start_conversation/", {"content": content}, status=201)["id"])

    def stored(self, conversation: int) -> dict[str, Any]:
        """The last message of a conversation, as REST gives it."""
        return dict(self.call("GET", f"/api/conversations/{conversation}")["messages"][-1])

    def order(self, word: str, message: int) -> dict[str, Any]:
        """`stop` or `continue` an answer."""
        return dict(self.call("POST", f"/api/messages/{message}/{word}"))


class Reading(TopicReader):
    """Follows a conversation and keeps `text` and `message` of its last message as a page does.

    Each piece beyond the end is a fault unless a second snapshot was given.
    """

    def __init__(self, chatter: Chatter, conversation: int) -> None:
        super().__init__(chatter.stack.ws_url, chatter.token, f"conversation:{conversation}")
        self.text = ""
        self.message: dict[str, Any] = {}
        self.pieces = 0

    def __str__(self) -> str:
        return f"{self.message}, {len(self.text)} characters"

    @property
    def has_ended(self) -> bool:
        return bool(self.message) and self.message["response"]["status"] != "Generating"

    def to_end(self, seconds: float = 40.0) -> dict[str, Any]:
        """Read until the answer has ended; its message."""
        self.read(lambda: self.has_ended, seconds)
        return self.message

    def take_snapshot(self, data: dict[str, Any]) -> None:
        self._note(data["messages"][-1])

    def take_event(self, event: str, data: dict[str, Any]) -> None:
        if event == "message" and data["response"] and data["id"] >= self.message["id"]:
            self._note(data)
        elif event == "delta" and data["message"] == self.message["id"]:
            self._add(data["offset"], data["text"])

    def _add(self, offset: int, piece: str) -> None:
        if offset > len(self.text):
            if self.afresh == 1:
                self.faults.append(f"a piece at {offset}, beyond {len(self.text)}")
            return
        self.text = self.text[:offset] + piece
        self.pieces += bool(piece)

    def _note(self, message: dict[str, Any]) -> None:
        has_ended = message["response"] and message["response"]["status"] != "Generating"
        # What was read piece by piece is what is stored: nothing is put right at the end.
        if has_ended and self.pieces and not message["content"].startswith(self.text):
            self.faults.append(f"ends with {message['content'][-60:]!r} after {self.text[-60:]!r} was read")
        self.message, self.text = message, message["content"]
