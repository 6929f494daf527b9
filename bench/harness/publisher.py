"""`python -m bench.harness.publisher WAY WHERE SIZE`: publishes numbered events on request, as a process of its own.

WAY is `stentor` (WHERE: the topic), `stock` (its group) or `bare` (the port of the bare server). It reads lines
"TARGET ACKED" and publishes up to event TARGET, but at most WINDOW events past the last one that everybody has: no
contestant may drop events, and the stock layer drops them past a capacity of 100. Every frame has SIZE bytes.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Final

WINDOW: Final = 64

Publish = Callable[[int, int], None]


def stentor(topic: str, size: int) -> Publish:
    import django

    django.setup()
    from backend.live.log import Entry, Fields, position
    from backend.live.publish import draft, publish_many_now

    def fill(number: int, used: int = 0) -> str:
        form = draft(topic, "progress", {"fill": ""})
        entry = Entry.build(topic, "0" * 12, number, Fields(form.event, form.data, form.at, ""))
        return "x" * (size - len(entry.text))

    assert len(position(topic).epoch) == 12

    def publish(first: int, last: int) -> None:
        drafts = [draft(topic, "progress", {"fill": fill(number)}) for number in range(first, last + 1)]
        assert None not in publish_many_now(drafts)

    return publish


def stock(group: str, size: int) -> Publish:
    from bench.harness import stock as contestant

    loop = asyncio.new_event_loop()

    async def send(first: int, last: int) -> None:
        from channels.layers import get_channel_layer

        layer = get_channel_layer()
        assert layer is not None
        for number in range(first, last + 1):
            await layer.group_send(group, {"type": "event", "text": plain(number, size)})

    assert group == contestant.GROUP
    return lambda first, last: loop.run_until_complete(send(first, last))


def bare(port: str, size: int) -> Publish:
    from websockets.sync.client import connect

    connection = connect(f"ws://127.0.0.1:{port}/publish", compression=None)

    def publish(first: int, last: int) -> None:
        for number in range(first, last + 1):
            connection.send(plain(number, size))

    return publish


def plain(number: int, size: int) -> str:
    """A frame of `size` bytes with its number."""
    text = json.dumps({"type": "event", "seq": number, "fill": ""}, separators=(",", ":"))
    return text[:-2] + "x" * (size - len(text)) + '"}'


def main() -> None:
    way, where, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    publish = {"stentor": stentor, "stock": stock, "bare": bare}[way](where, size)
    print("ready", flush=True)
    sent = 0
    for line in sys.stdin:
        target, acked = map(int, line.split())
        last = min(target, acked + WINDOW)
        if last > sent:
            publish(sent + 1, last)
            sent = last


if __name__ == "__main__":
    main()
