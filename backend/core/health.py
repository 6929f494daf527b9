"""Health: alive (the process answers) and ready (it can serve: database and Redis answer, and it is not stopping)."""

from typing import Final

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from backend.core.redis_pools import sync_redis

_state: Final = {"draining": False}


def start_draining() -> None:
    """From now on this process is not ready: a load balancer sends new connections elsewhere."""
    _state["draining"] = True


def live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


def ready(_request: HttpRequest) -> JsonResponse:
    checks = {"database": _database_answers(), "redis": _redis_answers(), "accepting": not _state["draining"]}
    ok = all(checks.values())
    return JsonResponse({"status": "ready" if ok else "not ready", "checks": checks}, status=200 if ok else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(sync_redis().ping())
    except RedisError:
        return False
