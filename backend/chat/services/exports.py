"""A conversation as a file: Markdown of the branch that is shown, JSON of all branches."""

import json
from collections.abc import Callable
from typing import Any, Final

from backend.chat.models import Conversation
from backend.chat.services.schemas import describe_whole
from backend.core.downloads import TextFile, file_stem
from backend.core.errors import AppError


def export(conversation: Conversation, ending: str) -> TextFile:
    """The conversation as `md` or `json`, as it is now. Raises `AppError("not_found")` for other endings."""
    if ending not in _FORMATS:
        raise AppError("not_found", f"There is no such format; there are {', '.join(_FORMATS)}.")
    media_type, write = _FORMATS[ending]
    text = write(describe_whole(conversation))
    return TextFile(f"{file_stem(conversation.title, 'conversation')}.{ending}", media_type, text)


def shown_branch(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages from the first one to the last that is shown."""
    by_id = {message["id"]: message for message in data["messages"]}
    branch: list[dict[str, Any]] = []
    here = data["shown"]
    while here is not None:
        branch.append(by_id[here])
        here = by_id[here]["parent"]
    return branch[::-1]


def as_markdown(data: dict[str, Any]) -> str:
    said = [message for message in shown_branch(data) if not message["is_deleted"]]
    by_id = {message["id"]: message for message in data["messages"]}
    parts = [f"# {data['title'] or 'Conversation'}"]
    for message in said:
        parts.append(f"## {_who(message, data)}, {message['timestamp'][:16].replace('T', ' ')} UTC")
        quoted = by_id.get(message["reply_to"])
        if quoted and not quoted["is_deleted"]:
            parts.append("\n".join(f"> {line}".rstrip() for line in quoted["content"].splitlines()))
        parts += [f"Attached: {attachment['title']}" for attachment in message["attachments"]]
        parts.append(message["content"])
        response = message["response"]
        if response and response["error_message"]:
            parts.append(f"*{response['error_message']}*")
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _who(message: dict[str, Any], data: dict[str, Any]) -> str:
    if message["sender"] == "user":
        return str(data["user"])
    engine = (message["response"] or {}).get("engine") or {}
    return engine.get("model") or engine.get("name") or "Model"


_FORMATS: Final[dict[str, tuple[str, Callable[[dict[str, Any]], str]]]] = {
    "md": ("text/markdown; charset=utf-8", as_markdown),
    "json": ("application/json; charset=utf-8", as_json),
}
