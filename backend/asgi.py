"""The ASGI application: HTTP to Django, sockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
http = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402

from consumers.routing import router  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": router})
