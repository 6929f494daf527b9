"""The ASGI application: HTTP to Django, sockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

from backend.core.loading import loading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
with loading():
    http = get_asgi_application()

    from channels.routing import ProtocolTypeRouter
    from django.urls import get_resolver

    from consumers.routing import router

    # All that answers, commands included: the first to ask need not wait until it is loaded.
    addresses = get_resolver().url_patterns

application = ProtocolTypeRouter({"http": http, "websocket": router})
