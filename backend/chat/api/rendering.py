"""Markdown as HTML, for pages that show an answer while it grows."""

from typing import Any

from pydantic import BaseModel, Field

from backend.accounts.models import User
from backend.core.markdown import render
from backend.live.commands import Command, Input


class ToRender(Input):
    text: str = Field(max_length=60_000)


class BlockOut(BaseModel):
    """`at` is where the block begins in the text, in characters; `html` is safe to show."""

    at: int
    html: str


class RenderedOut(BaseModel):
    blocks: list[BlockOut]


def _render(user: User, data: ToRender) -> dict[str, Any]:
    return {"blocks": [{"at": block.at, "html": block.html} for block in render(data.text)]}


COMMANDS = (
    Command(
        "chat.render", ToRender, _render, "POST", "api/render", "chat", output=RenderedOut,
        summary="Markdown as safe HTML, one piece for each block",
    ),
)  # fmt: skip
