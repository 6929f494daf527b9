"""How django-axes, which counts failed sign-ins on every way in, is fitted to this project."""

import ipaddress
from datetime import timedelta
from typing import Any, Final

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from backend.accounts.backends import find_user
from backend.core.errors import AppError

_LONGEST_NAME: Final = 254


def account_name(_request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The name that failures count under: the same one whether username or email address was typed."""
    typed = (credentials or {}).get("username")
    if not isinstance(typed, str) or "\0" in typed:
        return None
    user = find_user(typed)
    return user.username if user else typed.strip().lower()[:_LONGEST_NAME]


def client_address(request: HttpRequest) -> str | None:
    """The client's address: the connection's, or what the trusted proxy wrote down (NUM_PROXIES)."""
    try:
        return str(ipaddress.ip_address(BaseThrottle().get_ident(Request(request)).strip()))
    except (ValueError, AttributeError):
        # Behind a Unix socket there is no address; failures then count for the account alone.
        return None


def locked_out_error(request: HttpRequest, username: str | None) -> AppError:
    """The error for somebody locked out, with the time until the next try counts."""
    tried = AccessAttempt.objects.filter(username=username, ip_address=client_address(request))
    last = tried.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    wait = last + (get_cool_off(request) or timedelta()) - timezone.now()
    seconds = max(1, round(wait.total_seconds()))
    message = f"Too many failed sign-ins. Try again in {seconds} seconds."
    return AppError("locked_out", message, retry_after_s=seconds)


def respond(
    request: HttpRequest, _response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer to a locked out request, of the API or of the admin's sign-in page."""
    error = locked_out_error(request, account_name(request, credentials))
    headers = {"Retry-After": str(round(error.retry_after_s or 1))}
    if request.accepts("application/json"):
        return JsonResponse(
            error.as_problem(),
            status=error.kind.status,
            headers=headers,
            content_type="application/problem+json",
        )
    return HttpResponse(error.message, status=error.kind.status, headers=headers, content_type="text/plain")
