"""A network cable between browser and server that a test can pull out and put back."""

import socket
import threading
from contextlib import suppress
from typing import Self

BLOCK = 65536
PATIENCE_S = 15.0


class Wire:
    """Forwards connections to `port`; while it is cut, open ones are broken and new ones refused."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._listening = threading.Thread(target=self._listen, args=(self._listener,), daemon=True)
        self._listening.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        # Closing alone would leave the thread in `accept`, and with it the port open.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listening.join(PATIENCE_S)
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listening = threading.Thread(target=self._listen, args=(self._listener,), daemon=True)
        self._listening.start()

    def _listen(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                self._join(listener.accept()[0])

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=PATIENCE_S)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        with self._lock:
            self._open |= {near, far}
        done = threading.Barrier(2, action=lambda: self._close(near, far))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink, done), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, done: threading.Barrier) -> None:
        with suppress(OSError):
            while data := source.recv(BLOCK):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with suppress(threading.BrokenBarrierError):
            done.wait()

    def _close(self, *pair: socket.socket) -> None:
        with self._lock:
            self._open -= set(pair)
        for one in pair:
            one.close()
