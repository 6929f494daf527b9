"""Workbooks as other programs read them: their XML, openpyxl, LibreOffice."""

import csv
import os
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

from openpyxl import load_workbook

from tests.needs import path_of

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = {"Results": 1, "Errors": 2, "Info": 3, "Continued": 4}
# Commas, quotation marks, UTF-8, all cells as they look, every sheet in a file of its own.
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
# How the clients of the first service read its answer.
DECODE = """
import base64
import json
from pathlib import Path
# Assume the results file is located in the current directory
results_directory = Path(".") 
file_path = results_directory / "results.json" 
with open(file_path, "r") as f:
    data = json.load(f)

decoded_content = base64.b64decode(data["file_content"])

output_file_path = results_directory / data["file_name"]
with open(output_file_path, "wb") as f:
    f.write(decoded_content)
"""  # noqa: W291


def raw_cells(path: Path, sheet: str = "Results") -> dict[str, ElementTree.Element]:
    """The XML of the cells by their place: "D2"."""
    with ZipFile(path) as archive, archive.open(f"xl/worksheets/sheet{SHEETS[sheet]}.xml") as file:
        return {cell.attrib["r"]: cell for cell in ElementTree.parse(file).iter(f"{NAMESPACE}c")}


def raw_text(cell: ElementTree.Element) -> str:
    """The text of a cell that is nothing but text."""
    assert cell.attrib["t"] == "inlineStr"
    assert [child.tag for child in cell.iter()] == [f"{NAMESPACE}{name}" for name in ("c", "is", "t")]
    return cell.find(f"{NAMESPACE}is/{NAMESPACE}t").text


def reloaded(path: Path, sheet: str = "Results") -> list[list]:
    """The values of a sheet without its header, as openpyxl reads them."""
    book = load_workbook(path)
    return [[cell.value for cell in row] for row in book[sheet].iter_rows(min_row=2)]


def by_libreoffice(path: Path, folder: Path) -> dict[str, list[list[str]]]:
    """The rows of every sheet, the header included, as LibreOffice shows them."""
    process = subprocess.Popen(
        [
            path_of("soffice"),
            f"-env:UserInstallation=file://{folder}/profile",
            *("--headless", "--convert-to", ALL_SHEETS, "--outdir", str(folder / "out"), str(path)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.wait(100) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return {sheet: _rows(folder / "out" / f"{path.stem}-{sheet}.csv") for sheet in SHEETS}


def _rows(path: Path) -> list[list[str]]:
    csv.field_size_limit(1_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
