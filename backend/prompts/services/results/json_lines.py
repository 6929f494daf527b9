"""The table as JSON lines, for programs: an object for each cell, with all that is known about it."""

import json
from pathlib import Path
from typing import Any, Final

from backend.prompts.models import Batch, Cell, CellStatus, Row
from backend.prompts.services.results.table import lines

_NOT_ENDED: Final = {
    "status": "waiting",
    "text": None,
    "error": None,
    "finish_reason": None,
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "is_estimated": False,
    "parts": None,
    "tries": 0,
    "took_s": None,
    "finished_at": None,
}


def write(batch: Batch, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row, cells in lines(batch):
            for column, cell in enumerate(cells):
                place = _place(row, column, batch.prompts[column]["name"])
                file.write(json.dumps({**place, **_outcome(cell)}, ensure_ascii=False) + "\n")


def _place(row: Row, column: int, prompt: str) -> dict[str, Any]:
    return {
        "row": row.position,
        "column": column,
        "collection": row.collection,
        "external_id": row.external_id,
        "title": row.title,
        "prompt": prompt,
    }


def _outcome(cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return _NOT_ENDED
    failed = cell.status == CellStatus.FAILED
    return {
        "status": cell.status,
        "text": None if failed else cell.text,
        "error": {"code": cell.error_code, "message": cell.error_message} if failed else None,
        "finish_reason": cell.finish_reason or None,
        "prompt_tokens": cell.prompt_tokens,
        "completion_tokens": cell.completion_tokens,
        "is_estimated": cell.is_estimated,
        "parts": cell.parts,
        "tries": cell.tries,
        "took_s": cell.took_s,
        "finished_at": cell.finished_at.isoformat(),
    }
