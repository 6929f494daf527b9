"""Paths of sockets."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from django.urls import re_path

from consumers.microphone import MicrophoneConsumer
from consumers.socket import LiveConsumer


class UnknownPath(AsyncWebsocketConsumer):
    """Says that there is nothing here, instead of an error in the server's log."""

    channel_layer_alias = "sockets have none"

    async def connect(self) -> None:
        await self.close()


router: Any = URLRouter(
    [
        re_path(r"^ws/transcribe/?$", MicrophoneConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        re_path(r"^ws/?$", LiveConsumer.as_asgi()),  # type: ignore[arg-type, list-item]
        re_path(r"", UnknownPath.as_asgi()),  # type: ignore[arg-type, list-item]
    ]
)
