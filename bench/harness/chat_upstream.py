"""`python -m bench.harness.chat_upstream PORT`: a chat server whose tokens say when they were sent.

The question is `TOKENS PER_SECOND`. Token n of the answer is ` n@TIME`, sent at its time whether it was awaited or not.
"""

import asyncio
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def answer(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if not head.startswith("post"):
            writer.write(NOTHING)
            return
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        asked = json.loads(await reader.readexactly(length))["messages"][-1]["content"].split()
        await stream(writer, int(asked[0]), float(asked[1]))
    except ConnectionError:
        return
    finally:
        writer.close()


async def stream(writer: StreamWriter, tokens: int, per_second: float) -> None:
    writer.write(HEAD)
    began = time.monotonic()
    for number in range(tokens):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        writer.write(chunk({"content": f" {number}@{time.time():.6f}"}, None))
        await writer.drain()
    writer.writelines([chunk({}, "stop"), *ending()])
    await writer.drain()


def chunk(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    data = {"id": "a", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice]}
    return framed(b"data: " + json.dumps(data).encode() + b"\n\n")


def ending() -> Iterator[bytes]:
    yield framed(b"data: [DONE]\n\n")
    yield framed(b"")


def framed(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]), backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
