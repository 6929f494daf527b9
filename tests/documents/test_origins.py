"""Where the text of a document came from: said as long as it is the text."""

import pytest

from tests.documents.acting import add, run, stored, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]


@pytest.fixture
def referring(owner) -> dict:
    """A document with the text of another one."""
    reference = f"document:{add(owner)['id']}"
    made = run("document.add_reference", owner, reference=reference, title="A copy", external_id="7")
    assert made["reference"] == reference
    return made


def test_a_document_that_gets_another_text_comes_from_nowhere_else(owner, referring):
    add(owner, "Another text.", external_id="7", replace=True)

    assert (stored(referring).text, stored(referring).reference) == ("Another text.", "")


def test_a_document_that_gets_the_text_of_a_file_comes_from_nowhere_else(brought, referring):
    work(brought(("a.txt", b"Another text."), external_id="7", replace="true"))

    assert (stored(referring).text, stored(referring).reference) == ("Another text.", "")
