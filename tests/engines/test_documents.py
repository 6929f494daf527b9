"""Text of uploaded documents."""

import io
import zipfile

import pytest
from docx import Document as WordDocument
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from backend.core.errors import AppError
from backend.engines.documents import limits, read_document


def pdf(*texts, password=""):
    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")}
        | {NameObject("/BaseFont"): NameObject("/Helvetica")}
    )
    for text in texts:
        page = writer.add_blank_page(300, 300)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = content
    if password:
        writer.encrypt(password, algorithm="AES-256")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def docx():
    word = WordDocument()
    word.add_paragraph("Before the table")
    table = word.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    word.add_paragraph("After it: ä 天")
    data = io.BytesIO()
    word.save(data)
    return data.getvalue()


def archive(**entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), content)
    return data.getvalue()


def refusal(data):
    with pytest.raises(AppError) as caught:
        read_document(data)
    return caught.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_plain_text_is_read_in_its_encoding(encoding):
    text = "Die Fähre fährt täglich über den Fluß, und die Möwen schreien. Das gefällt den Gästen sehr. " * 5

    assert read_document(text.encode(encoding)).text == text


def test_the_pages_of_a_pdf_are_read_in_order():
    document = read_document(pdf("First page", "Second page"))

    assert (document.kind, document.text, document.pages) == ("pdf", "First page\nSecond page", 2)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\0", b"\0\x05a.pdf", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_pdf_is_read_with_what_was_left_before_it(before):
    assert read_document(before + pdf("First page")).text == "First page"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"# Formats\n\nA PDF begins with %PDF-1.7 and its version.", "text"),
        (b"<!doctype html><title>Formats</title><p>A PDF begins with %PDF-1.7", "html"),
        (archive(a_txt=b"%PDF-1.7") + docx(), "docx"),
    ],
)
def test_what_only_mentions_how_a_pdf_begins_is_none(data, kind):
    assert read_document(data).kind == kind


def test_a_word_document_is_read_with_its_tables():
    document = read_document(docx())

    assert (document.kind, document.text) == ("docx", "Before the table\nleft\tright\nAfter it: ä 天")


@pytest.mark.parametrize("data", [b"", b"  \n\t "])
def test_an_empty_file_is_told(data):
    assert refusal(data) == "empty_file"


def test_a_pdf_without_text_is_told_to_be_a_scan():
    with pytest.raises(AppError, match="scan") as caught:
        read_document(pdf(""))

    assert caught.value.code == "no_text"


def test_a_pdf_with_a_password_is_told():
    assert refusal(pdf("secret", password="open sesame")) == "protected_document"


def test_a_packed_file_with_a_password_is_told():
    data = bytearray(docx())
    data[data.index(b"PK\x01\x02") + 8] |= 1

    assert refusal(bytes(data)) == "protected_document"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfea text\n",
        b"%PDF-1.7\nnothing follows",
        pdf("text")[:200],
        docx()[:2000],
        archive(word__document_xml="<broken"),
    ],
)
def test_a_damaged_file_is_told(data):
    assert refusal(data) == "unreadable_document"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\x7fELF\x02\x01\x01\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"{\\rtf1 A text.}",
        bytes(range(128, 256)) * 20,
        archive(readme_txt="hello"),
    ],
)
def test_other_kinds_of_files_are_refused(data):
    assert refusal(data) == "unsupported_media"


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    assert refusal(archive(word__document_xml=b"<a>" + b" " * (30 * 1024 * 1024))) == "too_large"


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "MOST_PAGES", 1)

    assert refusal(pdf("one", "two")) == "too_large"


@pytest.mark.parametrize(("data", "text"), [(b"a long text", "a long tex"), (b"ten signs!", "ten signs!")])
def test_a_longer_text_is_cut_and_says_so(monkeypatch, data, text):
    monkeypatch.setattr(limits, "MOST_CHARACTERS", 10)
    document = read_document(data)

    assert (document.text, document.is_cut) == (text, len(data) > 10)


def test_what_follows_the_longest_text_is_not_read(monkeypatch):
    monkeypatch.setattr(limits, "MOST_CHARACTERS", 10)
    document = read_document(pdf("First page", "Second page"))

    assert (document.text, document.is_cut) == ("First page", True)
