"""The browser application's one HTML document; its scripts choose the page by the address."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

DOCUMENT: Final = settings.BASE_DIR / "frontend_demo" / "index.html"


@require_safe
@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Answer with the application, and with the CSRF cookie that its writing calls send back."""
    return HttpResponse(DOCUMENT.read_bytes(), content_type="text/html; charset=utf-8")
