"""A page of rows in the shape that the older services had: `{count, next, previous, results}`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet

from backend.core.errors import AppError


@dataclass(frozen=True, slots=True)
class PageAsked:
    """`address` and `query` (empty values are left out) lead to the neighbours; `usual_size` needs no mention."""

    number: int
    size: int
    usual_size: int
    address: str
    query: Mapping[str, str] = field(default_factory=dict)

    def to(self, number: int) -> str:
        values: dict[str, Any] = {"page": number, **{name: value for name, value in self.query.items() if value}}
        if self.size != self.usual_size:
            values["page_size"] = self.size
        return f"{self.address}?{urlencode(values)}"


def page_of(
    found: QuerySet[Any], asked: PageAsked, describe_many: Callable[[Iterable[Any]], list[dict[str, Any]]]
) -> dict[str, Any]:
    """Raises `AppError("not_found")` for a page beyond the last one; the first is there even where it is empty."""
    count = found.count()
    first = (asked.number - 1) * asked.size
    if asked.number > 1 and first >= count:
        raise AppError("not_found", "There is no such page.")
    more = first + asked.size < count
    return {
        "count": count,
        "next": asked.to(asked.number + 1) if more else None,
        "previous": asked.to(asked.number - 1) if asked.number > 1 else None,
        "results": describe_many(found[first : first + asked.size]),
    }
