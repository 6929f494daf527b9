"""The AsyncAPI 3 document of the sockets, made from their frames, the topics and the commands that are registered."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.core import errors
from backend.live import commands, topics
from consumers import microphone_protocol, protocol
from consumers.microphone_protocol import MAX_FRAME_BYTES, NUMBER_BYTES
from consumers.protocol import Close, Frame

_AUDIO: Final[dict[str, Any]] = {
    "name": "audio",
    "contentType": "application/octet-stream",
    "summary": "A binary frame: its number (32 bits, little-endian, from 0 over the whole recording) and then sound as "
    "`start` has announced it; 100 ms are a good length.",
    "payload": {"type": "string", "format": "binary", "maxLength": NUMBER_BYTES + MAX_FRAME_BYTES},
}


def document() -> dict[str, Any]:
    """The document as plain data, the same for the same code."""
    schemas: dict[str, Any] = {}
    live = _channel("", protocol.LIVE_FRAMES.types, protocol.SERVER_FRAMES, schemas)
    for command in commands.all_commands():
        live[f"client.{command.name}"] = _command_message(command, schemas)
    microphone = _channel(
        "microphone.", microphone_protocol.MICROPHONE_FRAMES.types, microphone_protocol.SERVER_FRAMES, schemas
    )
    microphone["microphone.client.audio"] = _AUDIO
    messages = live | microphone
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stentor live protocol",
            "version": protocol.VERSION.split("/")[1],
            "description": "JSON text frames over WebSockets. Every topic is an ordered stream: `seq` counts "
            "without holes within an `epoch`, and a client that comes back with its position gets what it missed, "
            "or a snapshot. One live recording has a socket of its own, `/ws/transcribe/`, which also takes sound.",
        },
        "defaultContentType": "application/json",
        "channels": {"live": _described("/ws/", live), "microphone": _described("/ws/transcribe/", microphone)},
        "operations": {
            "fromClient": _operation("live", "receive", live, "client."),
            "fromServer": _operation("live", "send", live, "server."),
            "fromMicrophone": _operation("microphone", "receive", microphone, "microphone.client."),
            "toMicrophone": _operation("microphone", "send", microphone, "microphone.server."),
        },
        "components": {"messages": messages, "schemas": schemas},
        "x-topics": _topics(),
        "x-close-codes": {
            str(int(code)): {"name": code.name, "reconnect": code.reconnect, "after_backoff": 4100 <= code < 4200}
            for code in Close
        },
        "x-error-codes": {
            kind.code: {"title": kind.title, "status": kind.status, "retryable": kind.retryable}
            for kind in errors.KINDS.values()
        },
    }


def constants() -> str:
    """The browser client's constants as a JavaScript module."""
    codes = ", ".join(f"{code.name}: {int(code)}" for code in Close)
    errors_js = "".join(f'  "{code}",\n' for code in errors.KINDS)
    return f"""\
// The words of the protocol. Made from consumers/protocol.py by `manage.py generate_docs`; do not edit.
export const PROTOCOL = "{protocol.VERSION}";
export const CLOSE = Object.freeze({{ {codes} }});
export const RECONNECT = Object.freeze({{ NOW: [4000, 4099], LATER: [4100, 4199], NEVER: [4400, 4499] }});
export const ACK_EVERY = {protocol.ACK_EVERY};
export const MAX_TEXT_BYTES = {protocol.MAX_TEXT_BYTES};
export const ERROR_CODES = Object.freeze([
{errors_js}]);
"""


def _channel(
    prefix: str, client: Mapping[str, type[Frame]], server: Sequence[type[Frame]], schemas: dict[str, Any]
) -> dict[str, Any]:
    found = {f"{prefix}client.{name}": _message(frame, schemas) for name, frame in client.items()}
    return found | {f"{prefix}server.{_name_of(frame)}": _message(frame, schemas) for frame in server}


def _described(address: str, messages: Mapping[str, Any]) -> dict[str, Any]:
    return {"address": address, "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages}}


def _operation(channel: str, action: str, messages: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    names = [name for name in messages if name.startswith(prefix)]
    references = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": references}


def _message(frame: type[Frame], schemas: dict[str, Any]) -> dict[str, Any]:
    name = frame.__name__
    schema = frame.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[name] = schema
    summary = " ".join((frame.__doc__ or "").split())
    return {"name": name, "summary": summary, "payload": {"$ref": f"#/components/schemas/{name}"}}


def _command_message(command: commands.Command, schemas: dict[str, Any]) -> dict[str, Any]:
    data = command.input.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(data.pop("$defs", {}))
    properties = {
        "id": {"description": "Repeated in the reply", "type": ["integer", "string", "null"]},
        "type": {"const": command.name},
        "data": data,
        "key": {"type": ["string", "null"], "maxLength": 100},
    }
    payload = {"type": "object", "required": ["type"], "additionalProperties": False, "properties": properties}
    summary = f"{command.summary} (REST: {command.method} /{command.path})"
    return {"name": command.name, "summary": summary, "payload": payload}


def _topics() -> dict[str, Any]:
    return {
        f"{kind.name}:{{id}}": {
            "events": list(kind.events),
            "scope": kind.scope,
            "event_scopes": dict(kind.event_scopes),
        }
        for kind in topics.kinds()
        if not kind.private
    }


def _name_of(frame: type[Frame]) -> str:
    return str(frame.model_fields["type"].default)
