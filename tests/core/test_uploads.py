"""What is kept of uploads: how it comes to its place, and how it goes."""

from contextlib import ExitStack, suppress

import pytest
from django.db import transaction

from backend.core.text import title_of_file
from backend.core.uploads import move_in, remove_file


@pytest.fixture
def upload(tmp_path):
    file = tmp_path / "upload"
    file.write_bytes(b"One.")
    return file


@pytest.fixture
def place(tmp_path):
    return tmp_path / "kept" / "file"


def test_an_upload_is_moved_to_its_place(upload, place):
    with ExitStack() as undo:
        move_in(upload, place, undo)
        undo.pop_all()

    assert (place.read_bytes(), upload.exists()) == (b"One.", False)


def test_what_fails_after_an_upload_was_moved_takes_it_away(upload, place):
    with suppress(ValueError), ExitStack() as undo:
        move_in(upload, place, undo)
        raise ValueError

    assert not place.exists()


def test_an_upload_that_cannot_be_moved_leaves_nothing(tmp_path, place):
    with pytest.raises(FileNotFoundError), ExitStack() as undo:
        move_in(tmp_path / "nothing", place, undo)

    assert [*place.parent.iterdir()] == []


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_the_transaction(upload):
    with suppress(ValueError), transaction.atomic():
        remove_file(upload)
        raise ValueError
    assert upload.exists()
    with transaction.atomic():
        remove_file(upload)
        assert upload.exists()
    assert not upload.exists()
    remove_file(upload)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_deleted_does_not_fail_the_change_that_is_made(tmp_path, upload):
    with transaction.atomic():
        remove_file(tmp_path)
        remove_file(upload)

    assert (tmp_path.exists(), upload.exists()) == (True, False)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\plan.txt", "plan.txt"),
        ("a\u202eb.txt", "a b.txt"),
        ("\x00.txt", ".txt"),
        ("a/", ""),
    ],
)
def test_the_title_of_a_file_is_its_name_without_folders(name, title):
    assert title_of_file(name) == title
