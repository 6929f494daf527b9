"""`python -m bench.harness.publishing TOPIC PACED RUSH ROUNDS`: times publishing; a JSON line of figures per round."""

import json
import os
import sys
import time
from collections.abc import Callable
from statistics import fmean
from typing import Any, Final

import django

from bench.harness.report import percentile

PER_S: Final = 500.0
STOCK_SHARE: Final = 10  # the stock way is slow: a tenth of the calls suffices


def main() -> None:
    topic, paced, rush, rounds = sys.argv[1], *map(int, sys.argv[2:])
    django.setup()
    from backend.live.publish import publish_now

    def publish(number: int) -> None:
        publish_now(topic, "progress", {"done": number, "total": rush, "stage": "transcribing", "percent": 50.0})

    stock = _stock()
    for _ in range(rounds):
        print(json.dumps(_round(publish, stock, paced, rush)), flush=True)


def _round(publish: Callable[[int], None], stock: Callable[[int], None], paced: int, rush: int) -> dict[str, float]:
    calls = _paced(publish, paced)
    rush_calls: list[float] = []
    stock_calls = _paced(stock, paced // STOCK_SHARE)
    return {
        "mean_ms": 1000 * fmean(calls),
        "p50_ms": 1000 * percentile(calls, 0.5),
        "p99_ms": 1000 * percentile(calls, 0.99),
        "per_s": rush / _rush(publish, rush, _until_announced, rush_calls),
        "rush_mean_ms": 1000 * fmean(rush_calls),
        "rush_p99_ms": 1000 * percentile(rush_calls, 0.99),
        "stock_mean_ms": 1000 * fmean(stock_calls),
        "stock_p99_ms": 1000 * percentile(stock_calls, 0.99),
        "stock_per_s": rush // STOCK_SHARE / _rush(stock, rush // STOCK_SHARE, lambda: None, []),
    }


def _paced(call: Callable[[int], None], count: int) -> list[float]:
    samples = []
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / PER_S - time.monotonic()))
        before = time.perf_counter()
        call(number)
        samples.append(time.perf_counter() - before)
    return samples


def _rush(call: Callable[[int], None], count: int, settle: Callable[[], None], calls: list[float]) -> float:
    began = before = time.perf_counter()
    for number in range(count):
        call(number)
        after = time.perf_counter()
        calls.append(after - before)
        before = after
    settle()
    return time.perf_counter() - began


def _until_announced() -> None:
    from backend.live import announce

    announcer = announce._announcer_of(os.getpid())
    while announcer._waiting or announcer._scheduled:
        time.sleep(0.0005)


def _stock() -> Callable[[int], None]:
    from asgiref.sync import async_to_sync
    from channels_redis.core import RedisChannelLayer

    layer: Any = RedisChannelLayer(hosts=[os.environ["REDIS_URL"] + "?db=1"])
    async_to_sync(layer.group_add)("publish", "nobody.reads!this")
    send = async_to_sync(layer.group_send)
    return lambda number: send("publish", {"type": "progress", "done": number, "stage": "transcribing"})


if __name__ == "__main__":
    main()
