"""A page outside the product's own code that keeps the table of a batch while it fills."""

from collections import Counter
from typing import Any

from tests.e2e.reading import Chatter
from tests.e2e.topic_reader import TopicReader

SUMMARY = {"name": "Summary", "value": "Summarise {{document.title}}"}


class Analyst(Chatter):
    """One person who runs prompts over documents, by REST."""

    def add_documents(self, count: int, collection: str = "ic01") -> list[str]:
        """Bring texts, and return their external ids."""
        names = [f"{collection}_{number}" for number in range(1, count + 1)]
        for name in names:
            text = {"title": name, "text": f"The text of {name}.", "collection": collection, "external_id": name}
            self.call("POST", "/api/documents/texts", text, status=201)
        return names

    def begin(self, names: list[str], prompts: int = 1, collection: str = "ic01") -> str:
        """Begin a batch and return its id."""
        asked = [{"name": f"Prompt {number}", "value": SUMMARY["value"]} for number in range(1, prompts + 1)]
        wishes = {"scope": {f"{collection}_list": names}, "prompts": asked}
        return str(self.call("POST", "/api/batches", wishes, status=201)["id"])

    def batch(self, ident: str) -> dict[str, Any]:
        return dict(self.call("GET", f"/api/batches/{ident}"))

    def texts(self, ident: str) -> list[str | None]:
        """The beginnings of all cells, row by row; None for one that is not done."""
        found: list[str | None] = []
        offset = 0
        while page := self.call("GET", f"/api/batches/{ident}/rows?offset={offset}&limit=100")["rows"]:
            offset += len(page)
            cells = [cell for row in page for cell in row["cells"]]
            found += [cell["preview"] if cell and cell["status"] == "done" else None for cell in cells]
        return found


class Table(TopicReader):
    """Follows a batch. `cells` are those it was told of; a cell that is told twice is a fault unless it had failed, or
    a second snapshot was given.
    """

    def __init__(self, analyst: Analyst, ident: str) -> None:
        super().__init__(analyst.stack.ws_url, analyst.token, f"batch:{ident}")
        self.batch: dict[str, Any] = {}
        self.states = ""
        self.cells: dict[tuple[int, int], dict[str, Any]] = {}

    def __str__(self) -> str:
        return f"{self.batch.get('job', {}).get('status')}, {self.count}, {self.faults}"

    @property
    def count(self) -> Counter[str]:
        return Counter(self.states)

    def to_end(self, seconds: float = 60.0) -> str:
        """Read until the batch has ended; its status."""
        self.read(lambda: self.batch["job"]["status"] in {"completed", "failed", "cancelled"}, seconds)
        return str(self.batch["job"]["status"])

    def take_snapshot(self, data: dict[str, Any]) -> None:
        self.batch, self.states = data["batch"], data["states"]

    def take_event(self, event: str, data: dict[str, Any]) -> None:
        if event == "details":
            self.batch = data
        for cell in data["cells"] if event == "cells" else ():
            self._fill(cell)

    def _fill(self, cell: dict[str, Any]) -> None:
        place = cell["row"] * len(self.batch["prompts"]) + cell["column"]
        if self.states[place] == "d" and self.afresh == 1:
            self.faults.append(f"cell {place} was told twice")
        mark = {"done": "d", "failed": "f"}[cell["status"]]
        self.states = self.states[:place] + mark + self.states[place + 1 :]
        self.cells[cell["row"], cell["column"]] = cell
