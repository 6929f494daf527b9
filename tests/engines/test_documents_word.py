"""Text of Word documents, with all that may stand between a body and its words."""

import io

import pytest
from docx import Document as WordDocument
from docx.oxml import parse_xml

from backend.engines.documents import read_document

SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "v": "urn:schemas-microsoft-com:vml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}


def text_of(body: str) -> str:
    """What is read of a Word document with this in its body."""
    word = WordDocument()
    declared = " ".join(f'xmlns:{name}="{address}"' for name, address in SPACES.items())
    made = parse_xml(f"<w:body {declared}>{body}</w:body>")
    word.element.body.extend(list(made))
    data = io.BytesIO()
    word.save(data)
    return read_document(data.getvalue()).text


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*texts: str) -> str:
    return f"<w:p>{''.join(map(run, texts))}</w:p>"


def table(*rows: list[str], cell: str = "") -> str:
    """A table of rows of cells, each the XML that is in it."""
    made = ["".join(f"<w:tc><w:tcPr>{cell}</w:tcPr>{one}</w:tc>" for one in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in made)}</w:tbl>"


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (f"<w:sdt><w:sdtContent>{run('chosen')}</w:sdtContent></w:sdt>", "A chosen word"),
        (f"<w:ins>{run('new')}</w:ins><w:del><w:r><w:delText>old</w:delText><w:tab/></w:r></w:del>", "A new word"),
        (f"<w:moveTo>{run('here')}</w:moveTo><w:moveFrom>{run('there')}</w:moveFrom>", "A here word"),
        (f'<w:fldSimple w:instr="PAGE">{run("7")}</w:fldSimple>', "A 7 word"),
        (f"<w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink>{run('linked')}</w:hyperlink>", "A linked word"),
        ("<m:oMath><m:r><m:t>x=2</m:t></m:r></m:oMath>", "A x=2 word"),
        ("<w:r><w:t>non</w:t><w:noBreakHyphen/><w:t>stop</w:t></w:r>", "A non-stop word"),
        ("<w:r><w:tab/><w:t>b</w:t><w:br/></w:r>", "A \tb\n word"),
    ],
)
def test_text_is_read_wherever_it_stands_in_a_paragraph(inside, text):
    assert text_of(f"<w:p>{run('A ')}{inside}{run(' word')}</w:p>") == text


def test_tab_stops_are_no_tabs():
    stops = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>'

    assert text_of(f"<w:p>{stops}{run('A word')}</w:p>") == "A word"


def test_paragraphs_and_tables_in_content_controls_are_read():
    control = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>"
    inside = paragraph("In it") + table([paragraph("left"), paragraph("right")])

    assert text_of(paragraph("Before") + control.format(control.format(inside))) == "Before\nIn it\nleft\tright"


def test_rows_and_cells_in_content_controls_are_read():
    cell = f"<w:sdt><w:sdtContent><w:tc>{paragraph('b')}</w:tc></w:sdtContent></w:sdt>"
    row = f"<w:sdt><w:sdtContent><w:tr><w:tc>{paragraph('a')}</w:tc>{cell}</w:tr></w:sdtContent></w:sdt>"

    assert text_of(f"<w:tbl>{row}</w:tbl>") == "a\tb"


def test_a_cell_is_one_line_with_the_tables_in_it():
    inner = table([paragraph("1"), paragraph("2")], [paragraph("3"), paragraph("4")])
    cells = [paragraph("First ") + paragraph("second"), paragraph("Inner:") + inner + "<w:p/>", paragraph("last")]

    assert text_of(table(cells)) == "First second\tInner: 1 2 3 4\tlast"


def test_a_merged_cell_is_read_once():
    wide = table([paragraph("wide")], cell='<w:gridSpan w:val="500000"/>')

    assert text_of(wide + table([paragraph("a"), paragraph("b")])) == "wide\na\tb"


def test_a_text_box_is_read_once_and_does_not_cut_its_paragraph():
    box = f"<w:txbxContent>{paragraph('In the box')}</w:txbxContent>"
    choice = (
        f'<mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></w:drawing></mc:Choice>'
    )
    fallback = f"<mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback>"
    anchor = f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"

    assert text_of(f"<w:p>{run('Around ')}{anchor}{run('the box')}</w:p>") == "In the box\nAround the box"


def test_tables_that_are_nested_deeply_take_no_more_than_their_size():
    nested = paragraph("deep")
    for _ in range(60):
        nested = table([nested + "<w:p/>", paragraph("x" * 10_000)])

    assert len(text_of(nested)) == len("deep") + 60 * 10_001
