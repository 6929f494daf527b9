"""Documents read in a process of their own."""

import subprocess
import sys
import threading
import time

import psutil
import pytest

from backend.core.errors import AppError
from backend.engines import documents_apart
from backend.engines.documents_apart import read_apart
from tests.e2e.stack import wait_for
from tests.engines.test_documents import archive, docx, pdf


class Enough(Exception):
    """Whoever wanted the text wants it no longer."""


@pytest.fixture
def stored(tmp_path):
    def store(data: bytes):
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    return store


def program(monkeypatch, code: str) -> None:
    """Another program instead of the one that reads."""
    monkeypatch.setattr(documents_apart, "PROGRAM", (sys.executable, "-c", code))


def refusal(path, **limits) -> str:
    with pytest.raises(AppError) as caught:
        read_apart(path, lambda: None, **limits)
    return caught.value.code


def test_the_text_comes_back_as_it_is(stored):
    document = read_apart(stored(docx()), lambda: None)

    assert (document.kind, document.text) == ("docx", "Before the table\nleft\tright\nAfter it: ä 天")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (pdf("secret", password="open sesame"), "protected_document"),
        (b"%PDF-1.7\nnothing follows", "unreadable_document"),
        (b"\x7fELF\x02\x01\x01\0", "unsupported_media"),
        (archive(word__document_xml=b"<a>" + b" " * (30 * 1024 * 1024)), "too_large"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(stored, data, code):
    assert refusal(stored(data)) == code


def test_half_a_character_does_no_harm(stored, monkeypatch):
    program(
        monkeypatch,
        "from backend.engines import documents_apart as apart, documents;"
        "apart.read_document = lambda *_, **__: documents.Document('text', 'a\\ud800b', 0); apart.main()",
    )

    assert read_apart(stored(b"x"), lambda: None).text == "a?b"


def test_a_document_that_takes_for_ever_is_given_up(stored, monkeypatch):
    program(monkeypatch, "import time; time.sleep(600)")

    assert refusal(stored(b"x"), longest_s=0.5) == "unreadable_document"


def test_a_document_that_takes_all_memory_is_given_up(stored, monkeypatch):
    program(
        monkeypatch,
        "from backend.engines import documents_apart as apart;"
        "apart.read_document = lambda *_, **__: bytearray(2 * apart.MEMORY); apart.main()",
    )

    assert refusal(stored(b"x")) == "unreadable_document"


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "sys.exit(1)"])
def test_half_an_answer_is_none(stored, monkeypatch, end):
    program(monkeypatch, f"import os, sys; print('{{\"kind\": \"te', end='', flush=True); {end}")

    assert refusal(stored(b"x")) == "unreadable_document"


def test_two_are_read_at_a_time_whoever_wants_them(stored, monkeypatch, tmp_path):
    mark = tmp_path / "readers"
    mark.mkdir()
    program(
        monkeypatch,
        f"import os, pathlib, time; pathlib.Path({str(mark)!r}, str(os.getpid())).touch(); time.sleep(600)",
    )
    ended = threading.Event()
    looks: set[int] = set()

    def look() -> None:
        looks.add(threading.get_ident())
        if ended.is_set():
            raise Enough

    def read(path) -> None:
        with pytest.raises(Enough):
            read_apart(path, look)

    readers = [threading.Thread(target=read, args=(stored(b"x"),)) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        wait_for(lambda: len(looks) == 4 and len(list(mark.iterdir())) == documents_apart.AT_ONCE, "two are read")
        time.sleep(3 * documents_apart.LOOK_S)
        assert len(list(mark.iterdir())) == documents_apart.AT_ONCE == 2
    finally:
        ended.set()
        for reader in readers:
            reader.join(20)


def test_a_reader_is_killed_with_whoever_wanted_the_text(stored, tmp_path):
    mark = tmp_path / "reader"
    reader = (
        "from backend.engines import documents_apart as apart; import os, pathlib, time;"
        f"apart.read_document = lambda *_, **__: (pathlib.Path({str(mark)!r}).write_text(str(os.getpid())),"
        "time.sleep(600)); apart.main()"
    )
    worker = (
        "from backend.engines import documents_apart as apart; import pathlib, sys;"
        f"apart.PROGRAM = (sys.executable, '-c', {reader!r});"
        f"apart.read_apart(pathlib.Path({str(stored(b'x'))!r}), lambda: None)"
    )
    with subprocess.Popen([sys.executable, "-c", worker]) as process:
        wait_for(lambda: mark.exists() and mark.read_text(), "the reader has begun")
        process.kill()
    wait_for(lambda: not psutil.pid_exists(int(mark.read_text())), "the reader has ended")


def test_reading_ends_when_nobody_wants_the_text_any_more(stored, monkeypatch):
    program(monkeypatch, "import time; time.sleep(600)")

    def look() -> None:
        raise Enough

    with pytest.raises(Enough):
        read_apart(stored(b"x"), look)
