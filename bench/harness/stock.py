"""The stock way, as the Channels tutorial teaches it: each socket a member of a group, `group_send` to the group.

`channels_redis.core.RedisChannelLayer` with its default settings, but for one: it waits 5 s for messages, and redis-py
by default gives up a read after 5 s, which would break every socket that is idle for so long. REDIS_URL says where.
An application for uvicorn, and with `python -m bench.harness.stock PORT` served by the same Daphne launcher as Stentor.
"""

import os
import sys
from typing import Any, Final

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

GROUP: Final = "fanout"


def configure() -> None:
    host = {"address": os.environ["REDIS_URL"], "socket_timeout": None}
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}
    settings.configure(CHANNEL_LAYERS={"default": layer}, FILE_UPLOAD_TEMP_DIR=None)


class StockConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def event(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])


if not settings.configured:
    configure()
application = ProtocolTypeRouter({"websocket": StockConsumer.as_asgi()})


def main() -> None:
    from backend.server.serving import Server

    async def drain(_: float) -> None: ...

    Server(application, [f"tcp:port={sys.argv[1]}:interface=127.0.0.1"], drain=drain, on_listening=lambda: None).run()


if __name__ == "__main__":
    main()
