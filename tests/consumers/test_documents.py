"""The AsyncAPI document, the constants of the browser client and the frames are one thing."""

import json

import pytest
import yaml
from django.core.management import call_command
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from backend.accounts.scopes import SCOPES
from backend.live import commands, log
from backend.live.publish import draft
from consumers import asyncapi, microphone_protocol, protocol
from consumers.microphone_protocol import MICROPHONE_FRAMES


def test_the_documents_in_the_repository_are_up_to_date():
    call_command("generate_docs", check=True)


def test_every_message_of_the_document_is_a_valid_schema():
    document = asyncapi.document()
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for message in document["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])


def test_every_reference_of_the_document_leads_somewhere():
    text = json.dumps(asyncapi.document())
    document = json.loads(text)

    def follow(value):
        if isinstance(value, dict):
            if "$ref" in value:
                target = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for inner in value.values():
                follow(inner)
        elif isinstance(value, list):
            for inner in value:
                follow(inner)

    follow(document)


def test_the_document_names_every_frame_command_and_close_code():
    document = asyncapi.document()
    names = set(document["components"]["messages"])
    assert {f"client.{name}" for name in protocol.LIVE_FRAMES.types} <= names
    assert {f"microphone.client.{name}" for name in MICROPHONE_FRAMES.types} <= names
    assert {f"client.{command.name}" for command in commands.all_commands()} <= names
    assert set(document["x-close-codes"]) == {str(int(code)) for code in protocol.Close}


def test_the_document_names_the_scopes_that_single_events_need():
    topic = asyncapi.document()["x-topics"]["user:{id}"]
    assert topic["event_scopes"] == {"conversation": "chat", "document": "documents", "document_removed": "documents"}
    assert topic["event_scopes"].keys() <= set(topic["events"])


def test_every_scope_of_a_topic_or_an_event_is_one_that_keys_can_have():
    shown = asyncapi.document()["x-topics"].values()
    named = {topic["scope"] for topic in shown} | {scope for topic in shown for scope in topic["event_scopes"].values()}
    assert named <= SCOPES.keys()


@pytest.mark.django_db
def test_the_page_names_the_scopes_that_single_events_need(client):
    assert "jobs, for document also documents" in client.get("/asyncapi").content.decode()


def test_an_entry_of_the_log_is_an_event_frame():
    entry = log.append(draft("job:1", "progress", {"done": 1, "text": 'ü"\\\n</script>'}))
    frame = protocol.Event.model_validate_json(entry.text)
    assert (frame.seq, frame.data["text"]) == (1, 'ü"\\\n</script>')


def test_frames_refuse_unknown_fields():
    models: list[type[BaseModel]] = [*protocol.LIVE_FRAMES.types.values(), *protocol.SERVER_FRAMES]
    models += [*MICROPHONE_FRAMES.types.values(), *microphone_protocol.SERVER_FRAMES]
    assert all(model.model_config["extra"] == "forbid" for model in models)


@pytest.mark.parametrize("path", ["/asyncapi", "/swagger-ui", "/swagger-ui/", "/openapi"])
@pytest.mark.django_db
def test_the_documents_can_be_read_without_signing_in(client, path):
    assert client.get(path).status_code == 200


def test_the_yaml_that_is_served_is_the_document(client):
    assert yaml.safe_load(client.get("/asyncapi.yaml").content) == asyncapi.document()
