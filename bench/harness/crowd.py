"""Many sockets in one process that cost next to nothing: raw sockets, and a parser that knows just enough of RFC 6455.

It is used for every contestant alike. A client library would need more time for a frame than the servers do.
"""

import json
import re
import select
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from bench.harness.place import HOST

PING: Final = 0x89
CLOSE: Final = 0x88
HANDSHAKE_S: Final = 30
READ: Final = 256 * 1024
# Frames that arrive in between are read together, as they would be on a busy client.
PAUSE_S: Final = 0.001
_NUMBER: Final = re.compile(rb'"seq":(\d+)')


class Member:
    """One socket. Events must carry `"seq":n`, counted from 1 without a hole."""

    def __init__(self, port: int, path: str) -> None:
        self.received = 0
        self.wrong = ""
        self._rest = b""
        self.socket = socket.create_connection((HOST, port), timeout=HANDSHAKE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._read_more()
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head.decode(errors="replace"))

    def ask(self, frame: dict[str, Any], answer: str) -> dict[str, Any]:
        """Send a frame and wait for the answer of that type."""
        self.send(1, json.dumps(frame).encode())
        while True:
            frames = list(self._frames())
            for position, (_, text) in enumerate(frames):
                got: dict[str, Any] = json.loads(text)
                if got["type"] == answer:
                    assert position == len(frames) - 1, "frames behind the answer are not expected yet"
                    return got
                if got["type"] == "error":
                    raise ConnectionError(text.decode())
            self._rest += self._read_more()

    def send(self, opcode: int, content: bytes) -> None:
        # A client must mask; the mask of zeros leaves the content as it is.
        size = len(content)
        head = (
            bytes([0x80 | opcode, 0x80 | size])
            if size < 126
            else bytes([0x80 | opcode, 0x80 | 126, *divmod(size, 256)])
        )
        self.socket.sendall(head + b"\0\0\0\0" + content)

    def take(self, numbers: list[bytes]) -> None:
        """Read what is there, and compare it with the numbers that must come (`numbers[0]` is b"1")."""
        self._rest += self._read_more()
        found = _NUMBER.findall(b"".join(self._texts()))
        first, self.received = self.received, self.received + len(found)
        if found != numbers[first : self.received] and not self.wrong:
            self.wrong = f"expected {first + 1} to {self.received}, got {found[:5]}… of {len(found)}"

    def _texts(self) -> Iterable[bytes]:
        for opcode, content in self._frames():
            if opcode == PING:
                self.send(0xA, content)
            elif opcode == CLOSE:
                raise ConnectionError(f"closed by the server: {content!r}")
            else:
                yield content

    def _frames(self) -> Iterable[tuple[int, bytes]]:
        data, at, end = self._rest, 0, len(self._rest)
        while end - at >= 2:
            start, size = at + 2, data[at + 1]
            if size >= 126:
                wide = 2 if size == 126 else 8
                start, size = start + wide, int.from_bytes(data[start : start + wide], "big")
            if start + size > end:
                break
            yield data[at], data[start : start + size]
            at = start + size
        self._rest = data[at:]

    def _read_more(self) -> bytes:
        data = self.socket.recv(READ)
        if not data:
            raise ConnectionError("the server has closed the connection")
        return data


class Crowd:
    """All members of all contestants. Everything is read all the time, so that pings are answered; one crowd counts."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._members: dict[int, Member] = {}

    def add(self, member: Member) -> None:
        member.socket.setblocking(True)
        self._members[member.socket.fileno()] = member
        self._poll.register(member.socket, select.EPOLLIN)

    def read_until(
        self, members: list[Member], target: int, numbers: list[bytes], told: Callable[[int], None], within_s: float
    ) -> float:
        """Read until each of `members` has `target` events; return the time of the last one.

        `told` hears how many events all of them have. `TimeoutError` where they do not come.
        """
        deadline = time.perf_counter() + within_s
        least = min(member.received for member in members)
        while least < target:
            for fileno, _ in self._poll.poll(0.05):
                self._members[fileno].take(numbers)
            last = time.perf_counter()
            if last > deadline:
                short = sum(member.received < target for member in members)
                raise TimeoutError(f"{short} sockets did not get {target} events; the last has {least}")
            now_least = min(member.received for member in members)
            if now_least > least:
                least = now_least
                told(least)
            time.sleep(PAUSE_S)
        return last

    def close(self) -> None:
        for member in self._members.values():
            member.socket.close()
        self._poll.close()
