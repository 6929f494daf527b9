"""Every command is the same function by socket and by REST."""

import json
import re
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from django.urls import resolve

from backend.live import commands
from consumers.threads import in_thread
from tests.consumers.client import Socket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
PARAMETER = re.compile("<([a-z]+):([a-z_]+)>")
IN_PATH = {"str": "S1", "int": 1}


def address(command, ident):
    return PARAMETER.sub(lambda match: str(IN_PATH.get(match[1], ident)), command.path)


@pytest.mark.parametrize("command", commands.all_commands(), ids=lambda command: command.name)
def test_a_command_has_its_rest_twin(command):
    view = resolve("/" + address(command, str(uuid.uuid4()))).func.view_class
    assert hasattr(view, command.method.lower())


@pytest.mark.parametrize("command", commands.all_commands(), ids=lambda command: command.name)
async def test_a_command_answers_alike_by_socket_and_by_rest(command, owner):
    """With the id of something that does not exist, or with nothing, both give the same data or the same error."""
    ident = str(uuid.uuid4())
    in_path = {name: IN_PATH.get(kind, ident) for kind, name in PARAMETER.findall(command.path)}
    others = {"user": "nobody", "title": "x", "name": "x", "into": "", "number": 1}
    data = {name: value for name, value in others.items() if name in command.input.model_fields and name not in in_path}
    path = "/" + address(command, ident)
    async with Socket() as socket:
        await socket.sign_in(owner)
        # With the same key what is made is made once, and both tell of it.
        key = {"key": ident} if command.method == "POST" else {}
        by_socket = await socket.command(command.name, {**data, **in_path}, **key)
    by_rest = await in_thread(_call, owner, command.method, path, data, ident)
    if by_socket["type"] == "reply":
        assert by_rest.json() == by_socket["data"]
    else:
        assert by_rest.json()["code"] == by_socket["code"]


def _call(user, method, path, data, key):
    client = Client()
    client.force_login(user, backend="backend.accounts.backends.UsernameOrEmailBackend")
    if method == "GET":
        return client.get(path, data)
    headers = {"Idempotency-Key": key} if method == "POST" else {}
    return client.generic(method, path, json.dumps(data), content_type="application/json", headers=headers)


async def test_commands_need_the_scope_of_a_key(owner):
    from backend.accounts import services as accounts
    from backend.accounts import tickets, tokens

    key, _ = await in_thread(accounts.create_key, user=owner, name="k", scopes=["speech"])
    principal = tokens.principal_of_key(key)
    ticket = await sync_to_async(tickets.issue)(principal)
    async with Socket(f"/ws/?ticket={ticket}") as socket:
        await socket.until("welcome")
        answer = await socket.command("job.get", {"job_id": str(uuid.uuid4())})
        refused = await socket.subscribe(f"user:{owner.pk}")
    assert (answer["code"], refused["code"]) == ("forbidden", "forbidden")
