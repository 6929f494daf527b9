"""Finding documents, and counting them."""

import pytest

from backend.documents.services import adding, finding
from tests.documents.acting import add, refused, run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


def titles(user, **asked) -> list[str]:
    return [one["title"] for one in run("document.list", user, **asked)["results"]]


def test_the_newest_come_first_page_by_page(owner):
    for number in range(3):
        add(owner, title=f"{number}")
    page = run("document.list", owner, page_size=2)

    assert ([one["title"] for one in page["results"]], page["count"]) == (["2", "1"], 3)
    assert (page["next"], page["previous"]) == ("/api/documents?page=2&page_size=2", None)
    assert titles(owner, page_size=2, page=2) == ["0"]
    assert refused("document.list", owner, page=2) == "not_found"
    assert refused("document.list", owner, page_size=101) == "invalid"


def test_what_came_together_is_listed_in_its_order_turned_round(owner, brought):
    brought(*[(f"{number}.txt", b"A text.") for number in range(5)])

    assert titles(owner) == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("STRASSE", ["The street"]),
        ("the  street", ["The street"]),
        ("ic01_7", ["The street"]),
        ("100%", ["Per cent"]),
        ("nothing", []),
        ("100_", []),
        (" ", ["Per cent", "The street"]),
    ],
)
def test_words_are_found_in_title_external_id_and_text(owner, words, found):
    add(owner, "In der\nStraße.", title="The street", external_id="IC01_7")
    add(owner, "All of it: 100%", title="Per cent")

    assert titles(owner, search=words) == found


def test_collection_and_status_narrow_the_list(owner, brought):
    add(owner, title="one", collection="a")
    add(owner, title="two", collection="b")
    brought(("three", b"A text."), collection="b")

    assert titles(owner, collection="b") == ["three", "two"]
    assert titles(owner, collection="b", status="ready") == ["two"]
    assert titles(owner, status="reading", search="three") == ["three"]
    assert titles(owner, collection="c") == []
    assert refused("document.list", owner, status="lost") == "invalid"
    page = run("document.list", owner, collection="b", search="t", page_size=1)
    assert page["next"] == "/api/documents?page=2&search=t&collection=b&page_size=1"


def test_a_search_looks_into_so_many_texts_and_no_more(owner, monkeypatch):
    monkeypatch.setattr(finding, "NEWEST", 2)
    monkeypatch.setattr(adding, "SEARCHED", 10)
    add(owner, "old words", title="old")
    for number in range(2):
        add(owner, "word, and new words", title=f"new {number}")

    assert titles(owner, search="word") == ["new 1", "new 0"]
    assert titles(owner, search="words") == []
    assert titles(owner, search="old") == ["old"]


def test_a_list_costs_the_same_however_many_it_shows(owner, django_assert_max_num_queries):
    for _ in range(10):
        add(owner)
    with django_assert_max_num_queries(8):
        run("document.list", owner, search="text")


def test_collections_are_counted_by_name(owner, stranger):
    add(owner, "123", collection="b")
    add(owner, "1234", collection="b")
    add(owner, "12", collection="a")
    add(stranger, collection="c")

    counted = [{"name": "a", "documents": 1, "characters": 2}, {"name": "b", "documents": 2, "characters": 7}]
    assert run("document.collections", owner) == {"results": counted}
