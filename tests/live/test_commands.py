"""How a command is run, whoever asks for it."""

import threading

import pytest
from django.db import connection

from backend.accounts.models import User
from backend.live.commands import Command, Input, execute

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


class Nothing(Input):
    pass


def _write_elsewhere(user: User) -> None:
    """What another request does at the same time."""

    def write():
        User.objects.filter(pk=user.pk).update(first_name="Changed")
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()


def test_others_can_write_while_a_command_reads(owner):
    def read(user, data):
        _write_elsewhere(user)
        return {"name": User.objects.get(pk=user.pk).first_name}

    command = Command("test.read", Nothing, read, "GET", "", "test")
    assert execute(command, owner, {}, scopes=None) == {"name": "Changed"}


def test_a_command_that_changes_something_changes_all_or_nothing(owner):
    def change(user, data):
        User.objects.filter(pk=user.pk).update(first_name="Half")
        raise ZeroDivisionError

    for key in (None, "a"):
        with pytest.raises(ZeroDivisionError):
            execute(Command("test.change", Nothing, change, "POST", "", "test"), owner, {}, key=key, scopes=None)
    assert User.objects.get(pk=owner.pk).first_name == ""
