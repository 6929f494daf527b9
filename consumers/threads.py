"""Where consumers call blocking code: a bounded pool, not the one thread that Channels shares."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

THREADS: Final = 8
_pool: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="consumers")
_Result = TypeVar("_Result")


async def in_thread(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    """Run a function that may use the database; each thread of the pool keeps its own connection."""

    def run() -> _Result:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(run, thread_sensitive=False, executor=_pool)()
